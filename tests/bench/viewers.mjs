// What a packet costs against the number of viewers: all points in each round, so that what the machine does meanwhile
// meets all of them alike.
import { stage } from './cases.mjs';
import { cost, faults, judged } from './runs.mjs';

// { viewers: { diemcau: [record], floor, janus } }
export async function measureViewers(bench, points, peers, rounds, peerRounds) {
  const variants = {};
  for (const n of points) {
    for (const relay of ['diemcau', 'floor']) variants[`${relay} ${n}`] = { relay, load: stage(n) };
    if (peers.includes(n)) variants[`janus ${n}`] = { relay: 'janus', load: stage(n), rounds: peerRounds };
  }
  const records = await bench.interleaved('viewers', variants, rounds);
  return Object.fromEntries(points.map((n) => [n, Object.fromEntries(['diemcau', 'floor', 'janus'].map((relay) => [relay, records[`${relay} ${n}`] ?? []]))]));
}

// The dearest median against the cheapest, from so many viewers on; those below are reported beside it.
export function flat(measured, target) {
  const costs = Object.entries(measured).map(([n, records]) => ({ n: Number(n), us: cost(records.diemcau) }));
  const [few, many] = [costs.filter(({ n }) => n < target.from), costs.filter(({ n }) => n >= target.from)];
  const missing = many.filter(({ us }) => us === null);
  const name = `flat, ${target.from} to ${many.at(-1)?.n} viewers`;
  if (missing.length) return { bench: name, verdict: `no verdict: no run counts with ${missing.map(({ n }) => n).join(', ')} viewers` };
  const broken = faults(Object.values(measured).flatMap((records) => records.diemcau));
  if (broken) return { bench: name, verdict: `no verdict: ${broken} faults of continuity` };
  const ratio = Math.max(...many.map(({ us }) => us)) / Math.min(...many.map(({ us }) => us));
  const told = ({ n, us }) => `${n}: ${us === null ? '–' : us.toFixed(2)}`;
  return { bench: name, ratio, verdict: `dearest to cheapest ×${ratio.toFixed(2)} (${target.ratio}: ${judged(ratio <= target.ratio)}), µs of ${many.map(told).join(', ')}; beside it ${few.map(told).join(', ')}` };
}
