// What the running daemon tells of itself: its memory, and its metrics by name.
import { readFileSync } from 'node:fs';

export const resident = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024; // MB

// { 'diemcau_buffers{worker="0"}': 16384, … }
export async function metrics(relay) {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'; // the certificate is the daemon's own
  process.removeAllListeners('warning');
  const text = await (await fetch(`${relay.address.replace('wss', 'https')}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line && !line.startsWith('#'));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

// Of all workers together.
export const sum = (all, name) => Object.entries(all).filter(([key]) => key === `diemcau_${name}` || key.startsWith(`diemcau_${name}{`)).reduce((total, [, value]) => total + value, 0);

// { reason: packets } of what the daemon dropped.
export function drops(all) {
  const found = {};
  for (const [key, value] of Object.entries(all)) {
    const reason = key.match(/^diemcau_dropped_packets_total\{.*reason="([^"]*)"/)?.[1];
    if (reason) found[reason] = (found[reason] ?? 0) + value;
  }
  return found;
}
