/** Messages to the whole room. */
import { h, button, icon } from './dom.js';
import { clean, clock } from './text.js';

const KEPT = 200;

export class Chat {
  #seen = new Set();
  unread = 0;

  /** @param {import('./session.js').Session} session @param {(work: () => Promise<any>) => void} act */
  constructor(session, act, close) {
    this.session = session;
    this.list = h('ol.messages', { role: 'log' });
    this.empty = h('p.hint', { t: 'chat.empty' });
    this.input = h('input', {
      type: 'text',
      maxLength: 1000,
      autocomplete: 'off',
      placeholder: 'chat.write',
      label: 'chat.write',
      enterKeyHint: 'send',
    });
    this.element = h(
      'section.panel',
      { label: 'chat.title', hidden: true },
      h(
        'header',
        {},
        h('h2', { t: 'chat.title' }),
        button('button.button.plain', { icon: icon('x-lg'), t: 'close', onclick: close }),
      ),
      this.empty,
      this.list,
      h(
        'form.chat-form',
        {
          onsubmit: (event) => {
            event.preventDefault();
            const text = clean(this.input.value);
            if (!text) return;
            act(async () => {
              const { seq, at } = await session.request('chat', { text }); // the sender gets no event
              const { id, name } = session.room.me ?? session.room.self;
              this.message({ seq, at: at ?? Date.now(), from: id, name: name ?? '', text });
              if (clean(this.input.value) === text) this.input.value = '';
            });
          },
        },
        this.input,
        button('button.button.main', { type: 'submit', icon: icon('send'), t: 'chat.send' }),
      ),
    );
  }

  show(on) {
    this.element.hidden = !on;
    if (!on) return;
    this.unread = 0;
    this.list.scrollTop = this.list.scrollHeight;
    this.input.focus();
  }

  /** A `chat` event. */
  message({ seq, from, name, text, at }) {
    const key = `${at}:${seq}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const bottom = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
    const own = from === this.session.room.self.id;
    this.list.append(
      h(
        own ? 'li.own' : 'li',
        {},
        h('div.who', {}, h('b', {}, name ?? ''), h('time', { data: { time: String(at) } }, clock(at))),
        h('p', {}, text),
      ),
    );
    while (this.list.childElementCount > KEPT) this.list.firstChild.remove();
    this.empty.hidden = true;
    if (this.element.hidden) this.unread++;
    else if (bottom) this.list.scrollTop = this.list.scrollHeight;
  }
}
