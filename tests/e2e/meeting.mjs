// What the end-to-end tests share: checks that print a line each, a daemon, sites that come in through the join page.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Host, makeMedia, openChromium, programs, sleep, until } from './host.mjs';

const here = dirname(fileURLToPath(import.meta.url));
export const probe = join(here, 'probe.js');

/* ---- checks */

let failed = 0;
const began = Date.now();
const at = () => `${((Date.now() - began) / 1000).toFixed(1)} s`.padStart(7);

/** One line; a check that fails does not end the run. */
export function check(what, good, detail) {
  if (!good) failed++;
  console.log(`${good ? 'ok    ' : 'FAILED'} ${at()}  ${what}${detail === undefined ? '' : `: ${typeof detail === 'string' ? detail : JSON.stringify(detail)}`}`);
  return Boolean(good);
}

/** How much of all cores was at work since the last call (of a second ago or more), 0 to 1. */
const share = (() => {
  const read = () => cpus().reduce(({ idle, all }, { times }) => ({ idle: idle + times.idle, all: all + Object.values(times).reduce((a, b) => a + b, 0) }), { idle: 0, all: 0 });
  let last = read();
  let since = Date.now();
  let busy = 0;
  return () => {
    if (Date.now() - since < 1000) return busy;
    const now = read();
    busy = 1 - (now.idle - last.idle) / (now.all - last.all);
    [last, since] = [now, Date.now()];
    return busy;
  };
})();
const FIT = 0.9;

/**
 * A check that claims a time. It counts where build and machine are fit for it: TIMING=1 (a Release build), and a tenth
 * of the cores idle since the last claim. Else a miss is told, with how busy the machine was, and is no failure.
 */
export function claim(what, good, detail) {
  const busy = share();
  const fit = process.env.TIMING && busy < FIT;
  if (fit || good) return check(what, good, detail);
  const why = process.env.TIMING ? `the machine was ${Math.round(busy * 100)} % busy` : 'not a build for claims';
  console.log(`told   ${at()}  ${what}: ${typeof detail === 'string' ? detail : JSON.stringify(detail)} (no claim: ${why})`);
  return true;
}

/** A check that is work: fails by throwing. Gives what the work gave. */
export async function step(what, work) {
  try {
    const result = await work();
    check(what, true);
    return result;
  } catch (error) {
    check(what, false, error.message);
    return undefined;
  }
}

/** Runs a test: `work(host)` in a world of its own, cleaned up whatever comes; exit status 1 when a check failed. */
export async function test(work) {
  const host = await Host.open();
  const stop = async () => {
    await host.close();
    process.exit(1);
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    await work(host);
  } catch (error) {
    check('the run goes through', false, error.stack ?? String(error));
  } finally {
    await host.close();
  }
  process.exit(failed ? 1 : 0);
}

export function skip(reason) {
  console.log(`SKIP ${reason}`);
  process.exit(77);
}

/* ---- the daemon */

/** What a sanitizer prints when it has found something. */
const FOUND = /ERROR: \w*Sanitizer|runtime error:/;

export class Daemon {
  /** @param {Record<string, string|number>} set settings beside those every test daemon has */
  static async start(host, { state = join(host.folder, 'state'), set = {}, port = 0, media = 0 } = {}) {
    const daemon = new Daemon();
    daemon.host = host;
    daemon.state = state;
    const settings = { 'http.listen': `0.0.0.0:${port}`, 'media.port': media, 'state.dir': state, ...set };
    const words = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    daemon.child = host.start([programs.daemon, ...words], { env: { DIEMCAU_TEST: '1' } });
    const ended = daemon.child.ended.then((code) => ({ code }));
    const ready = await Promise.race([ended, until('the daemon is ready', 20000, () => daemon.child.text.match(/http_port=(\d+) media_port=(\d+)/))]);
    if ('code' in ready) throw new Error(`the daemon ended with ${ready.code}: ${daemon.child.text}`);
    daemon.port = Number(ready[1]);
    daemon.media = Number(ready[2]);
    daemon.setup = daemon.child.text.match(/#setup=\S+/)?.[0];
    daemon.url = `https://${host.address}:${daemon.port}`;
    return daemon;
  }

  /** The CLI. {status, out, err} */
  ctl(...words) {
    const { host } = this;
    const all = [...(host.space ? ['ip', 'netns', 'exec', host.space] : []), programs.ctl, '--socket', join(this.state, 'control.sock'), ...words];
    const { status, stdout, stderr } = spawnSync(all[0], all.slice(1), { encoding: 'utf8', timeout: 20000 });
    return { status, out: stdout, err: stderr };
  }

  /** The daemon's own process: `ip netns exec` becomes the program it starts, so the child's id is its id. */
  signal(name) {
    process.kill(this.child.pid, name);
  }

  async kill() {
    this.signal('SIGKILL');
    await this.child.ended;
  }

  /** Ends it as an operator does, and looks what the sanitizers found. */
  async stop() {
    this.signal('SIGTERM');
    const code = await Promise.race([this.child.ended, sleep(15000).then(() => 'nothing within 15 s')]);
    const found = this.child.text.search(FOUND);
    const leaks = this.child.text.search(/LeakSanitizer: detected/);
    check('the daemon ends cleanly, no sanitizer complains', code === 0 && found < 0 && leaks < 0, code === 0 && found < 0 && leaks < 0 ? undefined : `status ${code}: ${this.child.text.slice(Math.max(found, leaks, this.child.text.length - 3000, 0)).slice(0, 6000)}`);
  }
}

/* ---- sites */

/** Pictures and tones that cannot be mistaken for one another. */
export const palette = {
  red: { rgb: [255, 0, 0], tone: 440 },
  lime: { rgb: [0, 255, 0], tone: 660 },
  blue: { rgb: [0, 0, 255], tone: 880 },
  yellow: { rgb: [255, 255, 0], tone: 1100 },
  magenta: { rgb: [255, 0, 255], tone: 1320 },
  cyan: { rgb: [0, 255, 255], tone: 1540 },
};

/** The colour's name, or null where it is none of them. */
export function nameOf(rgb) {
  if (!rgb) return null;
  const near = ([, one]) => one.rgb.every((value, i) => Math.abs(value - rgb[i]) < 80);
  return Object.entries(palette).find(near)?.[0] ?? null;
}

/** Whose tone it is, or null. */
export function toneOf(tone) {
  if (!tone || tone.clear < 10) return null;
  return Object.entries(palette).find(([, one]) => Math.abs(one.tone - tone.hz) < 25)?.[0] ?? null;
}

/** A browser of its own for a site of this colour. */
export function browserFor(host, color, { size = '640x360', fps = 15, ...options } = {}) {
  return openChromium(host, { media: makeMedia(host.folder, { color, tone: palette[color].tone, size, fps }), ...options });
}

/** One window: its page, what its socket said and heard, and the person at it. */
export class Site {
  events = []; // what the daemon said: {at, ...message}
  sent = []; // what the page said
  sockets = [];
  problems = [];

  /** A window; `context` may be a browser, or a context that another window has already. */
  static async open(context, { name, color, prefer } = {}) {
    const site = new Site();
    site.name = name;
    site.color = color;
    const own = typeof context.newContext === 'function';
    site.context = own ? await context.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1280, height: 720 }, permissions: ['camera', 'microphone'] }) : context;
    if (own) {
      await site.context.addInitScript({ path: probe });
      if (prefer) await site.context.addInitScript(prefer);
    }
    site.page = await site.context.newPage();
    site.page.on('pageerror', (error) => site.problems.push(String(error)));
    site.page.on('console', (message) => ['error', 'warning'].includes(message.type()) && site.problems.push(message.text()));
    site.page.on('websocket', (socket) => {
      site.sockets.push(socket);
      const keep = (list) => ({ payload }) => {
        try {
          list.push({ at: Date.now(), ...JSON.parse(payload) });
        } catch {
          list.push({ at: Date.now(), type: 'not JSON' });
        }
      };
      socket.on('framereceived', keep(site.events));
      socket.on('framesent', keep(site.sent));
    });
    return site;
  }

  /** Through the join page, as a person would. `home`: from the first page on. */
  static async join(daemon, context, { room, name, color, microphone = true, home = false, base = daemon.url, hash = '', ...options }) {
    const site = await Site.open(context, { name, color, ...options });
    site.room = room;
    const { page } = site;
    if (home) {
      await page.goto(`${base}/?debug`);
      await page.fill('input[name=room]', room);
      await page.press('input[name=room]', 'Enter');
      await page.waitForURL(`**/r/${encodeURIComponent(room)}*`);
      if (!page.url().includes('debug')) await page.goto(`${base}/r/${encodeURIComponent(room)}?debug${hash}`);
    } else {
      await page.goto(`${base}/r/${encodeURIComponent(room)}?debug${hash}`);
    }
    await page.fill('input[name=site]', name);
    await page.setChecked('input[name=mic-on]', microphone);
    await page.click('form.join-form button[type=submit]');
    await site.arrived();
    return site;
  }

  /** Waits until the daemon has taken it in and media is connected. */
  async arrived(ms = 20000) {
    await until(`${this.name} is in the meeting`, ms, async () => {
      this.id = await this.page.evaluate(() => globalThis.diemcau?.session.joined && globalThis.probe.self().id);
      return this.id && (await this.page.getAttribute('main.meeting', 'data-media')) === 'connected';
    }).catch((error) => {
      throw new Error(`${error.message}; page: ${this.problems.join(' | ')}; heard: ${JSON.stringify(this.events.slice(-3)).slice(0, 1500)}`);
    });
    return this;
  }

  look() {
    return this.page.evaluate(() => globalThis.probe.look());
  }

  stats() {
    return this.page.evaluate(() => globalThis.probe.stats());
  }

  /** Events of a type since a moment. */
  heard(type, since = 0) {
    return this.events.filter((event) => event.type === type && event.at >= since);
  }

  /** What is said of a site from a moment on, one by one or merged. */
  told(id, since = 0) {
    const about = [];
    for (const event of this.events) {
      if (event.at < since) continue;
      if (['site-joined', 'site-left', 'site-changed'].includes(event.type) && (event.site?.id ?? event.site) === id) about.push(event);
      for (const [list, type] of [['joined', 'site-joined'], ['left', 'site-left'], ['changed', 'site-changed']])
        for (const row of (event.type === 'sites-changed' && event[list]) || [])
          if ((row.id ?? row.site) === id) about.push({ at: event.at, ...row, type });
    }
    return about;
  }

  /** The button in the bar, opened under "more" where it is folded away. */
  async press(control) {
    const button = this.page.locator(`[data-control="${control}"]`);
    if (!(await button.isVisible())) await this.page.click('[data-control="more"]');
    await button.click();
  }

  async leave() {
    await this.press('leave');
    await this.page.click('[data-confirm="leave"]');
  }
}

/**
 * Who is seen and heard by a site, each in the slot the daemon told: {seen, heard: [name]} of `sites`, and what is wrong.
 * The picture in a tile must be the colour of the tile's site, the tone in an audio slot the tone of the slot's site.
 */
export function senses(look, sites) {
  const of = (id) => sites.find((site) => site.id === id);
  const result = { seen: [], heard: [], wrong: [] };
  for (const { slot, site, state, color } of look.tiles) {
    if (site === look.self.id) result.wrong.push(`itself in ${slot}`);
    if (look.slots[slot] && look.slots[slot].site !== site) result.wrong.push(`${slot} shows ${site}, told ${look.slots[slot].site}`);
    if (state !== 'live') continue;
    const name = nameOf(color);
    const wanted = of(site);
    if (!wanted) continue;
    if (name === wanted.color) result.seen.push(wanted.name);
    else result.wrong.push(`${slot} of ${wanted.name} is ${name ?? color}`);
  }
  for (const [slot, entry] of Object.entries(look.slots)) {
    if (!slot.startsWith('a')) continue;
    if (entry.site === look.self.id) result.wrong.push(`itself in ${slot}`);
    const wanted = of(entry.site);
    if (!wanted || !look.tones[slot]) continue;
    const name = toneOf(look.tones[slot]);
    if (name === wanted.color) result.heard.push(wanted.name);
    else result.wrong.push(`${slot} of ${wanted.name} sounds ${name ?? JSON.stringify(look.tones[slot])}`);
  }
  return result;
}

const same = (a, b) => JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());

/** Waits until `site` sees and hears exactly these others, nothing in a wrong place. Gives how long it took. */
export async function senseAll(site, others, ms = 15000) {
  const names = others.map(({ name }) => name);
  const since = Date.now();
  let last;
  await until(`${site.name} sees and hears ${names}`, ms, async () => {
    const look = await site.look();
    last = senses(look, [...others, site]);
    if (same(last.seen, names) && same(last.heard, names) && !last.wrong.length) return true;
    last.look = { slots: look.slots, tiles: look.tiles, tones: look.tones };
    return false;
  }).catch((error) => {
    throw new Error(`${error.message}; last: ${JSON.stringify(last)}`);
  });
  return Date.now() - since;
}

export const haveTun = () => existsSync('/dev/net/tun');
export { Host, sleep, until, makeMedia, openChromium, programs };
