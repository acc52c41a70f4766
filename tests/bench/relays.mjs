// Starts what is measured, pinned to its core, each run afresh: diemcau, the floor, Janus. Ends it by its process id.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync, rmSync, mkdirSync, openSync, readFileSync, existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { mind } from './children.mjs';

const JANUS = { bin: '/usr/bin/janus', plugins: '/usr/lib/x86_64-linux-gnu/janus' };

const pinned = (core, command, args) => (core === undefined ? [command, args] : ['taskset', ['-c', String(core), command, ...args]]);

const isOpen = (port) => new Promise((resolve) => {
  const socket = createConnection(port, '127.0.0.1', () => (socket.destroy(), resolve(true))).on('error', () => resolve(false));
});

// Another one there would be measured in place of ours.
async function wantFree(port) {
  if (await isOpen(port)) throw new Error(`port ${port} is taken by another program, an earlier benchmark's relay maybe: stop it (ss -ltnp 'sport = :${port}' tells which)`);
}

async function listens(port, child, log) {
  for (let i = 0; i < 100; i++) {
    if (child.exitCode !== null) break;
    if (await isOpen(port)) return;
    await sleep(100);
  }
  throw new Error(`it does not listen on port ${port}:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}

class Relay {
  constructor(name, folder, child, extra) {
    Object.assign(this, { name, folder, child, pid: child.pid, ...extra });
  }

  // What it told at its end, where it tells anything.
  async stop() {
    if (this.child.exitCode === null) {
      this.child.kill('SIGTERM');
      for (let i = 0; i < 50 && this.child.exitCode === null && this.child.signalCode === null; i++) await sleep(100);
      if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    }
    const last = this.told?.(readFileSync(this.log, 'utf8'));
    rmSync(this.folder, { recursive: true, force: true });
    return last;
  }
}

function launch(name, core, command, args, folder, env = {}) {
  const log = join(folder, 'log');
  const out = openSync(log, 'a');
  const child = mind(spawn(...pinned(core, command, args), { stdio: ['ignore', out, out], cwd: folder, env: { ...process.env, ...env } }));
  return { child, log };
}

const folderFor = (name) => mkdtempSync(join(tmpdir(), `diemcau-bench-${name}-`));

export async function startDiemcau({ build, core, workers = 1, cores, set = {}, port = 18443, media = 41000, sites = 1100 }) {
  const folder = folderFor('diemcau');
  const settings = {
    'http.listen': `127.0.0.1:${port}`, 'media.port': media, 'media.workers': workers, 'media.addresses': '127.0.0.1',
    'state.dir': join(folder, 'state'), 'media.sites': sites, 'http.connections': 4096, 'log.level': 'warn', ...(cores ? { 'media.affinity': cores } : {}), ...set,
  };
  mkdirSync(join(folder, 'state'));
  const args = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  await wantFree(port);
  const { child, log } = launch('diemcau', core, join(build, 'diemcaud'), args, folder);
  await listens(port, child, log);
  return new Relay('diemcau', folder, child, { address: `wss://127.0.0.1:${port}`, log });
}

// Its own account of receiving and opening RTCP: µs a report, and µs a forwarded packet.
function floorTold(log) {
  const line = log.trim().split('\n').findLast((text) => text.startsWith('{'));
  const { rtcp_cpu_s: s, rtcp_in: reports, packets_out: packets } = line ? JSON.parse(line) : {};
  return packets && reports ? { rtcp_us: (1e6 * s) / reports, rtcp_us_per_packet: (1e6 * s) / packets } : {};
}

export async function startFloor({ build, core, port = 42000, backend = 'auto', seconds = 600 }) {
  const folder = folderFor('floor');
  const { child, log } = launch('floor', core, join(build, 'tests/floor'), ['--port', port, '--backend', backend, '--seconds', seconds].map(String), folder);
  await sleep(300);
  if (child.exitCode !== null) throw new Error(`the floor ended at once:\n${readFileSync(log, 'utf8')}`);
  return new Relay('floor', folder, child, { address: `127.0.0.1:${port}`, log, told: floorTold });
}

// One loop for all handles, ICE-lite, no statistics, no slow-link guessing: the fastest Janus 1.1.2 was seen to be.
const janusFiles = (folder, port, rooms, publishers) => ({
  'janus.jcfg': `general: { plugins_folder = "${JANUS.plugins}/plugins"; transports_folder = "${JANUS.plugins}/transports"
  events_folder = "${folder}"; loggers_folder = "${folder}"; debug_level = 2; event_loops = 1; session_timeout = 0 }
certificates: { }
media: { ipv6 = false; min_nack_queue = 200; rtp_port_range = "20000-39999"; slowlink_threshold = 0; twcc_period = 200 }
nat: { ice_lite = true; ice_tcp = false; full_trickle = false; ice_enforce_list = "lo,127.0.0.1"; ice_ignore_list = "vmnet" }
plugins: { disable = "libjanus_audiobridge.so,libjanus_echotest.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_nosip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so,libjanus_duktape.so,libjanus_lua.so" }
transports: { disable = "libjanus_http.so,libjanus_rabbitmq.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so" }
`,
  'janus.transport.websockets.jcfg': `general: { json = "compact"; ws = true; ws_port = ${port}; ws_interface = "lo"; wss = false }
admin: { admin_ws = false }
`,
  'janus.plugin.videoroom.jcfg': `general: { events = false }
${Array.from({ length: rooms }, (_, i) => `room-${i + 1}: { description = "bench"; publishers = ${publishers}; bitrate = 0; fir_freq = 0; audiocodec = "opus"; videocodec = "vp8"; notify_joining = false; record = false }`).join('\n')}
`,
});

export async function startJanus({ core, port = 18188, rooms = 1, publishers = 30 }) {
  if (!existsSync(JANUS.bin)) throw new Error('janus is not installed: apt-get install janus');
  const folder = folderFor('janus');
  for (const [name, text] of Object.entries(janusFiles(folder, port, rooms, publishers))) writeFileSync(join(folder, name), text);
  await wantFree(port);
  const { child, log } = launch('janus', core, JANUS.bin, ['-F', folder], folder);
  await listens(port, child, log);
  return new Relay('janus', folder, child, { address: `ws://127.0.0.1:${port}`, log });
}

export const starters = { diemcau: startDiemcau, floor: startFloor, janus: startJanus };
