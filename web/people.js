/** The roster at the side: who is there, found as one types; for the chair, what can be done about each, in place. */
import { h, button, icon, field, say, write } from './dom.js';
import { byName, plain } from './text.js';

const PAGE = 100;
const BANS = [0, 15, 60, 240];

/** Reason and ban, asked in place before a site is put out; the desk uses it as well. */
export function kickForm(site, { kick, cancel }) {
  const reason = h('input', { type: 'text', maxLength: 100, placeholder: 'chair.kick.reason.hint' });
  const ban = h(
    'select',
    {},
    BANS.map((minutes) => {
      const hours = minutes / 60;
      const words = !minutes
        ? ['chair.ban.none']
        : minutes < 60
          ? ['chair.ban.minutes', { n: minutes }]
          : ['chair.ban.hours', { n: hours }];
      return h('option', { value: String(minutes), t: words });
    }),
  );
  const form = h(
    'form.ask',
    {
      onsubmit(event) {
        event.preventDefault();
        kick({ reason: reason.value.normalize('NFC').trim(), ban: Number(ban.value) });
      },
      onkeydown: (event) => event.key === 'Escape' && cancel(),
    },
    h('p', { t: ['chair.kick.ask', { site: site.name }] }),
    field('chair.kick.reason', reason),
    field('chair.ban', ban),
    h(
      'div.row',
      {},
      h('button.button.danger', { type: 'submit', t: 'chair.kick.yes' }),
      h('button.button', { type: 'button', t: 'cancel', onclick: cancel }),
    ),
  );
  requestAnimationFrame(() => reason.focus());
  return form;
}

export class People {
  #session;
  #rows = new Map();
  #open = null;
  #asking = false;
  #planned = 0;
  #act;

  /** @param {import('./session.js').Session} session @param {(work: () => Promise<any>, done?: any[]) => void} act */
  constructor(session, act, close) {
    this.#session = session;
    this.#act = act;
    this.filter = h('input', {
      type: 'search',
      placeholder: 'people.filter',
      label: 'people.filter',
      oninput: () => this.draw(),
    });
    this.list = h('ul.people');
    this.note = h('p.hint', { hidden: true });
    this.more = h('button.button', { type: 'button', t: 'people.more', hidden: true, onclick: () => this.#page() });
    this.chair = h('div.chair-tools', { hidden: true });
    this.lock = button('button.button', {
      icon: icon('lock'),
      t: 'chair.lock',
      onclick: () => act(() => session.request('lock', { on: !session.room.locked })),
    });
    this.chair.append(
      button('button.button', {
        icon: icon('mic-mute'),
        t: 'chair.mute.all',
        onclick: () => act(() => session.request('mute', { all: true, kind: 'audio' }), ['chair.done.mute.all']),
      }),
      this.lock,
    );
    this.element = h(
      'section.panel',
      { label: 'people.title', hidden: true },
      h(
        'header',
        {},
        h('h2', { t: 'people.title' }),
        button('button.button.plain', { icon: icon('x-lg'), t: 'close', onclick: close }),
      ),
      this.chair,
      this.filter,
      this.note,
      this.list,
      this.more,
    );
  }

  show(on) {
    this.element.hidden = !on;
    if (!on) return;
    this.draw();
    const { room } = this.#session;
    if (room.sites.size < room.total) this.#page();
    this.filter.focus();
  }

  /** Later, once for many changes. */
  plan() {
    if (this.element.hidden || this.#planned) return;
    this.#planned = setTimeout(() => {
      this.#planned = 0;
      this.draw();
    }, 250);
  }

  async #page() {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const { room } = this.#session;
      room.page(await this.#session.request('roster', { from: this.from ?? 0, count: PAGE }));
      this.from = (this.from ?? 0) + PAGE;
      this.draw();
    } catch {
      // the next opening asks again
    } finally {
      this.#asking = false;
    }
  }

  draw() {
    const { room } = this.#session;
    const sought = plain(this.filter.value);
    const all = [...room.sites.values()].filter((site) => site.state !== undefined);
    const order = (site) =>
      site.state === 'waiting'
        ? 0
        : Number.isInteger(site.hand)
          ? 1 + site.hand / 1000
          : site.id === room.stage
            ? 2
            : 3;
    const shown = all
      .filter((site) => !sought || plain(site.name).includes(sought))
      .sort((a, b) => order(a) - order(b) || byName(a, b));
    this.chair.hidden = !room.leads;
    say(this.lock.querySelector('span'), room.locked ? 'chair.unlock' : 'chair.lock');
    const known = new Set(shown.map(({ id }) => id));
    for (const [id, row] of this.#rows) {
      if (known.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    let place = this.list.firstChild;
    for (const site of shown) {
      let row = this.#rows.get(site.id);
      if (!row) this.#rows.set(site.id, (row = this.#row(site.id)));
      row.update(site);
      if (row.element === place) place = place.nextSibling;
      else this.list.insertBefore(row.element, place);
    }
    this.note.hidden = shown.length > 0 && shown.length === room.total;
    if (!shown.length) say(this.note, 'people.none');
    else say(this.note, 'people.shown', { n: shown.length, total: room.total });
    this.more.hidden = all.length >= room.total || (this.from ?? 0) >= room.total;
  }

  #row(id) {
    const name = h('span.person-name');
    const state = h('span.person-state');
    const hand = h('span.mark.hand-mark', {}, icon('hand-index-thumb-fill'), h('b'));
    const mic = h('span.mark', {}, icon('mic-mute-fill'));
    const summary = h('div.person-head', {}, hand, h('div.person-words', {}, name, state), mic);
    const actions = h('div.person-actions');
    const element = h('li.person', { data: { site: id } }, summary, actions);
    let drawn = '';
    const update = (site) => {
      const { room } = this.#session;
      const self = id === room.self.id;
      write(name, site.name);
      const words = [];
      if (self) words.push('people.self');
      if (site.role === 'chair') words.push('meeting.chair');
      if (site.role === 'operator') words.push('meeting.operator');
      if (id === room.stage) words.push('admin.onstage');
      words.push(`people.${site.state}`);
      if (site.state === 'live' && !site.audio) words.push('people.mic.off');
      state.replaceChildren(...words.flatMap((key, i) => [i ? ' · ' : '', h('span', { t: key })]));
      hand.hidden = !Number.isInteger(site.hand);
      hand.lastChild.textContent = site.hand ?? '';
      mic.hidden = site.audio || site.state !== 'live';
      element.dataset.state = site.state;
      const able = room.leads;
      const open = this.#open === id;
      const now = JSON.stringify([
        able,
        open,
        self,
        site.state,
        site.hand,
        site.audio,
        site.video,
        site.muted,
        room.stage === id,
      ]);
      if (now === drawn || actions.querySelector('form')) return; // nobody's half-written reason vanishes
      drawn = now;
      actions.replaceChildren(...(able ? this.#actions(site, self, open) : []));
    };
    return { element, update };
  }

  #actions(site, self, open) {
    const { room } = this.#session;
    const act = (type, fields, done) => () => this.#act(() => this.#session.request(type, fields), done);
    const plainButton = (words, onclick, kind = 'button.button.small') =>
      h(kind, { type: 'button', t: words, onclick });
    if (site.state === 'waiting')
      return [plainButton('chair.admit', act('admit', { site: site.id }), 'button.button.small.main')];
    const toggle = h(
      'button.button.small.plain',
      {
        type: 'button',
        'aria-expanded': String(open),
        label: ['people.actions', { site: site.name }],
        onclick: () => {
          const old = this.#open;
          this.#open = open ? null : site.id;
          for (const id of [old, site.id])
            if (id && this.#rows.has(id) && room.sites.has(id)) this.#rows.get(id).update(room.sites.get(id));
          this.#rows.get(site.id)?.element.querySelector('[aria-expanded]')?.focus();
        },
      },
      icon('chevron-down'),
    );
    const found = [];
    const floor =
      room.stage === site.id
        ? plainButton('chair.floor.back', act('stage', { site: null }))
        : plainButton(
            'chair.floor',
            act('stage', { site: site.id }),
            Number.isInteger(site.hand) ? 'button.button.small.main' : 'button.button.small',
          );
    if (Number.isInteger(site.hand) || room.stage === site.id || open) found.push(floor);
    if (open) {
      if (!self && site.audio)
        found.push(
          plainButton(
            'chair.mute',
            act('mute', { site: site.id, kind: 'audio' }, ['chair.done.mute', { site: site.name }]),
          ),
        );
      if (!self && site.muted?.includes('audio'))
        found.push(plainButton('chair.unmute', act('mute', { site: site.id, kind: 'audio', on: false })));
      if (!self && site.muted?.includes('video'))
        found.push(plainButton('chair.unmute.camera', act('mute', { site: site.id, kind: 'video', on: false })));
      if (!self && site.video)
        found.push(plainButton('chair.mute.camera', act('mute', { site: site.id, kind: 'video' })));
      if (!self) {
        const ask = plainButton(
          'chair.kick',
          () => {
            const form = kickForm(site, {
              kick: ({ reason, ban }) =>
                this.#act(
                  () =>
                    this.#session.request('kick', { site: site.id, ...(reason && { reason }), ...(ban && { ban }) }),
                  ['chair.done.kick', { site: site.name }],
                ),
              cancel: () => form.replaceWith(ask),
            });
            ask.replaceWith(form);
          },
          'button.button.small.danger-text',
        );
        found.push(ask);
      }
    }
    return [h('div.row', {}, found), toggle];
  }
}
