// scripts/soak [MINUTES]: the daemon carries 218 viewers of one speaker for that long. Its memory and its pools are looked at each 10 s;
// at the end: is memory flat (the last third of the time against the second), was anything lost? Exit status 0: flat, and nothing was.
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { stage } from './cases.mjs';
import { Bench } from './measure.mjs';
import { drops as dropsOf, metrics, resident, sum as sumOf } from './probe.mjs';
import { starters } from './relays.mjs';
import { median } from './stats.mjs';

const EVERY_S = 10;
const FLAT_MB = 1; // the most that a third may hold more than the one before
const LOSING = ['pool', 'socket-full', 'socket-voice', 'refused', 'credit', 'link', 'seal']; // packets the daemon itself loses: none may grow

const { values: options, positionals } = parseArgs({ options: { build: { type: 'string' } }, allowPositionals: true });
const minutes = Number(positionals[0] ?? 30);
if (!options.build || positionals.length > 1 || !(minutes >= 1 && minutes <= 1440)) {
  console.error('usage: scripts/soak [MINUTES], 1 to 1440');
  process.exit(2);
}

const args = stage(218, { 'uplink-kbps': 4000, 'joins-per-s': 22 });
const started = Date.now();
const elapsed = () => Math.round((Date.now() - started) / 1000);
const cores = availableParallelism() > 1 ? { relay: 0, load: 1 } : { relay: 0, load: 0 };
const bench = new Bench({ build: options.build, cores, seconds: Math.round(minutes * 60), warmup: 5, say: console.log });

// What memory is made of, now; the pools of all workers together.
async function look(relay) {
  const all = await metrics(relay);
  const sum = (name) => sumOf(all, name), drops = dropsOf(all);
  const unknown = LOSING.filter((reason) => !(reason in drops));
  if (unknown.length) throw new Error(`the daemon has no drop reason ${unknown.join(', ')}: LOSING in tests/bench/soak.mjs is out of date`);
  return {
    at_s: elapsed(), rss_mb: resident(relay.pid), touched_mb: sum('pool_touched_bytes') / 2 ** 20, buffers: sum('buffers') - sum('buffers_free'),
    voices: sum('slots_audio') - sum('slots_audio_free'), pictures: sum('slots_video') - sum('slots_video_free'), transports: sum('transports'),
    drops,
  };
}

const columns = { at_s: 's', rss_mb: 'RSS MB', touched_mb: 'pools touched MB', buffers: 'buffers in use', voices: 'audio slots', pictures: 'video slots', transports: 'transports' };
const line = (sample) => Object.keys(columns).map((key) => String(key.endsWith('_mb') ? sample[key].toFixed(2) : sample[key]).padStart(columns[key].length)).join('  ');

const relay = await starters.diemcau({ build: options.build, core: cores.relay });
const samples = [];
let record, failed;
try {
  console.log(`218 viewers of one speaker for ${minutes} min\n${Object.values(columns).join('  ')}`);
  const ended = bench.load(relay, args).then((one) => (record = one), (error) => (failed = error)).then(() => true);
  while (!(await Promise.race([ended, sleep(EVERY_S * 1000, false)]))) {
    const sample = await look(relay).catch((error) => (failed ??= error) && null);
    if (!sample) break;
    console.log(line(sample));
    if (sample.transports === args.sites) samples.push(sample); // neither while they join nor after they left
  }
  await ended;
} finally {
  await relay.stop();
}
if (failed || samples.length < 6) {
  console.error(`soak: ${failed ? failed.message : `only ${samples.length} looks with all sites there: give it more minutes`}`);
  process.exit(1);
}

const third = Math.floor(samples.length / 3);
const middle = samples.slice(-2 * third, -third), last = samples.slice(-third);
const of = (list, key) => median(list.map((sample) => sample[key]));
const words = [];
for (const key of ['rss_mb', 'touched_mb']) {
  const grown = of(last, key) - of(middle, key);
  const flat = Math.abs(grown) <= FLAT_MB;
  words.push({ good: flat, text: `${columns[key]}: ${of(middle, key).toFixed(2)} in the second third, ${of(last, key).toFixed(2)} in the last: ${flat ? 'flat' : 'NOT FLAT'}` });
}
const drops = Object.entries(samples.at(-1).drops).map(([reason, n]) => [reason, n - (samples[0].drops[reason] ?? 0)]).filter(([, n]) => n > 0);
const own = drops.filter(([reason]) => LOSING.includes(reason));
words.push({ good: true, text: `buffers in use: ${of(middle, 'buffers')} in the second third, ${of(last, 'buffers')} in the last` });
words.push({ good: !record.lost, text: `${Math.round(record.packets_per_s)} packets/s for ${Math.round(record.seconds)} s, ${record.lost} lost for good, ${record.repaired} repaired, ${record.drops} lost by the viewers' own sockets: ${record.lost ? 'LOST' : 'nothing lost'}` });
words.push({ good: !own.length, text: `dropped by the daemon: ${drops.map(([reason, n]) => `${reason} ${n}`).join(', ') || 'nothing'}${own.length ? ': LOST' : ''}` });
for (const { text } of words) console.log(text);
process.exit(words.every(({ good }) => good) ? 0 : 1);
