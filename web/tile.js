/**
 * One place for a picture: the stage, a thumbnail, one's own, or a name alone. It stays where it is while its site is
 * there; a picture that stops fades to the site's name.
 *
 * For tests and styles: data-slot (v0…), data-site (id), data-kind (camera | screen), data-state: empty | waiting | live |
 * stale | name | off | lost | codec | link | stopped.
 */
import { h, icon, say, write } from './dom.js';

/** Frames may be that far apart before a picture counts as old; a still screen sends few. */
const STALE_MS = { camera: 2000, screen: 6000 };
const SILENT = ['live', 'stale', 'empty', 'name'];
const REASONS = ['codec', 'off', 'lost', 'link', 'stopped'];

export class Tile {
  #age_ms = Infinity;
  #site = null;
  #entry = null;
  #since_ms = 0;

  /** @param {{slot?: string, self?: boolean, actions?: HTMLElement[]}} options */
  constructor({ slot, self = false, actions = [] }) {
    this.slot = slot;
    this.self = self;
    this.video = h('video', { muted: true, playsInline: true, autoplay: true, tabIndex: -1 });
    this.name = h('span.name');
    this.role = h('span.role');
    this.micMark = h('span.mark.mic-mark', { role: 'img', label: 'tile.muted' }, icon('mic-mute-fill'));
    this.lockMark = h(
      'span.mark.lock-mark',
      { role: 'img', label: 'tile.blocked' },
      icon('mic-mute-fill'),
      icon('lock-fill'),
    );
    this.handMark = h('span.mark.hand-mark', { role: 'img' }, icon('hand-index-thumb-fill'), h('b'));
    this.card = h('div.card-name', { ariaHidden: 'true' }, h('span.big'), h('small'));
    this.age = h('span.age', { hidden: true });
    this.actions = h('div.tile-actions', { hidden: !actions.length }, actions);
    this.element = h(
      `figure.tile${self ? '.self' : ''}`,
      { data: { ...(slot && { slot }), state: 'empty' } },
      this.video,
      this.card,
      this.age,
      h('figcaption.plate', {}, this.handMark, this.lockMark, this.micMark, this.name, this.role),
      this.actions,
    );
    if (actions.length) this.element.tabIndex = 0;
  }

  /** Takes a track for good: a slot's belongs to the connection. */
  track(track) {
    if (this.video.srcObject?.getTracks()[0] === track) return;
    this.video.srcObject = track ? new MediaStream([track]) : null;
    if (track) this.video.play().catch(() => {}); // muted: always allowed, unless it is taken away again
  }

  /**
   * @param {?object} site a row of `sites`; null: empty
   * @param {?{kind?: string, layer?: string, reason?: string}} entry of `slots`, or of one's own
   */
  set(site, entry) {
    if (site?.id !== this.#site?.id || entry?.kind !== this.#entry?.kind) {
      this.#age_ms = Infinity;
      this.#since_ms = performance.now();
    }
    this.#site = site;
    this.#entry = entry;
    this.draw();
  }

  get site() {
    return this.#site;
  }

  /** @param {number} age_ms since the last frame of this slot */
  frame(age_ms) {
    // A frame older than the site's arrival in the slot was the one before.
    this.#age_ms = age_ms < performance.now() - this.#since_ms + 500 ? age_ms : Infinity;
    this.draw();
  }

  speaking(on) {
    this.element.classList.toggle('speaking', on);
  }

  draw() {
    const { element } = this;
    const site = this.#site;
    const state = this.#state();
    const kind = this.#entry?.kind ?? 'camera';
    element.dataset.state = state;
    if (site) {
      element.dataset.site = site.id;
      element.dataset.kind = kind;
    } else {
      delete element.dataset.site;
      delete element.dataset.kind;
    }
    if (this.self) {
      say(this.name, 'meeting.you');
    } else {
      write(this.name, site?.name ?? '');
    }
    const role =
      kind === 'screen' ? 'screen' : site?.role === 'chair' ? 'chair' : site?.role === 'operator' ? 'operator' : null;
    this.role.hidden = !role;
    if (role) say(this.role, `meeting.${role}`);
    const blocked = Boolean(site?.muted?.includes('audio'));
    this.lockMark.hidden = !site || !blocked || site.audio;
    this.micMark.hidden = !site || site.audio || blocked || kind === 'screen';
    this.handMark.hidden = !Number.isInteger(site?.hand);
    if (!this.handMark.hidden) {
      say(this.handMark, 'tile.hand', { n: site.hand }, 'aria-label');
      this.handMark.lastChild.textContent = site.hand;
    }
    write(this.card.firstChild, site?.name ?? '');
    const why = this.card.lastChild;
    const words = SILENT.includes(state) ? null : state;
    why.hidden = !words;
    if (words) say(why, `tile.${words}`);
    this.age.hidden = state !== 'stale';
    if (state === 'stale')
      say(this.age, this.slot === 'v0' ? 'tile.age' : 'tile.age.short', { n: Math.round(this.#age_ms / 1000) });
  }

  #state() {
    const site = this.#site;
    if (!site) return 'empty';
    if (site.state === 'lost') return 'lost';
    const reason = this.#entry?.reason;
    if (REASONS.includes(reason)) return reason;
    if (!this.#entry) return site.video ? 'name' : 'off';
    if (this.self) return this.video.srcObject ? 'live' : 'off';
    const kind = this.#entry.kind ?? 'camera';
    if (kind === 'camera' && site.video === false) return 'off';
    if (this.#age_ms === Infinity) return 'waiting';
    return this.#age_ms > STALE_MS[kind] ? 'stale' : 'live';
  }
}
