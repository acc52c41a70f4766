// A case's medians against its targets, in words; and what must be known of the runs behind them.
import { faults, full, judged, lossText, uncounted } from './runs.mjs';

const number = (value) => (value === null || value === undefined ? '–' : value.toFixed(2));

const against = (record, name, key, most) => `${name} ${number(record[key])} ms (${most}: ${judged(record[key] !== null && record[key] <= most)}; floor ${number(record[`floor_${key}`])})`;

const DELAYS = [['p50', 'delay_p50_ms'], ['p99', 'delay_p99_ms'], ['spread p99', 'spread_p99_ms']];

export function verdict(record, runs, target = {}) {
  const words = [];
  if (faults(runs.diemcau ?? [])) target = {}; // what breaks pictures is not cheap: no verdict, and the faults are told below
  if (target.ratio_to_floor && record.ratio_to_floor) words.push(`floor ×${target.ratio_to_floor} ${judged(record.ratio_to_floor.median <= target.ratio_to_floor)}`);
  if (target.ratio_to_peer && record.ratio_to_peer) words.push(`janus ÷${target.ratio_to_peer} ${judged(record.ratio_to_peer.median >= target.ratio_to_peer)}`);
  for (const [name, key] of DELAYS) {
    if (target[key]) words.push(against(record, name, key, target[key]));
    if (target.beside_floor) words.push(`${name} ${number(record[key])} ms (floor ${number(record[`floor_${key}`])})`);
  }
  if (record.peer_loss >= 1e-3) words.push(`Janus lost ${lossText(record.peer_loss)}`);
  if (record.again) words.push(`the runs of "${record.again}"`);
  else words.push(...Object.entries(runs).flatMap(([name, list]) => uncounted(name, list)));
  return [...words, ...full(record)].join(', ');
}
