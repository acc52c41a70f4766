// The table for people, and the plot of cost against viewers as SVG. Plain data in, text out.
import { lossText } from './runs.mjs';

const number = (value, digits = 2) => (value === null || value === undefined || Number.isNaN(value) ? '–' : Number(value).toFixed(digits));
const ratio = (value, digits) => (value ? `${number(value.median, digits)} (${number(value.low, digits)}–${number(value.high, digits)})` : '–');

const columns = [
  ['case', (r) => r.bench],
  ['viewers', (r) => r.viewers ?? '–'],
  ['µs/packet', (r) => number(r.us_per_packet)],
  ['floor', (r) => number(r.floor_us_per_packet)],
  ['RTCP', (r) => number(r.floor_rtcp_us_per_packet)],
  ['k', (r) => number(r.floor_k, 1)],
  ['ratio', (r) => ratio(r.ratio_to_floor, 2)],
  ['janus', (r) => number(r.peer_us_per_packet)],
  ['× cheaper', (r) => `${ratio(r.ratio_to_peer, 1)}${r.peer_loss >= 1e-3 ? `, Janus lost ${lossText(r.peer_loss)}` : ''}`],
  ['k', (r) => number(r.k, 1)],
  ['runs', (r) => r.runs ?? '–'],
  ['packets/s', (r) => number(r.packets_per_s, 0)],
  ['loss', (r) => (r.loss === undefined || r.loss === null ? '–' : lossText(r.loss))],
  ['p50 ms', (r) => number(r.delay_p50_ms)],
  ['p99 ms', (r) => number(r.delay_p99_ms)],
  ['spread', (r) => number(r.spread_p99_ms)],
  ['MB', (r) => number(r.rss_mb, 0)],
  ['relay', (r) => number(r.relay_cpu)],
  ['softirq', (r) => number(r.softirq_s && r.seconds ? r.softirq_s / r.seconds : null)],
  ['clients', (r) => number(r.client_cpu)],
  ['drops', (r) => r.drops ?? '–'],
  ['target', (r) => r.verdict ?? ''],
];

// RTCP: what receiving and opening reports is of the floor's cost; k: datagrams a message, the floor's behind its cost and
// ours before the runs that count; relay, clients: their CPU, of a core; softirq: the whole machine's, of a core, most of it
// in the relay's sends already; drops: datagrams that the clients' sockets lost, in all runs; spread: p99 of the time from
// the first viewer of a packet to the last, in ms.
export function table(records) {
  const rows = [columns.map(([title]) => title), ...records.map((record) => columns.map(([, read]) => String(read(record))))];
  const widths = columns.map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((text, i) => text.padEnd(widths[i])).join(' ').trimEnd()).join('\n');
}

// The contract's fields of every record; a comparison is its median, with the quartiles beside it.
const FIELDS = ['viewers', 'workers', 'kbps', 'us_per_packet', 'floor_us_per_packet', 'ratio_to_floor', 'k', 'packets_per_s', 'loss', 'delay_p50_ms',
  'delay_p99_ms', 'rss_mb', 'peer_us_per_packet', 'ratio_to_peer', 'joins_per_s'];

export function plain(record) {
  const out = { bench: record.bench, ...Object.fromEntries(FIELDS.map((name) => [name, record[name] ?? null])), ...record };
  for (const name of ['ratio_to_floor', 'ratio_to_peer', 'ratio']) {
    if (typeof record[name] !== 'object' || !record[name]) continue;
    out[name] = record[name].median;
    out[`${name}_quartiles`] = [record[name].low, record[name].high];
  }
  return out;
}

const colours = { diemcau: '#0b5cad', floor: '#6b7280', janus: '#b4452c' };

// series: { diemcau: [[viewers, us], …], floor: …, janus: … }
export function plot(series) {
  const size = { width: 760, height: 420, left: 60, right: 20, top: 40, bottom: 50 };
  const points = Object.values(series).flat();
  if (!points.length) return null;
  const most = { x: Math.max(...points.map(([x]) => x)), y: 1.1 * Math.max(...points.map(([, y]) => y)) };
  const x = (value) => size.left + (value / most.x) * (size.width - size.left - size.right);
  const y = (value) => size.height - size.bottom - (value / most.y) * (size.height - size.top - size.bottom);
  const text = (px, py, words, extra = '') => `<text x="${px.toFixed(1)}" y="${py.toFixed(1)}" ${extra}>${words}</text>`;
  const out = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="100%" height="100%" fill="#fff"/>`, text(size.left, 22, 'CPU per forwarded packet (µs) against viewers', 'font-size="15" font-weight="600"')];
  for (let i = 0; i <= 5; i++) {
    const value = (most.y * i) / 5;
    out.push(`<line x1="${size.left}" x2="${size.width - size.right}" y1="${y(value)}" y2="${y(value)}" stroke="#e5e7eb"/>`, text(size.left - 8, y(value) + 4, value.toFixed(1), 'text-anchor="end"'));
  }
  for (const value of new Set(points.map(([px]) => px))) out.push(text(x(value), size.height - size.bottom + 18, value, 'text-anchor="middle"'));
  out.push(text((size.width + size.left) / 2, size.height - 10, 'viewers', 'text-anchor="middle"'));
  Object.entries(series).filter(([, list]) => list.length).forEach(([name, list], i) => {
    const colour = colours[name] ?? '#444';
    out.push(`<polyline fill="none" stroke="${colour}" stroke-width="2" points="${list.map(([px, py]) => `${x(px).toFixed(1)},${y(py).toFixed(1)}`).join(' ')}"/>`);
    for (const [px, py] of list) out.push(`<circle cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3" fill="${colour}"/>`);
    out.push(`<rect x="${size.left + 12 + i * 110}" y="${size.top - 8}" width="12" height="12" fill="${colour}"/>`, text(size.left + 30 + i * 110, size.top + 2, name));
  });
  return `${out.join('\n')}\n</svg>\n`;
}
