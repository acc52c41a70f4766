// The micro-benchmarks beside this file: C programs that print JSON lines, one after the other on the relay's core.
import { spawnSync } from 'node:child_process';

const ns = (record) => `${Number(record.ns ?? record.ns_per_packet).toFixed(0)} ns`;

// show: what of a line people read; nothing: it stands in the JSON alone. args: fewer rounds than by hand.
const programs = {
  micro_map: { quick: true, show: (r) => (r.op === 'map' ? `select, rewrite, slotclock, ${r.slots} slots, ${r.caches}` : `route lookup, ${r.transports} transports, ${r.caches}`) },
  micro_seal: { args: ['3'], show: (r) => r.bytes === 1200 && r.profile !== 'AEAD_AES_256_GCM' && ['seal', 'open'].includes(r.op) && `${r.op}, ${r.profile}, ${r.backend}` },
  micro_send: { args: ['218', '50'], show: (r) => `${r.way}, ${r.receivers} receivers, runs of ${r.k}` },
};

export const microNames = (quick) => Object.keys(programs).filter((name) => !quick || programs[name].quick);

// Its lines as records, and the words for people.
export function micro(bench, name) {
  bench.say(name);
  const { status, stdout, stderr } = spawnSync('taskset', ['-c', String(bench.cores.relay), `${bench.build}/tests/${name}`, ...(programs[name].args ?? [])], { encoding: 'utf8', maxBuffer: 1 << 24 });
  if (status !== 0) return { failed: 1, lines: [], words: [`${name} failed: ${stderr.trim()}`] };
  const lines = stdout.trim().split('\n').map((line) => ({ ...JSON.parse(line), bench: name }));
  const { show } = programs[name];
  return { lines, words: lines.filter(show).map((line) => `${name.padEnd(11)} ${show(line).padEnd(56)} ${ns(line).padStart(9)}`) };
}
