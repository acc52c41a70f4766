/** The desk: rooms with their sites, live; found as one types; every act in place. */
import { h, button, icon, field, say, write } from './dom.js';
import { clock, dayAndClock, kbits, number, t } from './text.js';
import { Bars } from './bars.js';
import { Desk } from './desk.js';
import { kickForm } from './people.js';
import { languageSwitch } from './language.js';
import { call, path, Stream } from './rest.js';
import { roomTools } from './desktools.js';

const DRAW_MS = 300;

export class DeskView {
  #desk = new Desk();
  #stream = new Stream();
  #bars = new Bars();
  #open = new Set();
  #rows = new Map();
  #planned = 0;
  #heard_ms = Date.now();
  #out;

  /** @param {object[]} rooms @param {{out: () => void}} tell `out`: the session is over */
  constructor(rooms, { out }) {
    this.#out = out;
    this.#desk.fill(rooms, {});
    if (rooms.length === 1) this.#open.add(rooms[0].id);
    this.filter = h('input', {
      type: 'search',
      placeholder: 'admin.filter',
      label: 'admin.filter',
      oninput: () => this.draw(),
    });
    this.summary = h('span.summary');
    this.live = h('span.live', {}, icon('broadcast'), h('span', { t: 'admin.live' }));
    this.create = h('div.create', { hidden: true }, this.#createForm());
    const create = button('button.button.main', {
      icon: icon('plus-lg'),
      t: 'admin.new',
      onclick: () => this.#showCreate(this.create.hidden),
    });
    create.setAttribute('aria-expanded', 'false');
    this.createButton = create;
    this.table = h(
      'table.rooms',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['room', 'sites', 'since', 'in', 'out', 'attention'].map((name) =>
            h(`th.c-${name}`, { scope: 'col', t: `admin.col.${name}` }),
          ),
        ),
      ),
    );
    this.empty = h('div.empty', { hidden: true }, icon('people'), h('p'), h('p.hint'));
    this.element = h(
      'div.desk-page',
      {},
      h(
        'header.brand',
        {},
        h('a', { href: '/admin' }, icon('broadcast'), h('span', { t: 'admin.title' })),
        h(
          'div.row',
          {},
          languageSwitch(),
          button('button.button.plain', {
            icon: icon('box-arrow-right'),
            t: 'admin.logout',
            onclick: () => this.#logout(),
          }),
        ),
      ),
      this.#bars.element,
      h(
        'main',
        {},
        h('h1.hush', { t: 'admin.title' }),
        h('div.tools', {}, create, this.filter, this.summary, h('span.spring'), this.live),
        this.create,
        this.table,
        this.empty,
      ),
    );
  }

  start() {
    const on = (type, listener) => this.#stream.on(type, listener);
    on('open', async () => {
      try {
        const { items } = await call('GET', 'rooms');
        const known = new Set(items.map(({ id }) => id));
        for (const id of this.#desk.rooms.keys()) if (!known.has(id)) this.#desk.gone({ room: id });
        for (const room of items) this.#desk.room(room);
        this.#bars.hide('stale');
        this.live.dataset.live = 'yes';
      } catch (error) {
        this.#failed(error);
      }
      this.#plan();
    });
    on('lost', async () => {
      this.live.dataset.live = 'no';
      this.#bars.show('stale', { tone: 'danger', t: ['admin.stale', { time: clock(this.#heard_ms) }] });
      // Over, or only gone for a moment?
      await call('GET', 'rooms').catch((error) => error.status === 401 && this.#failed(error));
    });
    for (const type of ['room', 'site', 'gone']) {
      on(type, (what) => {
        this.#heard_ms = Date.now();
        this.#desk[type](what);
        this.#plan();
      });
    }
    this.#stream.open();
    this.draw();
    this.filter.focus();
  }

  stop() {
    this.#stream.close();
    clearTimeout(this.#planned);
  }

  #plan() {
    this.#planned ||= setTimeout(() => {
      this.#planned = 0;
      this.draw();
    }, DRAW_MS);
  }

  /** Does what was asked; over means sign in again. */
  async act(work, done) {
    try {
      const result = await work();
      if (done) this.#bars.show('done', { tone: 'good', t: done, for_ms: 4000 });
      return result;
    } catch (error) {
      this.#failed(error);
      return null;
    }
  }

  #failed(error) {
    if (error.status === 401) {
      this.stop();
      return this.#out();
    }
    if (error.status === undefined) throw error;
    this.#bars.show('failed', {
      tone: 'warn',
      t: error.status === 0 ? 'admin.unreached' : 'admin.error',
      code: error.status
        ? `${error.code || error.status}${error.message && error.message !== error.code ? `: ${error.message}` : ''}`
        : undefined,
      close: true,
      for_ms: 12_000,
    });
  }

  async #logout() {
    await call('POST', 'logout').catch(() => {});
    this.stop();
    this.#out();
  }

  #showCreate(on) {
    this.create.hidden = !on;
    this.createButton.setAttribute('aria-expanded', String(on));
    if (on) this.create.querySelector('input').focus();
    else this.createButton.focus();
  }

  #createForm() {
    const name = h('input', {
      type: 'text',
      name: 'name',
      required: true,
      maxLength: 80,
      placeholder: 'admin.new.name.hint',
      autocomplete: 'off',
    });
    const pin = h('input', { type: 'text', name: 'pin', maxLength: 32, inputMode: 'numeric', autocomplete: 'off' });
    return h(
      'form.inline',
      {
        onkeydown: (event) => event.key === 'Escape' && this.#showCreate(false),
        onsubmit: async (event) => {
          event.preventDefault();
          const wanted = {
            name: name.value.normalize('NFC').trim(),
            ...(pin.value.trim() && { pin: pin.value.trim() }),
          };
          const room = await this.act(() => call('POST', 'rooms', wanted));
          if (!room) return;
          this.#desk.room(room);
          this.#open.add(room.id);
          name.value = pin.value = '';
          this.#showCreate(false);
          this.draw();
        },
      },
      field('admin.new.name', name),
      field('admin.new.pin', pin),
      h(
        'div.row',
        {},
        h('button.button.main', { type: 'submit', t: 'admin.new.go' }),
        h('button.button', { type: 'button', t: 'cancel', onclick: () => this.#showCreate(false) }),
      ),
    );
  }

  draw() {
    const found = this.#desk.find(this.filter.value);
    const ids = new Set(found.map(({ room }) => room.id));
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.element.remove();
      this.#rows.delete(id);
    }
    let place = this.table.tHead.nextSibling;
    for (const { room, sites, open } of found) {
      let row = this.#rows.get(room.id);
      if (!row) this.#rows.set(room.id, (row = new RoomRow(room.id, this, this.#toggle)));
      row.update(
        room,
        sites,
        this.#desk.attention(room.id),
        this.#desk.count(room.id),
        open || this.#open.has(room.id),
      );
      if (row.element === place) place = place.nextSibling;
      else this.table.insertBefore(row.element, place);
    }
    const rooms = this.#desk.rooms.size;
    let total = 0;
    for (const id of this.#desk.rooms.keys()) total += this.#desk.count(id).live;
    say(this.summary, 'admin.summary', { rooms, n: total });
    this.table.hidden = !found.length;
    this.empty.hidden = found.length > 0;
    if (!found.length) {
      say(this.empty.children[1], rooms ? 'admin.nothing' : 'admin.empty');
      this.empty.children[2].hidden = rooms > 0;
      say(this.empty.children[2], 'admin.empty.hint');
    }
  }

  #toggle = (id) => {
    if (this.#open.has(id)) this.#open.delete(id);
    else this.#open.add(id);
    this.draw();
  };
}

/** One room: its line, and when open its tools and sites. */
class RoomRow {
  #cells = {};
  #sites = new Map();

  constructor(id, view, toggle) {
    this.id = id;
    this.view = view;
    const cell = (name) => (this.#cells[name] = h(`td.c-${name}`));
    this.name = h('span.room-title');
    this.key = h('span.room-id');
    this.toggle = h(
      'button.button.plain.expand',
      { type: 'button', 'aria-expanded': 'false', onclick: () => toggle(id) },
      icon('chevron-right'),
      h('span', {}, this.name, this.key),
    );
    this.head = h(
      'tr.room-row',
      {},
      h('td.c-room', {}, this.toggle),
      ['sites', 'since', 'in', 'out', 'attention'].map(cell),
    );
    this.tools = roomTools(id, view);
    this.body = h('tbody');
    this.none = h('p.hint', { t: 'admin.nosites' });
    this.table = h(
      'table.sites',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          ['site', 'state', 'media', 'layers', 'rates', 'loss', 'joined', 'actions'].map((name) =>
            h(`th.s-${name}`, { scope: 'col', t: `admin.col.${name}` }),
          ),
        ),
      ),
      this.body,
    );
    this.detail = h('tr.detail', { hidden: true }, h('td', { colSpan: 6 }, this.tools.element, this.none, this.table));
    this.element = h('tbody.room', { data: { room: id } }, this.head, this.detail);
  }

  update(room, sites, attention, count, open) {
    write(this.name, room.name || room.id);
    write(this.key, room.id === room.name ? '' : room.id);
    write(
      this.#cells.sites,
      count.live === count.all ? number(count.all) : `${number(count.live)}/${number(count.all)}`,
    );
    write(
      this.#cells.since,
      room.since && count.all ? dayAndClock(room.since).replace(dayAndClock(Date.now()).slice(0, 11), '') : '–',
    );
    write(this.#cells.in, kbits(room.bps_in));
    write(this.#cells.out, kbits(room.bps_out));
    const notes = [];
    if (attention.lost) notes.push(h('span.note.bad', { t: ['admin.attention.lost', { n: attention.lost }] }));
    if (attention.hands) notes.push(h('span.note', { t: ['admin.attention.hands', { n: attention.hands }] }));
    if (room.locked) notes.push(h('span.note', { t: 'admin.locked' }));
    const words = JSON.stringify([attention, room.locked]);
    if (this.words !== words) this.#cells.attention.replaceChildren(...notes);
    this.words = words;
    this.toggle.setAttribute('aria-expanded', String(open));
    this.detail.hidden = !open;
    if (!open) return;
    this.tools.update(room, count.all);
    this.none.hidden = sites.length > 0;
    this.table.hidden = !sites.length;
    const ids = new Set(sites.map(({ id }) => id));
    for (const [id, row] of this.#sites) {
      if (ids.has(id)) continue;
      row.element.remove();
      row.extra.remove();
      this.#sites.delete(id);
    }
    let place = this.body.firstChild;
    for (const site of sites) {
      let row = this.#sites.get(site.id);
      if (!row) this.#sites.set(site.id, (row = new SiteRow(this.id, site.id, this.view)));
      row.update(site, room);
      if (row.element === place) {
        place = row.extra.nextSibling;
      } else {
        this.body.insertBefore(row.element, place);
        this.body.insertBefore(row.extra, place);
      }
    }
  }
}

class SiteRow {
  #cells = {};
  #site;
  #stage = false;
  #drawn = '';

  constructor(room, id, view) {
    const cell = (name) => (this.#cells[name] = h(`td.s-${name}`));
    const rest = path('rooms', room, 'sites', id);
    const small = (words, onclick, tag = 'button.button.small') => h(tag, { type: 'button', t: words, onclick });
    this.mute = small('admin.mute', () =>
      view.act(() => call('POST', `${rest}/mute`, { kind: 'audio', on: !this.#site.muted.includes('audio') })),
    );
    this.stage = h(
      'button.button.small',
      {
        type: 'button',
        onclick: () => view.act(() => call('PUT', `${path('rooms', room)}/stage`, { site: this.#stage ? null : id })),
      },
      icon('easel'),
    );
    this.kick = small('admin.kick', () => this.#ask(), 'button.button.small.danger-text');
    this.element = h(
      'tr.site-row',
      { data: { site: id } },
      ['site', 'state', 'media', 'layers', 'rates', 'loss', 'joined'].map(cell),
      h('td.s-actions', {}, h('div.row', {}, this.mute, this.stage, this.kick)),
    );
    this.extra = h('tr.extra', { hidden: true }, h('td', { colSpan: 8 }));
    this.#ask = () => {
      const close = () => {
        this.extra.hidden = true;
        this.kick.focus();
      };
      const kick = ({ reason, ban }) => {
        const query = new URLSearchParams({ ...(reason && { reason }), ...(ban && { ban: String(ban) }) });
        view.act(async () => {
          await call('DELETE', `${rest}${query.size ? `?${query}` : ''}`);
          this.extra.hidden = true;
        }, ['chair.done.kick', { site: this.#site.name }]);
      };
      this.extra.hidden = false;
      this.extra.firstChild.replaceChildren(kickForm(this.#site, { kick, cancel: close }));
    };
  }

  #ask;

  update(site, room) {
    this.#site = site;
    this.#stage = room.stage === site.id;
    const drawn = JSON.stringify([site, this.#stage, t('brand'), t('admin.mute')]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const cells = this.#cells;
    const role = site.role === 'guest' ? null : h('span.role-note', { t: `meeting.${site.role}` });
    cells.site.replaceChildren(
      h('b', {}, site.name),
      ...(role ? [' ', role] : []),
      ...(site.address ? [h('small', {}, site.address)] : []),
    );
    const state = [h('span', { t: `people.${site.state}` })];
    if (this.#stage) state.push(h('span.note', { t: 'admin.onstage' }));
    if (Number.isInteger(site.hand)) state.push(h('span.note', { t: ['tile.hand', { n: site.hand }] }));
    cells.state.replaceChildren(...state);
    this.element.dataset.state = site.state;
    const media = ['audio', 'video', 'screen'].filter((kind) => site[kind]).map((kind) => `media.${kind}`);
    if (!media.length) media.push('media.none');
    cells.media.replaceChildren(...media.flatMap((key, i) => [i ? ' · ' : '', h('span', { t: key })]));
    if (site.muted.includes('audio')) cells.media.append(' ', h('span.note.bad', { t: 'tile.blocked' }));
    write(
      cells.layers,
      site.layers?.length
        ? `${site.layers.join(' ')}${site.height ? ` · ${site.height}p` : ''}${site.fps ? ` ${site.fps}/s` : ''}`
        : '–',
    );
    write(cells.rates, `${kbits(site.up_bps)} / ${kbits(site.down_bps)}`);
    const loss = Math.max(site.loss_up ?? 0, site.loss_down ?? 0);
    write(cells.loss, `${site.rtt_ms ? `${number(site.rtt_ms)} ms` : '–'} · ${number(loss * 100, 1)} %`);
    cells.loss.classList.toggle('bad', loss > 0.05 || site.rtt_ms > 500);
    write(cells.joined, site.since ? clock(site.since) : '–');
    say(this.mute, site.muted.includes('audio') ? 'chair.unmute' : 'admin.mute');
    for (const attribute of ['aria-label', 'title'])
      say(this.stage, this.#stage ? 'admin.stage.off' : 'admin.stage', {}, attribute);
    this.stage.setAttribute('aria-pressed', String(this.#stage));
    this.stage.disabled = site.state !== 'live' && !this.#stage;
  }
}
