// What is no pair of runs: how much one core carries, how many viewers it holds, what an idle room and a site cost.
import { readFileSync, readdirSync } from 'node:fs';
import { meetings, stage } from './cases.mjs';
import { metrics, resident, sum } from './probe.mjs';
import { starters } from './relays.mjs';
import { costRatio, faults, full, judged, lossText, percent, uncounted, valid, voided, wrong } from './runs.mjs';
import { median, quartiles } from './stats.mjs';

const gcm = { rooms: 1, layer: 2, profile: 'gcm128' };

// Why a record is not good enough; nothing where it is.
function miss(record, most) {
  const why = wrong(record);
  if (why) return why;
  if (record.loss >= most.loss) return `loss ${lossText(record.loss)}`;
  return record.delay_p99_ms > most.p99_ms ? `p99 ${record.delay_p99_ms.toFixed(1)} ms` : null;
}

// Raises the load step by step until it no longer passes, then halves the way between the last step that did and the first
// that did not, down to `fine` (0: not at all). A step is missed when it is missed twice. `held`: the highest that passed.
async function climb(bench, title, { steps, fine = 0, most, load, relay = 'diemcau', start }) {
  let held = null, missed = null;
  const passes = async (step) => {
    let record, why;
    for (const again of ['', ', again']) {
      bench.say(`${title}: ${step}${again}`);
      record = await bench.once(relay, load(step), start).catch((error) => ({ failed: error.message }));
      why = miss(record, most);
      if (why === null) {
        held = { step, ...record };
        return true;
      }
      bench.say(`  ${why}`);
    }
    missed = { step, why, record };
    return false;
  };
  for (const step of steps) if (!(await passes(step))) break;
  while (fine && missed && missed.step - (held?.step ?? 0) > fine) {
    const low = held?.step ?? 0, next = low + Math.round((missed.step - low) / 2 / fine) * fine;
    if (next === low || next === missed.step) break;
    await passes(next);
  }
  return { held, missed };
}

const ending = (missed, unit) => (missed ? [`ended with ${missed.step} ${unit}: ${missed.why}`, ...full(missed.record)].join(', ') : 'its end was not reached');

// Packets a second of one worker in rooms of meeting size: 24 sites take picture and voice of one. Beside it the floor in as
// many rooms as the target asks for: what this machine's sends and these clients leave of the delay.
export async function capacity(bench) {
  const most = { loss: 1e-5, p99_ms: 5 };
  const { held, missed } = await climb(bench, 'capacity, rooms of 25', { steps: [20, 30, 40, 50, 60, 70, 80], fine: 1, most, load: meetings, start: { sites: 2048 } });
  const carried = held?.packets_per_s ?? 0, rooms = 41;
  bench.say(`capacity, rooms of 25: ${rooms} by the floor`);
  const floor = await bench.once('floor', meetings(rooms)).catch((error) => ({ failed: error.message }));
  const beside = wrong(floor) ?? `${floor.packets_per_s.toFixed(0)}/s with p99 ${floor.delay_p99_ms.toFixed(1)} ms`;
  return { ...(held ?? {}), bench: 'capacity of one worker', end: missed, floor_delay_p99_ms: floor.delay_p99_ms, floor_packets_per_s: floor.packets_per_s,
    verdict: `${carried.toFixed(0)}/s in ${held?.step ?? 0} rooms of 25 (220 000: ${judged(carried >= 220000)}); ${ending(missed, 'rooms')}; the floor in ${rooms} rooms: ${beside}` };
}

// The same in one room, 218 viewers of n pictures: each frame goes to all of them at once, so its last viewers wait for the
// others, whatever the core could do. The delay is reported, no limit.
export async function capacityOfRoom(bench) {
  const load = (n) => ({ ...gcm, sites: 218 + n, speakers: n, 'video-slots': n, 'audio-slots': 1 });
  const { held, missed } = await climb(bench, 'capacity, one room of 218, speakers', { steps: [3, 4, 5, 6], most: { loss: 1e-5, p99_ms: Infinity }, load });
  return { ...(held ?? {}), bench: 'capacity, one room of 218', end: missed, verdict: `${(held?.packets_per_s ?? 0).toFixed(0)}/s without loss; ${ending(missed, 'speakers')}` };
}

// Viewers one core holds before the delay passes 50 ms.
export async function held(bench, peer) {
  const most = { loss: 1e-3, p99_ms: 50 };
  const mine = await climb(bench, 'diemcau, viewers', { steps: [500, 1000, 1500, 2000], most, load: stage, start: { sites: 2048 } });
  const record = { ...(mine.held ?? {}), bench: 'viewers one core holds', end: mine.missed, held: mine.held?.step ?? 0 };
  if (!peer) return { ...record, verdict: `${record.held} held, ${ending(mine.missed, 'viewers')}` };
  const theirs = await climb(bench, 'janus, viewers', { steps: [100, 200, 300, 400, 500, 600], most, load: stage, relay: 'janus' });
  const n = theirs.held?.step ?? 0;
  return { ...record, peer_held: n, peer_end: theirs.missed,
    verdict: `${record.held} to Janus' ${n}: ×5 ${judged(record.held >= 5 * n)}; ${ending(mine.missed, 'viewers')}; Janus ${ending(theirs.missed, 'viewers')}` };
}

const still = (sites, rooms = Math.ceil(sites / 300)) => ({ ...gcm, rooms, sites: Math.floor(sites / rooms) * rooms, speakers: rooms, 'video-slots': 1, 'audio-slots': 1, still: 1, 'joins-per-s': 100 });

// An idle room, and what a site that listens costs in memory. `most`: of a core, where there is a limit.
export async function idle(bench, sites, most) {
  const relay = await starters.diemcau({ build: bench.build, core: bench.cores.relay, sites: 1100 });
  try {
    const begin = resident(relay.pid), before = await metrics(relay);
    bench.say(`idle room of ${sites}`);
    const record = await bench.load(relay, still(sites));
    const pools = sum(before, 'pool_touched_bytes') / 2 ** 20;
    const grown = record.rss_mb - begin;
    if (wrong(record)) return { ...record, bench: `idle, ${sites} muted sites`, void: voided([record]), verdict: `no verdict: ${wrong(record)}` };
    return { ...record, bench: `idle, ${sites} muted sites`, start_mb: begin, pools_touched_mb: pools, kb_a_site: (grown * 1024) / sites,
      verdict: `${(100 * record.relay_cpu).toFixed(2)} % of a core${most ? ` (${100 * most}: ${judged(record.relay_cpu <= most)})` : ''}; ${((grown * 1024) / sites).toFixed(0)} KB a site (150: ${grown * 1024 <= 150 * sites ? 'met' : 'MISSED'}); ${(begin - pools).toFixed(0)} MB at start without pools (40: ${begin - pools <= 40 ? 'met' : 'MISSED'})` };
  } finally {
    await relay.stop();
  }
}

// 218 sites within ten seconds.
export async function joining(bench) {
  bench.say('218 sites join within 10 s');
  const record = await bench.once('diemcau', { ...gcm, sites: 219, speakers: 1, 'video-slots': 1, 'audio-slots': 1, 'joins-per-s': 22 });
  if (wrong(record)) return { ...record, bench: '218 sites join in 10 s', void: voided([record]), verdict: `no verdict: ${wrong(record)}` };
  return { ...record, bench: '218 sites join in 10 s', verdict: `all receive after ${record.joined_all_s} s (12: ${record.joined_all_s <= 12 ? 'met' : 'MISSED'}), ${record.keyframe_requests} keyframe requests (10: ${record.keyframe_requests <= 10 ? 'met' : 'MISSED'}), lost since the start ${record.lost_all}` };
}

const ticks = (pid) => Object.fromEntries(readdirSync(`/proc/${pid}/task`).map((task) => {
  const fields = readFileSync(`/proc/${pid}/task/${task}/stat`, 'utf8').split(') ')[1].split(' ');
  return [task, Number(fields[11]) + Number(fields[12])];
}));

// One room on two workers against one, the cores shared with the clients; the share of each worker.
export async function workers(bench, pairs) {
  const list = [], shares = [], clients = [];
  let record;
  for (let i = 0; i < pairs; i++) {
    const costs = {};
    let share = 0;
    for (const n of [1, 2]) {
      bench.say(`workers: ${n}, ${i + 1}/${pairs}`);
      const relay = await starters.diemcau({ build: bench.build, workers: n, cores: n === 2 ? '0,1' : '0' });
      try {
        record = await bench.load(relay, { ...stage(218), workers: n }, '0,1');
        costs[n] = record;
        if (n === 2) {
          const busy = Object.values(ticks(relay.pid)).sort((a, b) => b - a);
          share = busy[1] / busy[0];
        }
      } finally {
        await relay.stop();
      }
    }
    const why = wrong(costs[1]) ?? wrong(costs[2]);
    if (why) {
      bench.say(`  does not count: ${why}`);
      continue;
    }
    list.push(costs[2].us_per_packet / costs[1].us_per_packet);
    shares.push(share);
    clients.push(costs[1], costs[2]);
  }
  if (!list.length) return { ...record, bench: 'two workers against one', void: pairs, verdict: 'no pair counts' };
  const ratio = quartiles(list), share = median(shares), most = Math.max(...clients.map((one) => one.client_core_most));
  const cores = [0, 1].map((core) => `core ${core} ${percent(median(clients.map((one) => one.client_cores[core] ?? 0)))}`).join(', ');
  return { ...record, bench: 'two workers against one', ratio, share, pairs: list.length, void: pairs - list.length, clients: clients.map((one) => one.client_cores),
    verdict: `×${ratio.median.toFixed(2)} (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}, ${list.length} pairs; 1.2: ${judged(ratio.median <= 1.2)}), the calmer worker does ${percent(share)} of the busier's work (80: ${judged(share >= 0.8)}); the clients' CPU: ${cores}, at most ${percent(most)} (50: ${judged(most <= 0.5)})` };
}

const groupText = (name, group, alone) => `${name}: loss ${lossText(group.loss)}, p99 ${group.delay_p99_ms.toFixed(1)} ms (alone ${alone.delay_p99_ms.toFixed(1)})`;
const medianOf = (list, keys) => Object.fromEntries(keys.map((key) => [key, median(list.map((one) => one[key]))]));

// 12 rooms of 20 beside one of 218, all sites in one process, so that they are of one window: what a packet costs there
// against the one room alone, and what either loses and waits beside the other.
export async function mixed(bench, pairs) {
  const one = stage(218), rooms = { ...stage(19), rooms: 12, sites: 240, speakers: 12 };
  const records = await bench.interleaved('12 rooms of 20 beside one', {
    one: { relay: 'diemcau', load: one }, both: { relay: 'diemcau', load: { ...one, 'more-rooms': 12, 'more-sites': 240, 'more-speakers': 12 } }, rooms: { relay: 'diemcau', load: rooms },
  }, pairs);
  const ratio = costRatio(records.both, records.one), both = valid(records.both), alone = [valid(records.one), valid(records.rooms)];
  const told = { bench: '12 rooms of 20 beside one', ratio, void: Object.values(records).reduce((sum, list) => sum + voided(list), 0), all: records };
  if (!ratio || alone.some((list) => !list.length) || faults(Object.values(records).flat())) return { ...told, verdict: `no verdict: ${Object.entries(records).flatMap(([name, list]) => uncounted(name, list)).join(', ')}` };
  const keys = ['loss', 'delay_p50_ms', 'delay_p99_ms', 'spread_p99_ms'];
  const groups = [0, 1].map((g) => medianOf(both.map((record) => record.groups[g]), keys));
  const single = alone.map((list) => medianOf(list, keys));
  return { ...both[0], ...told, groups, alone: single, ...medianOf(both, ['us_per_packet', 'packets_per_s', 'k', 'loss', 'delay_p50_ms', 'delay_p99_ms', 'client_cpu']),
    verdict: `×${ratio.median.toFixed(2)} of one room (${ratio.low.toFixed(2)}–${ratio.high.toFixed(2)}, ${ratio.n} pairs; 1.1: ${judged(ratio.median <= 1.1)}); ${groupText('the room of 219', groups[0], single[0])}; ${groupText('the rooms of 20', groups[1], single[1])}` };
}
