/** How the line is: the sign at the top, and a bar where a sentence helps. */
import { h, icon, setIcon, say } from './dom.js';
import { clock } from './text.js';

const SIGNS = [
  { icon: 'reception-0' },
  { icon: 'reception-1' },
  { icon: 'reception-2' },
  { icon: 'reception-3' },
  { icon: 'reception-4' },
];
const TROUBLE_S = 8; // a limit must last before it is worth a sentence
const UNCONNECTED_MS = 10_000;

export class Line {
  #bars;
  #link = 'open';
  #media = 'connecting';
  #was = false;
  #network = null;
  #health = null;
  #lasting = {};
  #unconnected_ms = 0;

  /** @param {import('./bars.js').Bars} bars */
  constructor(bars) {
    this.#bars = bars;
    this.element = h(
      'span.line',
      { data: { line: 'connecting' } },
      h('span', { t: 'line.connecting' }),
      icon('reception-0'),
    );
  }

  get link() {
    return this.#link;
  }

  get media() {
    return this.#media;
  }

  /** @param {{link?: 'open'|'lost', media?: 'connected'|'connecting'|'lost'}} state @param {boolean} joined */
  state({ link, media }, joined) {
    if (link) this.#link = link;
    if (media) this.#media = media;
    if (this.#link === 'lost' || this.#media === 'lost') {
      this.#was = true;
      this.#bars.hide('back');
      if (joined) this.#bars.show('reconnecting', { tone: 'danger', t: 'bar.reconnecting' });
    } else {
      for (const id of ['reconnecting', 'server']) this.#bars.hide(id);
      if (this.#media === 'connected') {
        this.#bars.hide('media');
        if (this.#was)
          this.#bars.show('back', { tone: 'good', t: ['bar.back', { time: clock(Date.now()) }], for_ms: 6000 });
        this.#was = false;
      }
    }
    this.#draw();
  }

  /** The n-th attempt at the server. */
  retry(attempt) {
    if (attempt > 1) this.#bars.show('server', { tone: 'danger', t: ['bar.server', { n: attempt }] });
  }

  /** The daemon's estimate. */
  network(network) {
    this.#network = network;
    this.#draw();
  }

  /**
   * Each second: what the browser measures.
   * @param {object} health of Call @param {{reason: ?string, stale: ?string}} stage its slot's reason; the site's name
   * when its picture is old
   */
  health(health, stage) {
    this.#health = health;
    const poor = health.down.loss > 0.1 || (this.#network?.level ?? 4) <= 1;
    this.#lasts('cpu', 'bar.cpu', health.up.cpu);
    this.#lasts('up', 'bar.up.weak', health.up.starved && this.#media === 'connected', 12); // a start takes some seconds
    this.#lasts('voice', 'bar.voice', stage.reason === 'link');
    this.#lasts('down', 'bar.down.weak', poor && stage.reason !== 'link');
    this.#lasts(
      'site',
      ['bar.site.weak', { site: stage.stale ?? '' }],
      Boolean(stage.stale) && !poor && this.#media === 'connected',
      4,
    );
    this.#draw();
  }

  /** Twice a second, once joined. */
  tick() {
    this.#unconnected_ms = this.#media === 'connecting' ? this.#unconnected_ms + 500 : 0;
    if (this.#unconnected_ms === UNCONNECTED_MS) this.#bars.show('media', { tone: 'warn', t: 'bar.media' });
  }

  #lasts(id, words, bad, seconds = TROUBLE_S) {
    const n = (this.#lasting[id] ?? 0) + (bad ? 1 : -2);
    this.#lasting[id] = Math.min(Math.max(n, 0), 2 * seconds);
    if (bad && n >= seconds) this.#bars.show(id, { tone: 'warn', t: words, close: true });
    else if (n <= 0) this.#bars.hide(id);
  }

  /** Bars 0…4 from what the daemon estimates, else from the last second's loss and delay. */
  #draw() {
    const down = this.#health?.down;
    let level = 4;
    if (this.#link === 'lost' || this.#media === 'lost') level = 0;
    else if (this.#media !== 'connected') level = null;
    else if (this.#network?.level !== undefined) level = this.#network.level;
    else if (down) level = down.loss > 0.1 ? 1 : down.loss > 0.04 ? 2 : down.rtt_ms > 400 ? 3 : 4;
    const name = level === null ? 'connecting' : level === 0 ? 'lost' : level <= 2 ? 'weak' : 'good';
    this.element.dataset.line = name;
    say(this.element.firstChild, `line.${name}`);
    setIcon(this.element.lastChild, SIGNS[level ?? 0].icon);
  }
}
