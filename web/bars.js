/** Bars at the edge: trouble and invitations, one line each, that push and never cover. */
import { h, button, icon, say } from './dom.js';

const TONES = {
  info: () => icon('info-circle'),
  good: () => icon('check-circle'),
  warn: () => icon('exclamation-triangle'),
  danger: () => icon('exclamation-octagon'),
  stage: () => icon('megaphone'),
};

export class Bars {
  #bars = new Map();

  constructor() {
    this.element = h('div.bars');
    // One live region each, always there: a region that appears together with its text is not read out.
    this.status = h('div.hush', { role: 'status' });
    this.alert = h('div.hush', { role: 'alert' });
    this.element.append(this.status, this.alert);
  }

  /**
   * @param {string} id a second `show` of the same id changes the bar in its place
   * @param {{tone: keyof TONES, t: string|[string, object], code?: string, for_ms?: number, close?: boolean,
   *   actions?: Array<{t: string, onclick: () => void, main?: boolean}>}} bar
   */
  show(id, bar) {
    const words = [bar.t].flat();
    const old = this.#bars.get(id);
    if (old && JSON.stringify(old.words) === JSON.stringify(words)) return;
    const text = say(h('span.bar-text'), ...words);
    const element = h(
      `div.bar.bar-${bar.tone}`,
      { data: { bar: id } },
      TONES[bar.tone](),
      text,
      bar.code && h('small.code', { t: ['code', { code: bar.code }] }),
      (bar.actions ?? []).map(({ t, onclick, main }) =>
        h(main ? 'button.button.main' : 'button.button', { type: 'button', t, onclick }),
      ),
      bar.close && button('button.button.plain', { icon: icon('x-lg'), t: 'close', onclick: () => this.hide(id) }),
    );
    clearTimeout(old?.timer);
    if (old) old.element.replaceWith(element);
    else this.element.append(element);
    say(bar.tone === 'danger' || bar.tone === 'warn' ? this.alert : this.status, ...words);
    const timer = bar.for_ms ? setTimeout(() => this.hide(id), bar.for_ms) : 0;
    this.#bars.set(id, { element, words, timer });
  }

  hide(id) {
    const bar = this.#bars.get(id);
    if (!bar) return;
    clearTimeout(bar.timer);
    bar.element.remove();
    this.#bars.delete(id);
  }

  has(id) {
    return this.#bars.has(id);
  }
}
