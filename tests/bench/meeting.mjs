// CPU time of the daemon per forwarded packet in a real meeting: one speaker (720p, three layers, voice) and three
// viewers in Chromium. Reports, asserts nothing. BUILD_DIR=build-release node tests/bench/meeting.mjs [seconds]
import { readFileSync } from 'node:fs';
import { Daemon, Site, browserFor, sleep, test } from '../e2e/meeting.mjs';

const seconds = Number(process.argv[2] ?? 30);
const ticksPerSecond = 100;

/** User and system time of a process, in microseconds. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { user: (Number(fields[11]) * 1e6) / ticksPerSecond, system: (Number(fields[12]) * 1e6) / ticksPerSecond };
}

await test(async (host) => {
  const daemon = await Daemon.start(host);
  const speaker = await browserFor(host, 'red', { size: '1280x720', fps: 30 });
  const viewers = await browserFor(host, 'lime');
  await Site.join(daemon, speaker, { room: 'do', name: 'speaker', color: 'red' });
  for (const name of ['one', 'two', 'three']) {
    const site = await Site.join(daemon, viewers, { room: 'do', name, color: 'lime', microphone: false });
    await site.page.evaluate(() => globalThis.diemcau.session.call.setCamera(null));
  }
  await sleep(8000);
  const look = () => ({ ...cpu(daemon.child.pid), ...JSON.parse(daemon.ctl('--json', 'stats', 'do').out).items.reduce((sum, { in_packets, out_packets }) => ({ in: sum.in + in_packets, out: sum.out + out_packets }), { in: 0, out: 0 }) });
  const before = look();
  await sleep(seconds * 1000);
  const after = look();
  const [user, system, received, sent] = ['user', 'system', 'in', 'out'].map((key) => after[key] - before[key]);
  console.log(JSON.stringify({ bench: 'meeting', viewers: 3, seconds, in_per_s: Math.round(received / seconds), out_per_s: Math.round(sent / seconds),
    core_share: (user + system) / seconds / 1e6, us_per_packet: (user + system) / sent, user_us_per_packet: user / sent }));
});
