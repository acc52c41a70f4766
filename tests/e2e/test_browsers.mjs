// Browsers that differ: a camera that sends H264 alone, a viewer that cannot decode it, and Firefox beside Chromium.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, Site, browserFor, check, nameOf, senseAll, step, test, until } from './meeting.mjs';

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
  await camera.leave();

  if (!existsSync('/usr/bin/firefox-esr')) {
    check('Firefox is installed', false);
    return;
  }
  const red = await Site.join(daemon, first, { room: 'hai', name: 'Chromium', color: 'red' });
  const firefox = host.start([process.execPath, join(here, 'firefox.mjs'), `${daemon.url}/r/hai?debug`, 'Firefox'], { env: { HOME: host.folder } });
  const told = () => firefox.text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).at(-1);
  await step('Firefox comes in', () => until('its id', 60000, () => told()?.id).catch((error) => {
    throw new Error(`${error.message}; ${firefox.text.slice(-800)}`);
  }));
  await step('Firefox sees and hears Chromium', () => until('frames', 30000, () => {
    const now = told();
    return now.tiles.some(({ site, state }) => site === red.id && state === 'live') && now.inbound.some(({ kind, frames, height }) => kind === 'video' && frames > 20 && height > 0)
      && now.inbound.some(({ kind, packets }) => kind === 'audio' && packets > 50);
  }).catch((error) => {
    throw new Error(`${error.message}; last ${JSON.stringify(told())}`);
  }));
  const { id } = told();
  await step('Chromium sees Firefox, and its voice is in a slot', () => until('live', 30000, async () => {
    const look = await red.look();
    return look.tiles.some(({ site, state }) => site === id && state === 'live') && Object.entries(look.slots).some(([slot, { site }]) => slot.startsWith('a') && site === id);
  }));
  await step('and its packets come', () => until('frames', 10000, () => red.page.evaluate(async () => {
    const report = [...(await globalThis.diemcau.session.call.pc.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
    return report.some(({ kind, framesDecoded }) => kind === 'video' && framesDecoded > 20) && report.some(({ kind, packetsReceived }) => kind === 'audio' && packetsReceived > 50);
  })));
  firefox.kill('SIGTERM');
  await Promise.race([firefox.ended, new Promise((done) => setTimeout(done, 5000))]);
  await daemon.stop();
});
