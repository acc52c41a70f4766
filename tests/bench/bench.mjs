// scripts/bench [--quick] [--json FILE] [--plot FILE] [--peer janus] [--only TEXT] [--pairs N] [--seconds N]
// Measures the daemon against the floor, and against Janus where asked, by interleaved pairs in one run.
import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { cases, viewers } from './cases.mjs';
import { capacity, capacityOfRoom, held, idle, joining, mixed, workers } from './extras.mjs';
import { Bench } from './measure.mjs';
import { micro, microNames } from './micro.mjs';
import { plain, plot, table } from './report.mjs';
import { cost, costRatio, middle, valid, voided } from './runs.mjs';
import { quartiles } from './stats.mjs';
import { verdict } from './verdict.mjs';
import { flat, measureViewers } from './viewers.mjs';

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
const runsOf = (usual) => Number(options.pairs ?? (options.quick ? 1 : usual));
const seconds = Number(options.seconds ?? (options.quick ? 3 : 5));
const cores = availableParallelism() > 1 ? { relay: 0, load: 1 } : { relay: 0, load: 0 };
const started = Date.now();
const bench = new Bench({ build: options.build, cores, seconds, warmup: 2, say: (text) => process.stderr.write(`[${Math.round((Date.now() - started) / 1000)} s] ${text}\n`) });
const wanted = (name) => !options.only || name.includes(options.only);
const records = [];
const series = { diemcau: [], floor: [], janus: [] };
const small = []; // lines of the micro-benchmarks

// What was measured is kept as it comes: a long run may be cut short.
function keep(record) {
  records.push(record);
  write();
}

function write() {
  if (options.json) writeFileSync(options.json, `${JSON.stringify([...records.map(plain), ...small], null, 1)}\n`);
}

// One record of the medians; `again`: its runs were told by another one.
function summary(name, { diemcau, floor = [], janus = [] }, target, again) {
  const record = {
    ...(valid(diemcau)[0] ?? {}), bench: name, runs: valid(diemcau).length, again,
    void: again ? 0 : voided([...diemcau, ...floor, ...janus]), failed: diemcau.filter((one) => one.failed).length,
    drops: [...diemcau, ...floor, ...janus].reduce((sum, one) => sum + (one.drops ?? 0), 0),
    floor_k: middle(floor, 'k'), peer_k: middle(janus, 'k'), floor_us_per_packet: cost(floor), floor_rtcp_us_per_packet: middle(floor, 'rtcp_us_per_packet'),
    peer_us_per_packet: cost(janus), peer_loss: middle(janus, 'loss'),
    ratio_to_floor: costRatio(diemcau, floor), ratio_to_peer: costRatio(janus, diemcau),
    us_quartiles: quartiles(valid(diemcau).map((one) => one.us_per_packet)), all: again ? undefined : { diemcau, floor, janus },
  };
  for (const key of ['us_per_packet', 'k', 'packets_per_s', 'loss', 'rss_mb', 'relay_cpu', 'client_cpu', 'softirq_s']) record[key] = middle(diemcau, key);
  for (const key of ['delay_p50_ms', 'delay_p99_ms', 'spread_p99_ms']) Object.assign(record, { [key]: middle(diemcau, key), [`floor_${key}`]: middle(floor, key) });
  record.verdict = verdict(record, { diemcau, floor, janus }, target);
  keep(record);
}

const measured = new Map(); // by load: { bench, records }
for (const { bench: name, load, against, pairs, quick, target } of cases) {
  if (!wanted(name) || (options.quick && !quick)) continue;
  const relays = ['diemcau', ...against.filter((one) => one !== 'janus' || options.peer)];
  const key = JSON.stringify(load), before = measured.get(key);
  const found = before?.records ?? (await bench.interleaved(name, Object.fromEntries(relays.map((relay) => [relay, { relay, load }])), runsOf(pairs)));
  if (!before) measured.set(key, { bench: name, records: found });
  summary(name, Object.fromEntries(relays.map((relay) => [relay, found[relay]])), target, before?.bench);
}

if (wanted('viewers')) {
  const points = options.quick ? viewers.quick : viewers.full;
  const byCount = await measureViewers(bench, points, options.peer ? viewers.peer : [], runsOf(viewers.rounds), viewers.peer_rounds);
  for (const [n, found] of Object.entries(byCount)) {
    summary(`viewers ${n}`, found);
    for (const relay of Object.keys(series)) if (cost(found[relay]) !== null) series[relay].push([Number(n), cost(found[relay])]);
  }
  if (!options.quick) keep({ void: 0, ...flat(byCount, viewers.flat) });
}

const extras = [
  ['rooms', () => mixed(bench, runsOf(7))], ['capacity', () => capacity(bench)], ['capacity of one room', () => capacityOfRoom(bench)],
  ['held', () => held(bench, options.peer)], ['join', () => joining(bench)],
  ['idle', () => idle(bench, 218, 0.02)], ['idle', () => idle(bench, 1000)], ['workers', () => workers(bench, runsOf(7))],
];
for (const [name, measure] of options.quick ? [] : extras) {
  if (!wanted(name)) continue;
  try {
    keep({ void: 0, ...(await measure()) });
  } catch (error) {
    keep({ bench: name, void: 0, failed: 1, verdict: `failed: ${error.message.split('\n')[0]}` });
  }
}

const words = [];
for (const name of microNames(options.quick)) {
  if (!wanted(name)) continue;
  const result = micro(bench, name);
  small.push(...result.lines);
  words.push(...result.words);
  if (result.failed) keep({ bench: name, void: 0, failed: 1, verdict: result.words[0] });
}
write();

console.log(table(records));
console.log(`\nmedians of valid runs; ratio: median of the pairs' ratios (quartiles). A run whose clients lost datagrams or could not send is void: ${records.reduce((sum, one) => sum + one.void, 0)} of them.`);
if (words.length) console.log(`\n${words.join('\n')}`);
const drawing = plot(series);
if (options.plot && drawing) writeFileSync(options.plot, drawing);
bench.say('done');
process.exit(records.some((record) => record.failed) ? 1 : 0);
