// Drives one Firefox through the join page; runs inside the namespace, because its remote control is a TCP socket.
// node firefox.mjs URL NAME: prints a line of JSON a second with what it sees and hears; ends with SIGTERM.
import puppeteer from 'puppeteer-core';

const [url, name] = process.argv.slice(2);
const prefs = {
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
  'media.devices.insecure.enabled': true,
  'media.getusermedia.insecure.enabled': true,
  'media.gmp-manager.updateEnabled': false,
  'app.update.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
};
const browser = await puppeteer.launch({ browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, acceptInsecureCerts: true, extraPrefsFirefox: prefs });
const stop = async () => {
  await browser.close().catch(() => {});
  process.exit(0);
};
process.on('SIGTERM', stop);
const page = await browser.newPage();
await page.goto(url);
await page.waitForSelector('input[name=site]');
await page.type('input[name=site]', name);
await page.click('input[name=mic-on]');
await page.click('form.join-form button[type=submit]');
for (;;) {
  const seen = await page.evaluate(async () => {
    const session = globalThis.diemcau?.session;
    const inbound = [];
    for (const entry of (await session?.call?.pc.getStats())?.values() ?? [])
      if (entry.type === 'inbound-rtp') inbound.push({ kind: entry.kind, frames: entry.framesDecoded ?? 0, height: entry.frameHeight ?? 0, packets: entry.packetsReceived });
    return {
      id: session?.room.self?.id,
      slots: Object.fromEntries(session?.room.slots ?? []),
      inbound: inbound.filter(({ packets }) => packets > 0),
      tiles: [...document.querySelectorAll('.tile[data-slot]')].filter((one) => !one.hidden && one.dataset.site).map((one) => ({ ...one.dataset, height: one.querySelector('video')?.videoHeight })),
    };
  }).catch((error) => ({ error: error.message }));
  console.log(JSON.stringify(seen));
  await new Promise((done) => setTimeout(done, 1000));
}
