// scripts/bench [--quick] [--json FILE] [--plot FILE] [--peer janus] [--only TEXT] [--pairs N] [--seconds N]
// Measures the daemon against the floor, and against Janus where asked, by interleaved pairs in one run.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { cases, stage, viewers } from './cases.mjs';
import { capacity, held, idle, joining, mixed, workers } from './extras.mjs';
import { Bench } from './measure.mjs';
import { plot, table } from './report.mjs';
import { median, quartiles, ratios } from './stats.mjs';

const { values: options } = parseArgs({
  options: {
    build: { type: 'string' }, quick: { type: 'boolean' }, json: { type: 'string' }, plot: { type: 'string' }, peer: { type: 'string' },
    only: { type: 'string' }, pairs: { type: 'string' }, seconds: { type: 'string' },
  },
});
if (options.peer && options.peer !== 'janus') {
  console.error(`--peer ${options.peer}: the only peer is janus`);
  process.exit(2);
}
const pairs = Number(options.pairs ?? (options.quick ? 1 : 7));
const seconds = Number(options.seconds ?? 5);
const cores = availableParallelism() > 1 ? { relay: 0, load: 1 } : { relay: 0, load: 0 };
const started = Date.now();
const bench = new Bench({ build: options.build, cores, seconds, warmup: 2, say: (text) => process.stderr.write(`[${Math.round((Date.now() - started) / 1000)} s] ${text}\n`) });
const wanted = (name) => !options.only || name.includes(options.only);
const records = [];
const series = { diemcau: [], floor: [], janus: [] };

// What was measured is kept as it comes: a long run may be cut short.
function keep(record) {
  records.push(record);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(records, null, 1)}\n`);
}

const valid = (list) => list.filter((record) => !record.failed && !record.drops);
const cost = (list) => median(valid(list).map((record) => record.us_per_packet));

// Pairs of runs that both count.
function compare(mine, theirs) {
  const both = mine.map((a, i) => ({ mine: a, theirs: theirs[i] })).filter(({ mine: a, theirs: b }) => valid([a, b]).length === 2);
  return both.map((pair) => ({ a: pair.mine.us_per_packet, b: pair.theirs.us_per_packet }));
}

function verdict(record, target = {}) {
  const words = [];
  if (target.ratio_to_floor && record.ratio_to_floor) words.push(`floor ×${target.ratio_to_floor} ${record.ratio_to_floor.median <= target.ratio_to_floor ? 'met' : 'MISSED'}`);
  if (target.ratio_to_peer && record.ratio_to_peer) words.push(`janus ÷${target.ratio_to_peer} ${record.ratio_to_peer.median >= target.ratio_to_peer ? 'met' : 'MISSED'}`);
  if (target.delay_p50_ms) words.push(`p50 ${target.delay_p50_ms} ms ${record.delay_p50_ms <= target.delay_p50_ms ? 'met' : 'MISSED'}, p99 ${target.delay_p99_ms} ms ${record.delay_p99_ms <= target.delay_p99_ms ? 'met' : 'MISSED'} (floor's ${record.floor_delay_p99_ms} ms)`);
  return words.join(', ');
}

function summary(name, result, target) {
  const { diemcau, floor = [], janus = [] } = result.records;
  const good = valid(diemcau);
  const middle = (key) => median(good.map((record) => record[key]).filter((value) => value !== undefined && value !== null));
  const record = {
    ...(good[0] ?? {}), bench: name, runs: good.length, void: result.voided, failed: diemcau.filter((one) => one.failed).length,
    floor_us_per_packet: cost(floor), peer_us_per_packet: cost(janus),
    ratio_to_floor: floor.length ? ratios(compare(diemcau, floor)) : null,
    ratio_to_peer: janus.length ? ratios(compare(diemcau, janus).map(({ a, b }) => ({ a: b, b: a }))) : null,
    floor_delay_p99_ms: median(valid(floor).map((one) => one.delay_p99_ms)),
    all: result.records,
  };
  for (const key of ['us_per_packet', 'k', 'packets_per_s', 'loss', 'delay_p50_ms', 'delay_p99_ms', 'rss_mb', 'client_cpu']) record[key] = middle(key);
  record.us_quartiles = quartiles(good.map((one) => one.us_per_packet));
  record.verdict = verdict(record, target);
  keep(record);
  return record;
}

for (const { bench: name, load, against, target } of options.quick ? cases.slice(0, 3) : cases) {
  if (!wanted(name)) continue;
  const names = ['diemcau', ...against.filter((one) => one !== 'janus' || options.peer)];
  summary(name, await bench.interleaved(name, names, load, pairs), target);
}

if (wanted('viewers')) {
  for (const n of options.quick ? viewers.quick : viewers.full) {
    const names = ['diemcau', 'floor', ...(options.peer && viewers.peer.includes(n) ? ['janus'] : [])];
    const result = await bench.interleaved(`viewers ${n}`, names, stage(n), options.quick ? 1 : 2);
    summary(`viewers ${n}`, result);
    for (const one of names) if (cost(result.records[one]) !== null) series[one].push([n, cost(result.records[one])]);
  }
}
const extras = [
  ['rooms', () => mixed(bench, 3)], ['capacity', () => capacity(bench)], ['held', () => held(bench, options.peer)], ['join', () => joining(bench)],
  ['idle', () => idle(bench, 218)], ['idle', () => idle(bench, 1000)], ['workers', () => workers(bench, 3)],
];
for (const [name, measure] of options.quick ? [] : extras) {
  if (!wanted(name)) continue;
  try {
    keep({ void: 0, ...(await measure()) });
  } catch (error) {
    keep({ bench: name, void: 0, failed: 1, verdict: `failed: ${error.message.split('\n')[0]}` });
  }
}

console.log(table(records));
console.log(`\nmedians of valid runs; ratio: median of the pairs' ratios (quartiles). A run whose clients lost datagrams is void: ${records.reduce((sum, one) => sum + one.void, 0)} of them.`);
const drawing = plot(series);
if (options.plot && drawing) writeFileSync(options.plot, drawing);
process.exit(records.some((record) => record.failed) ? 1 : 0);
