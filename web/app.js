/** The meeting's pages: which room, the join page, the meeting, and what comes after; one address each. */
import { h, icon } from './dom.js';
import { clean, clock, dayAndClock, startLanguage, t, translate } from './text.js';
import { kept, keptByTab } from './keep.js';
import { CLOSE } from './protocol.js';
import { Devices } from './media.js';
import { homeView, joinView, rememberRoom } from './join.js';
import { languageSwitch } from './language.js';
import { Meeting } from './meeting.js';
import { Seat, claimsOf } from './seat.js';
import { Session } from './session.js';

const main = document.getElementById('app');
const parameters = new URLSearchParams(location.hash.slice(1));
const query = new URLSearchParams(location.search);
const token = parameters.get('token') ?? query.get('token') ?? undefined;
const room = decodeURIComponent(location.pathname.match(/^\/r\/([^/]+)/)?.[1] ?? '').normalize('NFC');
const debug = query.has('debug') || parameters.has('debug');
const IN = 'diemcau:in'; // this tab is in the meeting: a reload goes straight back

function page(...children) {
  document.body.className = 'light';
  main.replaceChildren(
    h('header.brand', {}, h('a', { href: '/' }, icon('broadcast'), h('span', { t: 'brand' })), languageSwitch()),
    h('main.centre', {}, ...children),
  );
}

/** Why the person is not in the meeting (any more), and the one thing to do. */
function gone({ svg, words, more = [], code, actions = [] }) {
  page(
    h(
      'div.card.narrow.gone',
      { role: 'alert' },
      svg,
      h('h1', { t: words }),
      more.map((line) => h('p', { t: line })),
      h('div.row', {}, actions),
      code && h('small.code', { t: ['code', { code }] }),
    ),
  );
  main.querySelector('.card .button')?.focus();
}

const action = (words, onclick, tag = 'button.button.main.large') => h(tag, { type: 'button', t: words, onclick });
const home = () => h('a.button', { href: '/', t: 'gone.home' });

function slotsFor() {
  const small = Math.min(screen.width, screen.height) < 500;
  return { audio: 3, video: small ? 5 : 9 };
}

class Visit {
  devices = new Devices();
  session = null;
  meeting = null;
  /** A link made for a site carries its name; two windows of one browser may be two sites. */
  given = clean(String(claimsOf(token).name ?? ''));
  name = this.given || (keptByTab.getItem('diemcau:name') ?? kept.getItem('diemcau:name') ?? '');
  pin = '';

  /** The join page, or straight back after a reload. */
  begin() {
    const back = keptByTab.getItem(IN);
    if (back === room && this.name)
      return this.enter(JSON.parse(keptByTab.getItem('diemcau:media') ?? '{"audio":false,"video":true}'));
    this.ask();
  }

  /** @param {'need'|'wrong'} [pin] */
  ask(pin) {
    const view = joinView({
      room,
      devices: this.devices,
      pin,
      name: this.name,
      given: Boolean(this.given),
      enter: ({ name, pin: typed, audio }) => {
        this.name = name;
        this.pin = typed;
        if (!this.given) for (const store of [kept, keptByTab]) store.setItem('diemcau:name', name);
        view.stop();
        this.enter({ audio, video: true });
      },
    });
    page(view.element);
  }

  async enter(media, here = false) {
    const seat = await Seat.take(room, token, { here });
    if (!seat) {
      return gone({
        svg: icon('window-stack'),
        words: 'join.twice',
        actions: [action('join.twice.here', () => this.enter(media, true)), home()],
      });
    }
    const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
    const session = new Session({ url, room, name: clean(this.name), token, pin: this.pin, slots: slotsFor(), seat });
    this.session = session;
    session.on('joined', () => {
      rememberRoom(room);
      keptByTab.setItem(IN, room);
    });
    session.on('published', (now) =>
      keptByTab.setItem('diemcau:media', JSON.stringify({ audio: now.audio, video: now.video })),
    );
    session.on('refused', (refusal) => this.#refused(refusal));
    session.on('ended', (end) => this.#ended(end));
    this.meeting = new Meeting(session, this.devices, { left: () => this.#leave() });
    if (debug) globalThis.diemcau = { session, devices: this.devices, meeting: this.meeting };
    document.body.className = 'dark';
    main.replaceChildren(this.meeting.element);
    session.publish(media);
    this.meeting.start();
    session.connect();
    if (!this.devices.tracks.camera || !this.devices.tracks.microphone) this.devices.openBoth();
  }

  async #leave() {
    keptByTab.removeItem(IN);
    this.#out();
    gone({
      svg: icon('box-arrow-right'),
      words: ['gone.left', { time: clock(Date.now()) }],
      actions: [action('gone.again', () => location.reload()), home()],
    });
    await this.session.leave();
  }

  #out() {
    this.meeting?.stop();
    this.meeting = null;
  }

  #refused({ code, details, again }) {
    const back = () => action('retry', () => location.reload());
    if (again) {
      // The session asks by itself; what was shown stays underneath in the meeting, else one screen.
      if (this.session.joined) return;
      keptByTab.removeItem(IN);
      if (document.body.className === 'dark') {
        const shown = this.meeting.element;
        gone({ svg: icon('hourglass-split'), words: `gone.${code}`, more: ['gone.waiting'], code, actions: [home()] });
        const off = this.session.on('joined', () => {
          off();
          document.body.className = 'dark';
          main.replaceChildren(shown);
        });
      }
      return;
    }
    keptByTab.removeItem(IN);
    this.#out();
    this.devices = new Devices();
    if ((code === 'bad-token' || code === 'forbidden') && !token) return this.ask(this.pin ? 'wrong' : 'need');
    const words =
      code === 'banned' && details?.until
        ? ['gone.banned.until', { time: dayAndClock(details.until) }]
        : `gone.${code}`;
    const known = ['banned', 'bad-token', 'not-found', 'forbidden', 'unsupported', 'bad-request'];
    gone({
      svg: icon('slash-circle'),
      words: known.includes(code) ? words : 'gone.internal',
      code,
      actions: [back(), home()],
    });
  }

  #ended({ code, reason }) {
    keptByTab.removeItem(IN);
    this.#out();
    if (code === CLOSE.KICKED) {
      return gone({
        svg: icon('slash-circle'),
        words: 'gone.kicked',
        more: reason ? [['gone.reason', { reason }]] : [],
        actions: [home()],
      });
    }
    if (code === CLOSE.TAKEN_OVER) {
      return gone({
        svg: icon('window-stack'),
        words: 'gone.taken',
        actions: [action('gone.taken.back', () => location.reload()), home()],
      });
    }
    gone({ svg: icon('check-circle'), words: ['gone.ended', { time: clock(Date.now()) }], actions: [home()] });
  }
}

await startLanguage();
if (!room) {
  page(homeView((id) => (location.href = `/r/${encodeURIComponent(id)}${location.hash}`)));
  document.title = t('brand');
} else if (!globalThis.RTCPeerConnection || !globalThis.WebSocket) {
  gone({ svg: icon('slash-circle'), words: 'gone.unsupported', actions: [home()] });
} else {
  const visit = new Visit();
  addEventListener('online', () => visit.session?.protocol.hurry());
  document.addEventListener('visibilitychange', () => !document.hidden && visit.session?.protocol.hurry());
  visit.begin();
}
translate(document);
