// What is no pair of runs: how much one core carries, how many viewers it holds, what an idle room and a site cost.
import { readFileSync, readdirSync } from 'node:fs';
import { stage } from './cases.mjs';
import { starters } from './relays.mjs';
import { median } from './stats.mjs';

const gcm = { rooms: 1, layer: 2, profile: 'gcm128' };

// Raises the load step by step until it no longer passes; the last step that did, and the one that did not.
async function climb(bench, title, steps, make, passes, start) {
  let held = null, missed = null;
  for (const step of steps) {
    bench.say(`${title}: ${step}`);
    const { name, args } = make(step);
    const record = await bench.once(name, args, start).catch((error) => ({ failed: error.message }));
    const good = !record.failed && !record.drops && passes(record);
    if (!good) {
      missed = { step, ...record };
      break;
    }
    held = { step, ...record };
  }
  return { held, missed };
}

const why = (missed) => (missed ? `${missed.step}: ${missed.failed ? 'no record' : missed.drops ? 'the clients lost datagrams' : `loss ${missed.loss}, p99 ${missed.delay_p99_ms} ms`}` : 'not reached');

// Packets a second of one worker: 218 viewers take 2, 3, … pictures of 1.5 Mbit/s each.
export async function capacity(bench) {
  const make = (n) => ({ name: 'diemcau', args: { ...gcm, sites: 218 + n, speakers: n, 'video-slots': n, 'audio-slots': 1 } });
  const { held, missed } = await climb(bench, 'capacity, speakers', [2, 4, 6, 8, 10, 12, 14, 16], make, (r) => r.loss < 1e-5 && r.delay_p99_ms <= 5);
  return { ...(held ?? {}), bench: 'capacity of one worker', end: why(missed), verdict: `220 000/s ${held?.packets_per_s >= 220000 ? 'met' : 'MISSED'}; ended at ${why(missed)}` };
}

// Viewers one core holds before the delay passes 50 ms.
export async function held(bench, peer) {
  const make = (name) => (n) => ({ name, args: stage(n) });
  const passes = (r) => r.delay_p99_ms <= 50 && r.loss < 1e-3;
  const mine = await climb(bench, 'diemcau, viewers', [500, 1000, 1500, 2000], make('diemcau'), passes, { sites: 2048 });
  const record = { ...(mine.held ?? {}), bench: 'viewers one core holds', end: why(mine.missed), held: mine.held?.step ?? 0 };
  if (!peer) return { ...record, verdict: `${record.held} held` };
  const theirs = await climb(bench, 'janus, viewers', [200, 300, 400, 500, 600], make('janus'), passes);
  const n = theirs.held?.step ?? 0;
  return { ...record, peer_held: n, peer_end: why(theirs.missed), verdict: `${record.held} to Janus' ${n}: ×5 ${record.held >= 5 * n ? 'met' : 'MISSED'}` };
}

const still = (sites, rooms = Math.ceil(sites / 300)) => ({ ...gcm, rooms, sites: Math.floor(sites / rooms) * rooms, speakers: rooms, 'video-slots': 1, 'audio-slots': 1, still: 1, 'joins-per-s': 100 });

const resident = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;

async function metrics(address) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  const text = await (await fetch(`${address.replace('wss', 'https')}/metrics`)).text();
  return Object.fromEntries(text.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

const sum = (all, part) => Object.entries(all).filter(([key]) => key.includes(part)).reduce((total, [, value]) => total + value, 0) / 2 ** 20;

// An idle room, and what a site that listens costs in memory.
export async function idle(bench, sites) {
  const relay = await starters.diemcau({ build: bench.build, core: bench.cores.relay, sites: 1100 });
  try {
    const begin = resident(relay.pid), before = await metrics(relay.address);
    bench.say(`idle room of ${sites}`);
    const record = await bench.load(relay, still(sites));
    const pools = sum(before, 'pool_touched');
    const grown = record.rss_mb - begin;
    return { ...record, bench: `idle, ${sites} muted sites`, start_mb: begin, pools_touched_mb: pools, kb_a_site: (grown * 1024) / sites,
      verdict: `${(100 * record.relay_cpu).toFixed(2)} % of a core (2: ${record.relay_cpu <= 0.02 ? 'met' : 'MISSED'}); ${((grown * 1024) / sites).toFixed(0)} KB a site (150: ${grown * 1024 <= 150 * sites ? 'met' : 'MISSED'}); ${(begin - pools).toFixed(0)} MB at start without pools (40: ${begin - pools <= 40 ? 'met' : 'MISSED'})` };
  } finally {
    await relay.stop();
  }
}

// 218 sites within ten seconds.
export async function joining(bench) {
  bench.say('218 sites join within 10 s');
  const record = await bench.once('diemcau', { ...gcm, sites: 219, speakers: 1, 'video-slots': 1, 'audio-slots': 1, 'joins-per-s': 22 });
  return { ...record, bench: '218 sites join in 10 s', verdict: `all receive after ${record.joined_all_s} s (12: ${record.joined_all_s <= 12 ? 'met' : 'MISSED'}), ${record.keyframe_requests} keyframe requests (10: ${record.keyframe_requests <= 10 ? 'met' : 'MISSED'}), lost since the start ${record.lost_all}` };
}

const ticks = (pid) => Object.fromEntries(readdirSync(`/proc/${pid}/task`).map((task) => {
  const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1].split(' ');
  return [task, Number(fields[11]) + Number(fields[12])];
}));

// One room on two workers against one, the cores shared with the clients; the share of each worker.
export async function workers(bench, pairs) {
  const list = [], shares = [];
  const args = { ...gcm, sites: 101, speakers: 1, 'video-slots': 1, 'audio-slots': 1 };
  for (let i = 0; i < pairs; i++) {
    const costs = {};
    for (const n of [1, 2]) {
      bench.say(`workers: ${n}, ${i + 1}/${pairs}`);
      const relay = await starters.diemcau({ build: bench.build, workers: n, cores: n === 2 ? '0,1' : '0' });
      try {
        const record = await bench.load(relay, { ...args, workers: n }, '0,1');
        costs[n] = record;
        if (n === 2) {
          const busy = Object.values(ticks(relay.pid)).sort((a, b) => b - a);
          shares.push(busy[1] / busy[0]);
        }
      } finally {
        await relay.stop();
      }
    }
    list.push(costs[2].us_per_packet / costs[1].us_per_packet);
  }
  const ratio = median(list), share = median(shares);
  return { bench: 'two workers against one', viewers: 100, ratio, share, verdict: `×${ratio.toFixed(2)} (1.2: ${ratio <= 1.2 ? 'met' : 'MISSED'}), the calmer worker does ${(100 * share).toFixed(0)} % of the busier's work (80: ${share >= 0.8 ? 'met' : 'MISSED'})` };
}

// 12 rooms of 20 beside one of 218: what a packet costs there, against the one room alone.
export async function mixed(bench, pairs) {
  const big = { ...gcm, sites: 219, speakers: 1, 'video-slots': 1, 'audio-slots': 1, seed: 1 };
  const small = { ...gcm, rooms: 12, sites: 240, speakers: 12, 'video-slots': 1, 'audio-slots': 1, seed: 2 };
  const list = [], both = [];
  for (let i = 0; i < pairs; i++) {
    bench.say(`rooms: one alone, then with 12 beside it, ${i + 1}/${pairs}`);
    const alone = await bench.once('diemcau', big);
    const relay = await starters.diemcau({ build: bench.build, core: bench.cores.relay });
    try {
      const [a, b] = await Promise.all([bench.load(relay, { ...big, warmup: 8 }), bench.load(relay, { ...small, warmup: 8 })]);
      const cost = (1e6 * (a.relay_cpu + b.relay_cpu)) / 2 / (a.packets_per_s + b.packets_per_s);
      list.push(cost / alone.us_per_packet);
      both.push(a, b);
    } finally {
      await relay.stop();
    }
  }
  const ratio = median(list), lost = Math.max(...both.map((one) => one.loss));
  return { ...both[0], bench: '12 rooms of 20 beside one', viewers: 446, ratio, loss: lost, verdict: `×${ratio.toFixed(2)} of one room; the two windows overlap in part only: no verdict` };
}
