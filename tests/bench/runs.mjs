// What lists of records say. A run counts when it gave a record and the clients' own sockets took and sent everything:
// else they, not the relay, were measured.
import { median, ratios } from './stats.mjs';

const FULL = 0.95; // of a core

// What a viewer must never see: numbers, timestamps or picture ids that do not go on, frames that are not whole, packets
// twice, of nobody, or that do not open.
const FAULTS = ['discontinuities', 'torn', 'twice', 'backwards', 'unopened', 'strange'];

const lost = (record) => (record.drops ?? 0) + (record.refused ?? 0);
const counts = (record) => !record.failed && !lost(record);
export const valid = (list) => list.filter(counts);
export const voided = (list) => list.filter((record) => !record.failed && lost(record)).length;
export const faults = (list) => list.reduce((sum, record) => sum + FAULTS.reduce((all, name) => all + (record[name] ?? 0), 0), 0);
// Why one run of ours says nothing; null where it does.
export function wrong(record) {
  if (record.failed) return `no record (${record.failed.split('\n')[0]})`;
  if (record.drops) return `the clients lost ${record.drops} datagrams`;
  if (record.refused) return `the clients could not send ${record.refused} datagrams`;
  return faults([record]) ? `${faults([record])} faults of continuity` : null;
}

export const middle = (list, key) => median(valid(list).map((record) => record[key]).filter((value) => value !== undefined && value !== null));
export const cost = (list) => middle(list, 'us_per_packet');

// The ratio of what a packet costs, of the pairs of which both runs count; null where none does.
export function costRatio(mine, theirs) {
  const both = mine.map((a, i) => [a, theirs[i]]).filter((pair) => pair[1] && valid(pair).length === 2);
  return ratios(both.map(([a, b]) => ({ a: a.us_per_packet, b: b.us_per_packet })));
}

// Why runs of `name` do not count; nothing where all do.
export function uncounted(name, list) {
  const gone = voided(list), none = list.filter((record) => record.failed).length;
  return [
    ...(gone ? [`${gone} of ${list.length} runs of ${name} void: the clients lost datagrams or could not send`] : []),
    ...(none ? [`${none} of ${list.length} runs of ${name} gave no record`] : []),
    ...(faults(list) ? [`${faults(list)} faults of continuity in the runs of ${name}`] : []),
  ];
}

// Which core had no room left.
export const full = ({ relay_cpu: relay, client_cpu: clients }) => [
  ...(relay > FULL ? [`the relay's core is full (${percent(relay)})`] : []),
  ...(clients > FULL ? [`the clients' core is full (${percent(clients)}): they are the limit`] : []),
];

export const percent = (part) => `${(100 * part).toFixed(part < 0.0995 ? 1 : 0)} %`;
export const lossText = (loss) => (!loss ? '0' : loss < 1e-3 ? Number(loss).toExponential(1) : percent(loss));
export const judged = (good) => (good ? 'met' : 'MISSED');
