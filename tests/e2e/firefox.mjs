// One site in Firefox, for a test that runs outside its network namespace: firefox.mjs URL NAME ROOM COLOR TONE
// Joins through the join page and prints what the page sees and hears, as JSON lines, until it is ended.
import puppeteer from 'puppeteer-core';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [url, name, room, color, tone] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

const browser = await puppeteer.launch({
  browser: 'firefox',
  executablePath: '/usr/bin/firefox-esr',
  headless: true,
  acceptInsecureCerts: true,
  extraPrefsFirefox: {
    'media.navigator.streams.fake': true,
    'media.navigator.audio.fake_frequency': Number(tone),
    'media.navigator.permission.disabled': true,
    'media.autoplay.default': 0,
    'media.peerconnection.ice.obfuscate_host_addresses': false,
    'media.gmp-manager.updateEnabled': false,
    'app.update.enabled': false,
    'network.captive-portal-service.enabled': false,
    'network.connectivity-service.enabled': false,
  },
});
let ended = false;
process.on('SIGTERM', () => (ended = true));
try {
  say({ version: await browser.version() });
  const page = await browser.newPage();
  await page.setViewport({ width: 1280, height: 720 });
  const probe = readFileSync(join(dirname(fileURLToPath(import.meta.url)), 'probe.js'), 'utf8');
  const site = { color, tone: Number(tone), width: 640, height: 360, fps: 15, deaf: true };
  await page.evaluateOnNewDocument(`globalThis.probeSite = ${JSON.stringify(site)};\n${probe}`);
  page.on('pageerror', (error) => say({ problem: String(error) }));
  await page.goto(`${url}/r/${room}?debug`);
  await page.waitForSelector('input[name=site]');
  await page.type('input[name=site]', name);
  if (!(await page.$eval('input[name=mic-on]', (box) => box.checked))) await page.click('input[name=mic-on]');
  await page.click('form.join-form button[type=submit]');
  while (!ended) {
    say(await page.evaluate(() => {
      if (!globalThis.diemcau?.session.joined) return { text: document.body.innerText.slice(0, 300) };
      const { offers, locals, iceRestarts } = globalThis.probe;
      return { look: globalThis.probe.look(), media: document.querySelector('main.meeting')?.dataset.media, offers, locals, iceRestarts };
    }));
    await sleep(300);
  }
} catch (error) {
  say({ problem: String(error.stack ?? error) });
  process.exitCode = 1;
} finally {
  await browser.close();
}
