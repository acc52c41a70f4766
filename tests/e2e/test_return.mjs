// Going without a word and coming back (timing): windows, reloads, closed tabs, killed browsers, cut links, a restarted daemon.
import { Daemon, Site, browserFor, check, claim, haveTun, senseAll, skip, sleep, step, test, until } from './meeting.mjs';

if (!haveTun() || process.getuid() !== 0) skip('return: the link emulator needs root and /dev/net/tun');

await test(async (host) => {
  if (!host.space) skip('return: no network namespaces here');
  const far = host.makeSpace('b');
  const link = await host.link(host.space, '10.78.0.1/24', far, '10.78.0.2/24');
  if (!link) skip('return: no TUN device here');
  link.set('delay=20');
  const daemon = await Daemon.start(host);
  const browsers = await Promise.all([
    browserFor(host, 'red', { fps: 10 }),
    browserFor(host, 'lime', { fps: 10 }),
    browserFor(host, 'blue', { fps: 10 }),
    browserFor(host, 'yellow', { fps: 10, space: far }),
  ]);
  const room = 'tro-lai';
  const chair = await Site.join(daemon, browsers[0], { room, name: 'Tỉnh', color: 'red' });
  const loader = await Site.join(daemon, browsers[1], { room, name: 'Xã Tả Lủng', color: 'lime' });
  const second = await Site.join(daemon, loader.context, { room, name: 'Xã Tả Lủng hai', color: 'lime', microphone: false });
  const killed = await Site.join(daemon, browsers[2], { room, name: 'Xã Lũng Cú', color: 'blue', microphone: false });
  const linked = await Site.join(daemon, browsers[3], { room, name: 'Xã Sủng Là', color: 'yellow', base: `https://10.78.0.1:${daemon.port}` });

  check('two windows of one browser are two sites', loader.id !== second.id, [loader.id, second.id]);
  await step('a site behind the link sees and hears the chair', () => until('red', 10000, async () => {
    const { tiles, tones } = await linked.look();
    return tiles.some(({ site, color }) => site === chair.id && color?.[0] > 200) && Object.values(tones).some((tone) => tone && Math.abs(tone.hz - 440) < 25);
  }));

  // a reload
  const was = loader.id;
  const from = Date.now();
  await loader.page.reload();
  await step('a reload: the same seat, it sees and hears the chair, and is seen and heard by the chair', async () => {
    await loader.arrived(5000);
    if (loader.id !== was) throw new Error(`seat ${loader.id}, was ${was}`);
    const there = (look) => look.tiles.some(({ site, state, color }) => site === chair.id && state === 'live' && color?.[0] > 200 && color[1] < 80)
      && Object.values(look.tones).some((tone) => tone && Math.abs(tone.hz - 440) < 25);
    const back = (look) => look.tiles.some(({ site, state, color }) => site === was && state === 'live' && color?.[1] > 200 && color[0] < 80)
      && Object.values(look.tones).some((tone) => tone && Math.abs(tone.hz - 660) < 25);
    let at_page, at_chair;
    await until('both', 8000, async () => {
      if (!at_page && there(await loader.look())) at_page = Date.now() - from;
      if (!at_chair && back(await chair.look()) && (await fresh(chair, was, from))) at_chair = Date.now() - from;
      return at_page && at_chair;
    });
    claim('a reload: sound and picture within 3 s', Math.max(at_page, at_chair) <= 3000, `page ${at_page} ms, chair ${at_chair} ms`);
  });
  const offers = await loader.page.evaluate(() => globalThis.probe.offers);
  check('the reloaded page has offered once', offers === 1, offers);
  await sleep(Math.max(0, from + 7000 - Date.now()));
  check('the reload was told to nobody', chair.told(was, from).length === 0, chair.told(was, from));

  // three ways to go without a word, at once
  const cut = Date.now();
  link.set('down=1');
  process.kill(browsers[2].pid, 'SIGKILL');
  await second.page.close();
  for (const [site, how, limit_ms] of [[second, 'whose tab was closed', 15000], [killed, 'whose browser was killed', 15000], [linked, 'whose link was cut', 15500]]) {
    await step(`the site ${how} is told as lost`, async () => {
      const event = await until('lost', 20000, () => chair.told(site.id, cut).find(({ type, state }) => type === 'site-changed' && state === 'lost'));
      claim(`the site ${how}: within 15 s`, event.at - cut <= limit_ms, `after ${event.at - cut} ms`);
      if (chair.told(site.id, cut).some(({ type }) => type === 'site-left')) throw new Error('told as left');
    });
  }
  await step("the chair's page shows it, and their slots are empty", () => until('empty', 3000, async () => {
    const { slots, sites } = await chair.look();
    const gone = [second.id, killed.id, linked.id];
    return Object.values(slots).every(({ site, reason }) => !gone.includes(site) || reason) && sites.filter(({ id, state }) => gone.includes(id) && state === 'lost').length === 3;
  }));
  link.set('down=0');
  const healed = Date.now();
  await step('the link is back: the site is live again by itself, in its seat, and hears the chair', async () => {
    await until('live', 20000, () => chair.told(linked.id, healed).some(({ type, state }) => type === 'site-changed' && state === 'live'));
    await until('heard', 20000, async () => Object.values((await linked.look()).tones).some((tone) => tone && Math.abs(tone.hz - 440) < 25));
    console.log(`       after ${Date.now() - healed} ms`);
    if ((await linked.look()).self.id !== linked.id) throw new Error('another seat');
  });
  await linked.page.close();

  // UDP alone is cut for 30 s
  const sockets = [chair, loader].map((site) => site.sockets.length);
  daemon.signal('SIGUSR1');
  const dark = Date.now();
  await step('UDP cut: the pages say so', () => until('lost', 20000, async () => (await chair.page.getAttribute('main.meeting', 'data-media')) === 'lost'));
  await sleep(Math.max(0, dark + 30000 - Date.now()));
  daemon.signal('SIGUSR1');
  const light = Date.now();
  await step('after 30 s without UDP they see and hear each other again', async () => {
    await senseAll(chair, [loader], 15000);
    await senseAll(loader, [chair], 15000);
    await until('new frames', 5000, async () => (await fresh(chair, loader.id, light)) && fresh(loader, chair.id, light));
    console.log(`       after ${Date.now() - light} ms`);
  });
  const said = [chair, loader].flatMap((site) => site.sent.filter(({ at, type }) => at >= dark && ['join', 'offer'].includes(type)));
  check('without signalling: the same socket, no join, no offer', said.length === 0 && [chair, loader].every((site, i) => site.sockets.length === sockets[i]), said.map(({ type }) => type));
  check('and nobody was told as lost', [chair, loader].every((site) => [chair, loader].every(({ id }) => site.told(id, dark).every(({ state }) => state !== 'lost'))));
  const restarts = await Promise.all([chair, loader].map(({ page }) => page.evaluate(() => [globalThis.probe.offers, globalThis.probe.iceRestarts])));
  check('by restarts of ICE alone', restarts.every(([made, again]) => made === 1 && again > 0), restarts);

  // the daemon dies and comes again
  for (const { page } of [chair, loader]) await page.evaluate(() => (globalThis.notReloaded = true));
  await daemon.kill();
  const down = Date.now();
  await step('the daemon is gone: the pages say so', () => until('lost', 8000, async () => (await chair.page.getAttribute('main.meeting', 'data-link')) === 'lost'));
  const next = await Daemon.start(host, { port: daemon.port, media: daemon.media });
  await step('the daemon is killed and started again: both are back in their seats without a reload, see and hear each other', async () => {
    await until('joined', 25000, async () => {
      for (const site of [chair, loader]) if ((await site.page.getAttribute('main.meeting', 'data-link')) !== 'open') return false;
      return true;
    });
    await senseAll(chair, [loader], 15000);
    await senseAll(loader, [chair], 15000);
    console.log(`       after ${Date.now() - down} ms`);
    for (const site of [chair, loader]) {
      const { id, reloaded } = await site.page.evaluate(() => ({ id: globalThis.probe.self().id, reloaded: !globalThis.notReloaded }));
      if (id !== site.id || reloaded) throw new Error(`${site.name}: ${id}, was ${site.id}, reloaded ${reloaded}`);
    }
  });
  check('the chair is still the chair', (await chair.look()).self.role === 'chair');
  check('the second start needs no set-up code anew or prints the same way in', next.url === daemon.url);
  await next.stop();
});

/** Whether `site` has decoded a frame of `other` since: the tile's newest frame is not the old one standing still. */
async function fresh(site, other, since) {
  return site.page.evaluate(
    async ({ other, since }) => {
      const slot = Object.entries(globalThis.probe.slots()).find(([name, entry]) => name.startsWith('v') && entry.site === other)?.[0];
      const video = slot && document.querySelector(`[data-slot="${slot}"] video`);
      if (!video) return false;
      return new Promise((done) => {
        const timer = setTimeout(() => done(false), 1000);
        video.requestVideoFrameCallback((now, { presentationTime }) => {
          clearTimeout(timer);
          done(performance.timeOrigin + presentationTime > since);
        });
      });
    },
    { other, since },
  );
}
