// The stage of every end-to-end test: a network namespace of its own, a daemon in it, browsers in it, and the end of
// all of them by process id. Without root there is no namespace: then everything runs on the host's own addresses.
import { spawn, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync, existsSync, readFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';

const build = process.env.BUILD_DIR ?? 'build-test';
export const programs = { daemon: join(build, 'diemcaud'), ctl: join(build, 'diemcauctl'), link: join(build, 'tests', 'link') };

const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export { sleep };

/** The promise, or undefined after ms; no timer is left behind. */
const within = (ms, promise) => {
  let timer;
  const limit = new Promise((done) => (timer = setTimeout(done, ms)));
  return Promise.race([promise, limit]).finally(() => clearTimeout(timer));
};

/** Waits until `check` gives something true, or fails with `what` after `ms`. Returns what it gave. */
export async function until(what, ms, check) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await check();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}${last instanceof Error ? ` (${last.message})` : ''}`);
    await sleep(100);
  }
}

const run = (...words) => execFileSync(words[0], words.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

/** One test's world. `await host.close()` in a finally. */
export class Host {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'diemcau-e2e-'));
    this.children = new Set();
    this.browsers = new Set();
    this.spaces = [];
    this.space = null;
    this.address = null;
  }

  /** A namespace with loopback and one address, so that browsers find a network. */
  static async open() {
    const host = new Host();
    host.space = host.makeSpace('a');
    if (host.space) {
      run('ip', '-n', host.space, 'link', 'add', 'lan', 'type', 'veth', 'peer', 'name', 'wire');
      run('ip', '-n', host.space, 'addr', 'add', '10.77.0.1/24', 'dev', 'lan');
      for (const device of ['lan', 'wire']) run('ip', '-n', host.space, 'link', 'set', device, 'up');
      run('ip', '-n', host.space, 'route', 'add', 'default', 'dev', 'lan');
      host.address = '10.77.0.1';
    } else {
      const all = Object.values(networkInterfaces()).flat();
      host.address = all.find((one) => one.family === 'IPv4' && !one.internal)?.address ?? '127.0.0.1';
    }
    return host;
  }

  /** A namespace's name, or null where this machine gives none. */
  makeSpace(letter) {
    const name = `dc${process.pid}${letter}`;
    try {
      run('ip', 'netns', 'add', name);
    } catch {
      return null;
    }
    this.spaces.push(name);
    // An IPv6 address that is ready two seconds later would be a change of network: browsers break off what they load.
    run('ip', 'netns', 'exec', name, 'sh', '-c', 'echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6 || true');
    run('ip', '-n', name, 'link', 'set', 'lo', 'up');
    return name;
  }

  /** Starts a program (in a namespace), remembered for the end. Its output is kept in `child.text`. */
  start(words, { space = this.space, env = {} } = {}) {
    const all = space ? ['ip', 'netns', 'exec', space, ...words] : words;
    const child = spawn(all[0], all.slice(1), { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    child.text = '';
    child.stdout.on('data', (data) => (child.text += data));
    child.stderr.on('data', (data) => (child.text += data));
    child.ended = new Promise((done) => {
      child.on('exit', (code, signal) => { this.children.delete(child); done(code ?? signal); });
      child.on('error', (error) => { this.children.delete(child); child.text += `${error}\n`; done('not started'); });
    });
    this.children.add(child);
    return child;
  }

  /** A TUN link between the namespaces a and b; set(line) changes it and answers its counters. Null: not possible here. */
  async link(a, addressA, b, addressB) {
    const socket = join(this.folder, `link${this.children.size}.sock`);
    const child = this.start([programs.link, a, addressA, b, addressB, socket], { space: null });
    const ready = await Promise.race([child.ended, until('the link', 5000, () => child.text.includes('ready')).then(() => 'ready')]);
    if (ready !== 'ready') return null;
    const set = (line) => run(programs.link, socket, line);
    return { set, child };
  }

  async close() {
    for (const browser of this.browsers) await within(5000, browser.close().catch(() => {}));
    for (const child of this.children) child.kill('SIGTERM');
    await within(5000, Promise.all([...this.children].map((child) => child.ended)));
    for (const child of this.children) child.kill('SIGKILL');
    for (const name of this.spaces) {
      try {
        for (const pid of run('ip', 'netns', 'pids', name).split('\n').filter(Boolean)) process.kill(Number(pid), 'SIGKILL');
      } catch { /* gone by itself */ }
      try { run('ip', 'netns', 'del', name); } catch { /* never made */ }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A solid colour with a moving bar, and a tone: what makes a site recognisable. Made once a folder. */
export function makeMedia(folder, { color, tone, size = '1280x720', fps = 20 }) {
  const video = join(folder, `${color}-${size}.mjpeg`), audio = join(folder, `${tone}.wav`);
  const ffmpeg = (...words) => run('ffmpeg', '-hide_banner', '-loglevel', 'error', '-y', ...words);
  if (!existsSync(video))
    ffmpeg('-f', 'lavfi', '-i', `color=c=${color}:s=${size}:r=${fps}:d=3`, '-f', 'lavfi', '-i', `color=c=black:s=40x${size.split('x')[1]}:r=${fps}:d=3`,
      '-filter_complex', "[0][1]overlay=x='mod(t*300,W)':y=0,format=yuvj420p", '-c:v', 'mjpeg', '-q:v', '5', video);
  if (!existsSync(audio))
    ffmpeg('-f', 'lavfi', '-i', `sine=frequency=${tone}:sample_rate=48000:duration=4`, '-af', 'volume=4', '-c:a', 'pcm_s16le', '-ac', '1', audio);
  return { video, audio };
}

const flags = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream',
  '--disable-background-networking', '--no-first-run', '--disable-component-update', '--disable-sync', '--disable-default-apps',
  '--no-default-browser-check', '--mute-audio', '--autoplay-policy=no-user-gesture-required', '--disable-quic',
  '--disable-background-timer-throttling', '--disable-renderer-backgrounding', '--disable-backgrounding-occluded-windows', '--ignore-certificate-errors'];

let started = 0;

/** Chromium in a namespace, with this camera and microphone. */
export async function openChromium(host, { media, space = host.space, args = [] } = {}) {
  const { chromium } = await import('playwright-core');
  const wrapper = join(host.folder, `chromium-${space ?? 'host'}`);
  writeFileSync(wrapper, `#!/bin/sh\necho $$ >"$DIEMCAU_PID"\nexec ${space ? `ip netns exec ${space} ` : ''}/usr/bin/chromium "$@"\n`, { mode: 0o755 });
  const files = media ? [`--use-file-for-fake-video-capture=${media.video}`, `--use-file-for-fake-audio-capture=${media.audio}`] : [];
  const pid = join(host.folder, `chromium-${++started}.pid`); // every step to the program is an exec: one id
  const browser = await chromium.launch({ executablePath: wrapper, headless: true, args: [...flags, ...files, ...args], env: { ...process.env, DIEMCAU_PID: pid } });
  browser.pid = Number(readText(pid));
  host.browsers.add(browser);
  return browser;
}

export const readText = (path) => readFileSync(path, 'utf8');
