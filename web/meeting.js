/**
 * The meeting page: stage, thumbnails, bars, panels and controls around one Session.
 *
 * For tests: `main.meeting` has data-link (open | lost), data-media (connected | connecting | lost), data-leads, data-panel;
 * tiles as in tile.js; buttons data-control, bars data-bar, rows of the roster and the desk data-site.
 */
import { h, button, icon, say, write } from './dom.js';
import { clock, t } from './text.js';
import { Bars } from './bars.js';
import { Chat } from './chat.js';
import { Controls } from './controls.js';
import { People } from './people.js';
import { Line } from './line.js';
import { Own } from './own.js';
import { Strip } from './strip.js';
import { Tile } from './tile.js';
import { deviceFields } from './join.js';
import { languageSwitch } from './language.js';
import { stepped, wantedViews } from './views.js';

const QUIET_MS = 1500; // an empty stage this long takes whoever is there

export class Meeting {
  #session;
  #devices;
  #audio = new Map();
  #bars = new Bars();
  #panel = null;
  #pinned = null;
  #stageEmpty_ms = 0;
  #staged = false;
  #line = new Line(this.#bars);
  #own;
  #timers = [];
  #planned = 0;
  #stops = [];

  /**
   * @param {import('./session.js').Session} session @param {import('./media.js').Devices} devices
   * @param {{left: () => void}} tell
   */
  constructor(session, devices, tell) {
    this.#session = session;
    this.#devices = devices;
    const act = (work, done) => this.#act(work, done);
    this.#own = new Own(session, devices, { bars: this.#bars, act, draw: () => this.#draw() });
    this.people = new People(session, act, () => this.#show(null));
    this.chat = new Chat(session, act, () => this.#show(null));
    const fields = deviceFields(devices);
    this.#stops.push(fields.off);
    this.devicesPanel = h(
      'section.panel',
      { label: 'devices.title', hidden: true },
      h(
        'header',
        {},
        h('h2', { t: 'devices.title' }),
        button('button.button.plain', { icon: icon('x-lg'), t: 'close', onclick: () => this.#show(null) }),
      ),
      fields.element,
      languageSwitch(),
    );
    this.controls = new Controls({
      microphone: () => act(() => this.#own.microphone()),
      camera: () => act(() => this.#own.camera()),
      share: () => act(() => this.#own.share()),
      hand: () => act(() => session.request('hand', { up: !Number.isInteger(session.room.me?.hand) })),
      people: () => this.#show('people'),
      chat: () => this.#show('chat'),
      devices: () => this.#show('devices'),
      leave: tell.left,
      end: () => act(() => session.request('end')),
    });
    this.title = h('h1.room-name');
    this.count = h('span.count');
    this.time = h('time.clock');
    this.lockMark = h('span.locked', { hidden: true }, icon('lock-fill'), h('span', { t: 'meeting.locked' }));
    this.stage = new Tile({ slot: 'v0' });
    this.stage.element.classList.add('stage');
    this.quiet = h('p.quiet', { t: 'meeting.alone' });
    this.stage.element.append(this.quiet);
    this.strip = new Strip({
      pin: (id) => this.#pin(id),
      floor: (site) => act(() => session.request('stage', { site })),
    });
    this.floor = h(
      'div.floor',
      {},
      h('section.stage-area', { label: 'meeting.stage' }, this.stage.element),
      this.strip.element,
      this.people.element,
      this.chat.element,
      this.devicesPanel,
    );
    this.element = h(
      'main.meeting',
      { data: { panel: '' } },
      h('header.top', {}, this.title, this.count, this.lockMark, h('span.spring'), this.time, this.#line.element),
      this.#bars.element,
      this.floor,
      this.controls.element,
    );
    this.#listen();
  }

  /** Into the page. The session may have joined already, or does so later. */
  start() {
    if (this.#session.call) this.#take(this.#session.call);
    this.#sync();
    this.#timers.push(setInterval(() => this.#tick(), 500));
    const observer = new ResizeObserver(() => this.#layout());
    observer.observe(this.floor);
    this.#stops.push(() => observer.disconnect());
    this.#layout();
    this.#draw();
    this.controls.mic.focus({ preventScroll: true });
  }

  stop() {
    for (const timer of this.#timers) clearInterval(timer);
    for (const stop of this.#stops) stop();
    this.#own.stop();
    for (const element of this.#audio.values()) {
      element.srcObject = null;
      element.remove();
    }
  }

  #listen() {
    const session = this.#session;
    const on = (type, listener) => this.#stops.push(session.on(type, listener));
    on('joined', () => this.#joined());
    on('changed', (message) => this.#changed(message));
    on('call', (call) => this.#take(call));
    on('state', (state) => {
      this.#line.state(state, session.joined);
      this.element.dataset.link = this.#line.link;
      this.element.dataset.media = this.#line.media;
    });
    on('retry', ({ attempt }) => this.#line.retry(attempt));
    on('health', (health) => this.#health(health));
    on('network', (network) => this.#line.network(network));
    on('chat', (message) => {
      this.chat.message(message);
      if (this.#panel !== 'chat' && message.from !== session.room.self.id) {
        this.#bars.show('chat', {
          tone: 'info',
          t: ['bar.chat', { site: message.name ?? '', text: String(message.text).slice(0, 120) }],
          for_ms: 6000,
          actions: [{ t: 'chat.open', onclick: () => this.#show('chat') }],
        });
      }
      this.#draw();
    });
    on('muted', ({ kind, on: closed }) => (closed === false ? this.#own.allowed(kind) : this.#own.muted(kind)));
    on('draining', ({ seconds }) =>
      this.#bars.show('draining', { tone: 'warn', t: ['bar.draining', { seconds: seconds ?? 5 }] }),
    );
    this.#stops.push(this.#devices.on('changed', () => this.#sync()));
    this.#stops.push(this.#devices.on('ended', ({ kind }) => this.#own.trouble(kind)));
  }

  #joined() {
    const { room } = this.#session;
    for (const id of ['server', 'draining', 'reconnecting', 'refused']) this.#bars.hide(id);
    this.#own.joined(room.me?.muted);
    this.#stagedNow();
    this.#draw();
  }

  /** New tracks, at the start and after the daemon lost the transport. */
  #take(call) {
    for (const [slot] of call.slots) {
      const track = call.track(slot);
      if (slot.startsWith('a')) {
        let element = this.#audio.get(slot);
        if (!element) {
          element = h('audio', { data: { slot } });
          this.#audio.set(slot, element);
          this.element.append(element);
        }
        element.srcObject = new MediaStream([track]);
        this.#speaker(element);
        element.play().catch((error) => error?.name === 'NotAllowedError' && this.#askForSound());
      } else if (slot === 'v0') {
        this.stage.track(track);
      } else {
        this.strip.take(slot, track);
      }
    }
    this.#plan();
  }

  #askForSound() {
    const play = () => {
      for (const element of this.#audio.values()) element.play().catch(() => {});
      this.#bars.hide('sound');
    };
    this.#bars.show('sound', {
      tone: 'stage',
      t: 'bar.sound',
      actions: [{ t: 'bar.sound', onclick: play, main: true }],
    });
    document.addEventListener('pointerdown', play, { once: true });
  }

  #speaker(element) {
    if (element.setSinkId && this.#devices.wanted.speaker)
      element.setSinkId(this.#devices.wanted.speaker).catch(() => {});
  }

  /** Does what a button asks, and says so when it did not work. */
  async #act(work, done) {
    try {
      await work();
      if (done) this.#bars.show('done', { tone: 'good', t: done, for_ms: 4000 });
    } catch (error) {
      if (error?.code === undefined) console.error(error);
      this.#bars.show('failed', {
        tone: 'warn',
        t: error?.code === 'forbidden' ? 'bar.forbidden' : 'bar.failed',
        code: error?.code,
        for_ms: 6000,
        close: true,
      });
    }
    this.#draw();
  }

  /** The devices have changed. */
  #sync() {
    this.strip.self.track(this.#own.sync());
    for (const element of this.#audio.values()) this.#speaker(element);
    this.#draw();
  }

  /* What is seen */

  #show(panel) {
    this.#panel = this.#panel === panel ? null : panel;
    this.element.dataset.panel = this.#panel ?? '';
    this.people.show(this.#panel === 'people');
    this.chat.show(this.#panel === 'chat');
    this.devicesPanel.hidden = this.#panel !== 'devices';
    if (!this.#panel && panel === null) this.controls.people.focus();
    this.#layout();
    this.#draw();
  }

  #pin(id) {
    this.#pinned = id ?? null;
    if (id) {
      const site = this.#session.room.sites.get(id);
      this.#bars.show('pinned', {
        tone: 'info',
        t: ['meeting.pinned', { site: site?.name ?? '' }],
        actions: [{ t: 'meeting.unpin', onclick: () => this.#pin(null) }],
      });
    } else {
      this.#bars.hide('pinned');
    }
    this.#plan();
  }

  #changed(message) {
    const { room } = this.#session;
    if (message?.type === 'room-changed' || message?.type === 'speaking') {
      if (room.stage || room.speaking.some((id) => id !== room.self.id)) this.#stageEmpty_ms = 0;
    }
    if (message?.type === 'room-changed') this.#stagedNow();
    if (this.#pinned && !room.sites.has(this.#pinned)) this.#pin(null);
    this.people.plan();
    if (message?.type === 'speaking') this.#speaking();
    else this.#draw();
    if (message?.type !== 'speaking') this.#plan();
  }

  /** This site is given the stage, or it is taken back. */
  #stagedNow() {
    const { room } = this.#session;
    const mine = room.stage === room.self.id;
    if (mine === this.#staged) return;
    this.#staged = mine;
    if (mine) this.#bars.hide('muted-audio');
    if (!mine) {
      this.#bars.hide('floor');
      this.#bars.hide('stage');
    } else if (this.#own.mic === 'on') {
      this.#bars.show('stage', { tone: 'stage', t: 'bar.stage' });
    } else {
      this.#bars.show('floor', {
        tone: 'stage',
        t: 'bar.floor',
        actions: [{ t: 'bar.floor.speak', main: true, onclick: () => this.#act(() => this.#own.microphone()) }],
      });
    }
  }

  #speaking() {
    const loud = new Set(this.#session.room.speaking);
    for (const tile of [this.stage, ...this.strip.tiles]) {
      tile.speaking(Boolean(tile.site && loud.has(tile.site.id) && tile.element.dataset.kind !== 'screen'));
    }
  }

  #layout() {
    this.strip.measure();
    this.#plan();
  }

  /** Soon, once for many reasons: what the slots should carry. */
  #plan() {
    this.#planned ||= setTimeout(() => {
      this.#planned = 0;
      this.#ask();
    }, 150);
  }

  #ask() {
    const { call, room } = this.#session;
    if (!call) return;
    const slots = [...call.slots.keys()].filter((slot) => slot.startsWith('v')).length;
    const ratio = globalThis.devicePixelRatio || 1;
    this.#session.view(
      wantedViews({
        slots,
        stageHeight: stepped(this.stage.element.clientHeight * ratio),
        thumbHeight: stepped(this.strip.self.element.clientHeight * ratio),
        thumbs: this.strip.wanted((ms) => setTimeout(() => this.#plan(), ms)),
        pinned: this.#pinned,
        sharing: room.sharing,
        stageEmpty: this.#stageEmpty_ms > QUIET_MS,
      }),
    );
    this.#draw();
  }

  #draw() {
    const { room } = this.#session;
    const row = (id) => room.sites.get(id) ?? (id ? { id, name: '', state: 'live' } : null);
    write(this.title, room.name || room.id);
    document.title = room.name || room.id || t('brand');
    say(this.count, 'meeting.count', { n: room.total });
    write(this.time, clock(Date.now()));
    this.lockMark.hidden = !room.locked;
    this.element.dataset.leads = String(room.leads);

    const main = room.slots.get('v0');
    const meant = this.#pinned ?? (room.stage !== room.self.id ? room.stage : null);
    this.stage.set(main ? row(main.site) : row(meant), main ?? (meant ? {} : null));
    this.quiet.hidden = Boolean(this.stage.site);
    say(this.quiet, room.total > 1 ? 'meeting.quiet' : 'meeting.alone');

    this.strip.draw(room, this.stage.site?.id, row);

    const me = room.me ?? { id: room.self.id, name: t('meeting.you'), state: 'live' };
    const { mic, cam } = this.#own;
    const own = { ...me, audio: mic === 'on', video: cam === 'on', muted: mic === 'blocked' ? ['audio'] : [] };
    this.strip.self.set(own, cam === 'on' ? { kind: 'camera' } : { reason: 'off' });
    this.#speaking();
    this.controls.leads = room.leads;
    this.controls.total = room.total;
    this.controls.update({
      mic,
      camera: cam,
      sharing: this.#own.sharing,
      hand: Number.isInteger(me.hand) ? me.hand : null,
      panel: this.#panel,
      unread: this.chat.unread,
      hands: room.leads ? room.hands.length : 0,
    });
    this.#chairBars();
    this.people.plan();
  }

  #chairBars() {
    const { room } = this.#session;
    const waiting = room.leads ? room.waiting : [];
    if (waiting.length) {
      const admit = () =>
        this.#act(() => Promise.all(waiting.map(({ id }) => this.#session.request('admit', { site: id }))));
      this.#bars.show('waiting', {
        tone: 'info',
        t: ['bar.waiting', { n: waiting.length }],
        actions: [{ t: 'chair.admit.all', onclick: admit }],
      });
    } else if (room.me?.state === 'waiting') {
      this.#bars.show('waiting', { tone: 'info', t: 'bar.waiting.self' });
    } else {
      this.#bars.hide('waiting');
    }
    const hands = room.leads ? room.hands.filter(({ id }) => id !== room.self.id && id !== room.stage) : [];
    if (!hands.length) return this.#bars.hide('hands');
    const [first] = hands;
    this.#bars.show('hands', {
      tone: 'info',
      t:
        hands.length > 1
          ? ['bar.hands', { site: first.name, n: hands.length - 1 }]
          : ['bar.hand', { site: first.name }],
      actions: [
        {
          t: 'chair.floor',
          main: true,
          onclick: () => this.#act(() => this.#session.request('stage', { site: first.id })),
        },
      ],
    });
  }

  #health(health) {
    if (health.slots.v0) this.stage.frame(health.slots.v0.age_ms);
    this.strip.health(health.slots);
    const { dataset } = this.stage.element;
    this.#line.health(health, {
      reason: this.#session.room.slots.get('v0')?.reason ?? null,
      stale: dataset.state === 'stale' && dataset.kind === 'camera' ? this.stage.site.name : null,
    });
  }

  /** Twice a second: the clock, and an empty stage. */
  #tick() {
    const { room } = this.#session;
    write(this.time, clock(Date.now()));
    const empty = !room.slots.has('v0') && !room.stage && !room.speaking.some((id) => id !== room.self.id);
    const before = this.#stageEmpty_ms > QUIET_MS;
    if (empty) this.#stageEmpty_ms += 500;
    else if (!before) this.#stageEmpty_ms = 0;
    if (before !== this.#stageEmpty_ms > QUIET_MS) this.#plan();
    if (this.#session.joined) this.#line.tick();
    this.#own.tick();
  }
}
