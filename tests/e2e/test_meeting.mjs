// Three sites meet through the join page, see and hear each other, take the stage, and go: by CLI, desk, chair, Leave.
import { Daemon, Site, browserFor, check, senseAll, sleep, step, test, until } from './meeting.mjs';

await test(async (host) => {
  const daemon = await Daemon.start(host);
  const [first, second, third] = await Promise.all(['red', 'lime', 'blue'].map((color) => browserFor(host, color)));
  const room = 'giao-ban';

  const chair = await Site.join(daemon, first, { room, name: 'UBND tỉnh', color: 'red', home: true });
  const north = await Site.join(daemon, second, { room, name: 'Xã Đồng Văn', color: 'lime' });
  const south = await Site.join(daemon, third, { room, name: 'Xã Bắc Mê', color: 'blue' });
  const all = [chair, north, south];

  const roles = await Promise.all(all.map(async ({ page }) => (await page.evaluate(() => globalThis.probe.self())).role));
  check('the first to join is the chair, the others are guests', roles.join() === 'chair,guest,guest', roles);
  for (const site of all) {
    const others = all.filter((other) => other !== site);
    await step(`${site.name} sees and hears the other two, each in the slot told, and nobody itself`, () => senseAll(site, others));
  }
  const csrcs = await north.page.evaluate(() => ({ told: globalThis.probe.slots(), carried: globalThis.diemcau.session.call.csrcs() }));
  const carried = Object.entries(csrcs.told).filter(([slot]) => slot in csrcs.carried);
  check('the CSRC in the packets is the one told', carried.length >= 3 && carried.every(([slot, entry]) => entry.csrc === csrcs.carried[slot]), csrcs);

  // the stage
  await chair.press('people');
  const row = chair.page.locator(`li.person[data-site="${north.id}"]`);
  await row.locator('[aria-expanded]').click();
  await row.getByText('Mời phát biểu').click();
  await step('who is given the floor is in v0 and a0 of the others', () =>
    until('stage', 8000, async () => {
      const looks = await Promise.all([chair, south].map((site) => site.look()));
      return looks.every(({ slots, tiles }) => slots.v0?.site === north.id && slots.a0?.site === north.id && tiles.find(({ slot }) => slot === 'v0')?.site === north.id);
    }));
  await step('and sees somebody else there itself', () => until('not itself', 5000, async () => {
    const { slots } = await north.look();
    return slots.v0 && slots.v0.site !== north.id && Object.values(slots).every(({ site }) => site !== north.id);
  }));
  for (const site of all) await step(`${site.name} sees and hears the other two after the change of stage`, () => senseAll(site, all.filter((other) => other !== site)));

  // the chair's mute overrules the level
  await row.getByText('Tắt micro', { exact: true }).click();
  await step('muted by the chair: said to the site, and no tone of it is heard any more', async () => {
    await until('told', 5000, () => north.heard('muted').length);
    await until('silence', 5000, async () => !(await senseable(south, north)));
  });

  const counts = await Promise.all(all.map(({ page }) => page.evaluate(() => ({ ...globalThis.probe, connections: globalThis.probe.connections.length }))));
  check('nobody has renegotiated: one connection, one offer a page', counts.every(({ offers, locals, iceRestarts, connections }) => connections === 1 && offers === 1 && locals === 1 + iceRestarts), counts.map(({ offers, locals, iceRestarts }) => ({ offers, locals, iceRestarts })));
  check('and one offer over the socket', all.every(({ sent }) => sent.filter(({ type }) => type === 'offer').length === 1));

  // the administrator's page
  const desk = await Site.open(first, { name: 'desk' });
  await desk.page.goto(`${daemon.url}/admin${daemon.setup}`);
  await desk.page.fill('input[name=password]', 'mật khẩu dài của tỉnh');
  await desk.page.fill('input[name=again]', 'mật khẩu dài của tỉnh');
  await desk.page.click('form button[type=submit]');
  await step('the set-up link makes a password and opens the desk with the room and its three sites', () =>
    until('rows', 10000, async () => (await desk.page.locator('tr.site-row').count()) === 3));
  await step('the desk shows bit rates and layers that live', () =>
    until('numbers', 10000, async () => {
      const cells = await desk.page.locator(`tr.site-row[data-site="${south.id}"] td`).allInnerTexts();
      return /[1-9]\d/.test(cells[4].split('/')[0]) && /[1-9]\d/.test(cells[4].split('/')[1]) && /[lmh]/.test(cells[3]);
    }));
  const kickFrom = Date.now();
  await desk.page.click(`tr.site-row[data-site="${south.id}"] .danger-text`);
  await desk.page.fill('form.ask input[type=text]', 'nhầm phòng');
  await desk.page.click('form.ask button[type=submit]');
  await step('kicked from the desk: the page says why', async () => {
    await south.page.waitForSelector('.gone', { timeout: 8000 });
    const text = await south.page.innerText('.gone');
    if (!text.includes('nhầm phòng')) throw new Error(text);
  });
  await step('the others read kicked', () => until('site-left', 5000, () => chair.told(south.id, kickFrom).some(({ type, reason }) => type === 'site-left' && reason === 'kicked')));
  await step('the desk has it no more', () => until('gone', 5000, async () => (await desk.page.locator('tr.site-row').count()) === 2));
  const again = await Site.open(south.context, { name: 'again' });
  await again.page.goto(`${daemon.url}/r/${room}?debug`);
  await again.page.fill('input[name=site]', south.name);
  await again.page.click('form.join-form button[type=submit]');
  await step('a kick without a ban bans for a minute: the same name is refused', async () => {
    await again.page.waitForSelector('.gone', { timeout: 8000 });
    const refusal = again.events.find(({ type }) => type === 'error');
    if (refusal?.code !== 'banned') throw new Error(JSON.stringify(refusal));
  });

  // the command line
  const listed = daemon.ctl('--json', 'sites', room);
  check('diemcauctl sites lists them', listed.status === 0 && JSON.parse(listed.out).items.map(({ name }) => name).sort().join() === [chair.name, north.name].sort().join(), listed);
  check('diemcauctl rooms names the room', daemon.ctl('rooms').out.includes(room));
  const kicked = daemon.ctl('kick', room, north.name, '--reason', 'họp xong', '--ban', '1');
  check('diemcauctl kick is done', kicked.status === 0, kicked);
  await step('kicked by the command line: the page says why', async () => {
    await north.page.waitForSelector('.gone', { timeout: 8000 });
    const text = await north.page.innerText('.gone');
    if (!text.includes('họp xong')) throw new Error(text);
  });
  const unknown = daemon.ctl('kick', room, 'Không có ai');
  check('kicking nobody: status 1 and why', unknown.status === 1 && unknown.err.length > 5, unknown);

  // the chair
  const third2 = await Site.join(daemon, third, { room, name: 'Xã Mèo Vạc', color: 'blue' });
  await step('the chair and the new site see and hear each other', async () => {
    await senseAll(third2, [chair]);
    await senseAll(chair, [third2]);
  });
  const entry = chair.page.locator(`li.person[data-site="${third2.id}"]`);
  await entry.locator('[aria-expanded]').click();
  await entry.getByText('Mời ra khỏi phòng…').click();
  await entry.locator('form.ask input[type=text]').fill('sai giờ');
  await entry.locator('form.ask button[type=submit]').click();
  await step("kicked by the chair's page: the page says why", async () => {
    await third2.page.waitForSelector('.gone', { timeout: 8000 });
    const text = await third2.page.innerText('.gone');
    if (!text.includes('sai giờ')) throw new Error(text);
  });

  // Leave
  const guest = await Site.join(daemon, third, { room, name: 'Xã Yên Minh', color: 'blue', microphone: false });
  const leaveFrom = Date.now();
  await guest.leave();
  await step('Leave is told as left', () => until('site-left', 5000, () => chair.told(guest.id, leaveFrom).some(({ type, reason }) => type === 'site-left' && reason === 'left')));
  await step('and the page says so', () => guest.page.waitForSelector('.gone', { timeout: 5000 }));

  await sleep(Math.max(0, 6000 - (Date.now() - leaveFrom)));
  const back = [south, north, third2, guest].filter(({ page, sockets }) => sockets.some((socket) => !socket.isClosed()) || page.url() === '');
  check('none of those who went came back by itself', back.length === 0 && [south, north, third2, guest].every(({ sockets }) => sockets.length === 1), [south, north, third2, guest].map(({ name, sockets }) => [name, sockets.length]));
  await step('the kicked and banned page is refused when it is loaded again', async () => {
    await north.page.reload();
    await north.page.fill('input[name=site]', north.name);
    await north.page.click('form.join-form button[type=submit]');
    await until('refused', 8000, () => north.events.some(({ type, code }) => type === 'error' && code === 'banned'));
  });
  const broken = all.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`)).filter((line) => !/WebSocket|favicon/.test(line));
  check('no page has complained', broken.length === 0, broken.length ? broken : undefined);
  await daemon.stop();
});

/** Whether `site` hears the tone of `other` in any slot. */
async function senseable(site, other) {
  const { tones, slots } = await site.look();
  return Object.entries(tones).some(([slot, tone]) => tone && slots[slot].site === other.id);
}
