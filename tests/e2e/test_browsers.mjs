// Browsers that differ: a camera that sends H264 alone, a viewer that cannot decode it, and Firefox beside Chromium.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, Site, browserFor, check, nameOf, palette, senseAll, skip, sleep, step, test, toneOf, until } from './meeting.mjs';

if (!existsSync('/usr/bin/firefox-esr')) skip('browsers: firefox-esr is not installed');

const here = dirname(fileURLToPath(import.meta.url));

/** The page's browser knows no video codec but these. */
const only = (names) => `
  for (const end of [RTCRtpSender, RTCRtpReceiver]) {
    const native = end.getCapabilities.bind(end);
    end.getCapabilities = (kind) => {
      const all = native(kind);
      return kind === 'video' ? { ...all, codecs: all.codecs.filter(({ mimeType }) => ${JSON.stringify(names)}.includes(mimeType.toLowerCase())) } : all;
    };
  }`;
const H264 = only(['video/h264', 'video/rtx']);
const VP8 = only(['video/vp8', 'video/rtx']);

const seen = (look, site) => look.tiles.find((tile) => tile.site === site.id);

await test(async (host) => {
  const daemon = await Daemon.start(host);
  const [first, second, third] = await Promise.all([browserFor(host, 'red', { size: '1280x720' }), browserFor(host, 'lime'), browserFor(host, 'blue')]);
  const room = 'khac-nhau';
  const camera = await Site.join(daemon, first, { room, name: 'H264', color: 'red', prefer: H264 });
  const viewer = await Site.join(daemon, second, { room, name: 'Xem', color: 'lime' });
  const blind = await Site.join(daemon, third, { room, name: 'VP8', color: 'blue', prefer: VP8 });

  await step('a camera that sends H264 alone is seen', () => until('red', 15000, async () => nameOf(seen(await viewer.look(), camera)?.color) === 'red'));
  const codec = await camera.page.evaluate(async () => {
    const report = await globalThis.diemcau.session.call.pc.getStats();
    const out = [...report.values()].filter(({ type, kind }) => type === 'outbound-rtp' && kind === 'video');
    return { codecs: [...new Set(out.map(({ codecId }) => report.get(codecId)?.mimeType).filter(Boolean))], rids: out.filter(({ packetsSent }) => packetsSent).map(({ rid }) => rid) };
  });
  check('it is H264, in layers', codec.codecs.join() === 'video/H264' && codec.rids.length >= 2, codec);
  for (const height of [180, 720, 360]) {
    await step(`its layer of ${height} lines comes when asked for`, async () => {
      await viewer.page.evaluate((fields) => globalThis.diemcau.session.request('view', fields), { slots: [{ slot: 'v5', source: camera.id, height, fps: 30 }] });
      await until('height', 12000, () => viewer.page.evaluate(async (wanted) => {
        const { call } = globalThis.diemcau.session;
        const report = await call.slots.get('v5').receiver.getStats();
        return [...report.values()].some(({ type, frameHeight }) => type === 'inbound-rtp' && frameHeight === wanted);
      }, height));
    });
  }
  await step('a viewer that cannot decode it is told the reason', () => until('codec', 10000, async () =>
    Object.values((await blind.look()).slots).some(({ site, reason }) => site === camera.id && reason === 'codec')));
  await step('and sees and hears all else', () => until('lime', 10000, async () => {
    const look = await blind.look();
    return nameOf(seen(look, viewer)?.color) === 'lime' && Object.entries(look.slots).some(([slot, { site }]) => slot.startsWith('a') && site === camera.id);
  }));
  await blind.leave();

  // Firefox, which has no H264, in the same room
  const fox = { name: 'Xã Cáo', color: 'cyan' };
  const firefox = host.start([process.execPath, join(here, 'firefox.mjs'), daemon.url, fox.name, room, fox.color, String(palette[fox.color].tone)], { env: { HOME: host.folder, TMPDIR: host.folder } });
  const lines = () => firefox.text.slice(0, firefox.text.lastIndexOf('\n') + 1).split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  const latest = () => lines().findLast(({ look }) => look);
  await step('Firefox joins the room', () => until('Firefox', 60000, () => latest()?.media === 'connected').catch((error) => {
    throw new Error(`${error.message}; ${firefox.text.slice(-1500)}`);
  }));
  console.log(`       ${lines()[0]?.version}`);
  fox.id = latest()?.look.self.id;
  /** What Firefox makes of a site. */
  const atFox = (site) => {
    const { look } = latest();
    const tile = seen(look, site);
    const voice = Object.entries(look.slots).find(([slot, entry]) => slot.startsWith('a') && entry.site === site.id)?.[0];
    const video = Object.entries(look.slots).find(([slot, entry]) => slot.startsWith('v') && entry.site === site.id)?.[1];
    return { state: tile?.state, color: nameOf(tile?.color), tone: voice && toneOf(look.tones[voice]), reason: video?.reason };
  };
  const fromFox = (what, site, good) => step(what, () => until(what, 20000, () => good(atFox(site))).catch((error) => {
    throw new Error(`${error.message}; ${JSON.stringify(latest())}`);
  }));
  await fromFox('it sees and hears Chromium', viewer, ({ state, color, tone }) => state === 'live' && color === 'lime' && tone === 'lime');
  await fromFox('it hears the H264 camera, is told `codec` for its picture, and its page says so', camera, ({ state, reason, tone }) => state === 'codec' && reason === 'codec' && tone === 'red');
  await step('Chromium sees and hears both', () => senseAll(viewer, [camera, fox], 20000));
  const { offers, locals, iceRestarts } = latest();
  check('Firefox has offered once', offers === 1 && locals === 1 + iceRestarts, { offers, locals, iceRestarts });
  const problems = lines().filter(({ problem }) => problem);
  check('and complains of nothing', problems.length === 0, problems.length ? problems : undefined);
  firefox.kill('SIGTERM');
  await Promise.race([firefox.ended, sleep(5000)]);
  await daemon.stop();
});
