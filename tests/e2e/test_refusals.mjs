// Bad input from strangers, over the real socket and the media port: the contract's errors or counted drops, and a
// meeting that goes on beside it.
import { Daemon, Site, browserFor, check, senseAll, sleep, step, test, until } from './meeting.mjs';

/** Runs in a page of the daemon's origin: a raw socket, without the page's own client. Gives {answers, code}. */
const talk = async ({ frames, wait = 4000, until_close = false }) => {
  const socket = new WebSocket(`wss://${location.host}/ws`, 'diemcau.v1');
  const answers = [];
  let closed;
  const ended = new Promise((done) => (socket.onclose = ({ code }) => done((closed = code))));
  socket.onmessage = ({ data }) => answers.push(JSON.parse(data));
  await new Promise((done) => (socket.onopen = done));
  for (const frame of frames) {
    const before = answers.length;
    socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
    const limit = Date.now() + wait;
    const wanted = (one) => frame.id === undefined || one.id === frame.id;
    while (!answers.slice(before).some((one) => ['ok', 'error'].includes(one.type) && wanted(one)) && closed === undefined && Date.now() < limit)
      await new Promise((done) => setTimeout(done, 20));
  }
  if (until_close) await Promise.race([ended, new Promise((done) => setTimeout(done, 14000))]);
  socket.close();
  return { answers, code: closed };
};

/** An offer as a browser makes it, without any trimming. */
const bigOffer = async ({ audio, video }) => {
  const pc = new RTCPeerConnection();
  for (let i = 0; i < audio; i++) pc.addTransceiver('audio', { direction: 'recvonly' });
  for (let i = 0; i < video; i++) pc.addTransceiver('video', { direction: 'recvonly' });
  await pc.setLocalDescription(await pc.createOffer());
  globalThis.bigPc = pc;
  return pc.localDescription.sdp;
};

await test(async (host) => {
  const daemon = await Daemon.start(host, { set: { 'rooms.open': 'false' } });
  const browser = await browserFor(host, 'red', { fps: 10 });
  const other = await browserFor(host, 'lime', { fps: 10 });
  const room = 'kin';
  check('the CLI makes the room', daemon.ctl('room', 'create', room).status === 0);
  const chair = await Site.join(daemon, browser, { room, name: 'Tỉnh', color: 'red' });
  const guest = await Site.join(daemon, other, { room, name: 'Xã', color: 'lime' });
  await step('two sites meet', () => senseAll(chair, [guest]));

  const stranger = await Site.open(browser, { name: 'stranger' });
  await stranger.page.goto(`${daemon.url}/`);
  const say = (frames, more) => stranger.page.evaluate(talk, { frames, ...more });
  const code = ({ answers }, id) => answers.find((one) => one.type === 'error' && one.id === id)?.code;
  const join = (more = {}) => ({ type: 'join', id: 1, room, name: `Lạ ${Math.random()}`, ...more });

  let got = await say(['no JSON at all', '[1, 2]', '"text"', { type: 'leave', id: 5 }, { type: 'dance', id: 6 }]);
  check('not JSON, not an object: bad-request without id, the connection lives on', got.answers.filter((one) => one.code === 'bad-request' && one.id === undefined).length === 3, got.answers);
  check('before the join: not-joined; an unknown type: unsupported', code(got, 5) === 'not-joined' && code(got, 6) === 'unsupported', [code(got, 5), code(got, 6)]);

  got = await say([{ type: 'join', id: 1, room: 7, name: 'x' }, { type: 'join', id: 2, room, name: { a: 1 } }, { type: 'join', id: 3, room, name: '' }, join({ id: 4, slots: { audio: 'many' } })]);
  check('wrong types: bad-request, each with its id', [1, 2, 3, 4].every((id) => code(got, id) === 'bad-request'), [1, 2, 3, 4].map((id) => code(got, id)));

  got = await say([join({ room: 'khong-co' }), join({ id: 2, token: 'a.b.c' }), { type: 'offer', id: 3, sdp: 'v=0' }]);
  check('an unknown room: not-found; a bad token: bad-token; an offer after that: not-joined', code(got, 1) === 'not-found' && code(got, 2) === 'bad-token' && code(got, 3) === 'not-joined', [1, 2, 3].map((id) => code(got, id)));

  const small = await stranger.page.evaluate(bigOffer, { audio: 1, video: 1 });
  const without = (pattern) => small.replace(pattern, '');
  const offers = [['no fingerprint', without(/a=fingerprint:.*\r\n/g)], ['no ice-ufrag', without(/a=ice-ufrag:.*\r\n/g)], ['no ice-pwd', without(/a=ice-pwd:.*\r\n/g)],
    ['nothing usable', small.replace(/^m=(audio|video) .*$/gm, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel')], ['no SDP', 'hello']];
  got = await say([join(), ...offers.map(([, sdp], i) => ({ type: 'offer', id: 10 + i, sdp })), { type: 'offer', id: 20, sdpz: '!!!' }, { type: 'offer', id: 21, sdp: small }, { type: 'leave', id: 22 }]);
  for (const [i, [what]] of offers.entries()) {
    const error = got.answers.find((one) => one.id === 10 + i);
    check(`an offer with ${what} is refused with a reason`, ['bad-request', 'unsupported'].includes(error?.code) && error.message.length > 10, error);
  }
  check('a broken sdpz: bad-request; a good offer afterwards is answered', code(got, 20) === 'bad-request' && got.answers.some((one) => one.id === 21 && one.type === 'ok' && one.sdp.startsWith('v=0')));

  const restarted = small.replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:abcd').replace(/m=video /, 'm=audio ');
  const again = small.replace(/a=ice-ufrag:.*/g, 'a=ice-ufrag:abcd');
  got = await say([join({ id: 30 }), { type: 'offer', id: 31, sdp: small }, { type: 'offer', id: 32, sdp: restarted }, { type: 'offer', id: 33, sdp: again }, { type: 'offer', id: 34, sdp: again }, { type: 'leave', id: 35 }]);
  const answer = (id) => got.answers.find((one) => one.id === id)?.sdp;
  check('an ICE restart with other m-lines: bad-request; with the same: the same answer', code(got, 32) === 'bad-request' && answer(33) === answer(31) && answer(34) === answer(31), [code(got, 32), answer(33) === answer(31)]);

  got = await say([join({ id: 40 }), `{"type":"chat","id":41,"text":"${'x'.repeat(300 * 1024)}"}`], { until_close: true });
  check('a frame of 300 KiB: bad-request without id, then closed with 4004', got.code === 4004 && got.answers.some((one) => one.code === 'bad-request' && one.id === undefined), got.code);
  got = await say([], { until_close: true });
  check('no join within 10 s: closed with 4004', got.code === 4004, got.code);

  const big = await stranger.page.evaluate(bigOffer, { audio: 10, video: 24 });
  check('an untrimmed offer of 10 and 24 slots', big.length > 100000, `${big.length} bytes`);
  got = await say([join({ id: 50, slots: { audio: 10, video: 24 } }), { type: 'offer', id: 51, sdp: big }], { wait: 10000 });
  await step('is answered, and the browser takes the answer', () => stranger.page.evaluate((sdp) => globalThis.bigPc.setRemoteDescription({ type: 'answer', sdp }), got.answers.find((one) => one.id === 51)?.sdp));
  await step('it connects, and pictures of both sites come', () => until('frames', 15000, () => stranger.page.evaluate(async () => {
    const report = [...(await globalThis.bigPc.getStats()).values()];
    return report.filter(({ type, kind, framesDecoded }) => type === 'inbound-rtp' && kind === 'video' && framesDecoded > 3).length >= 2;
  })));
  await stranger.page.evaluate(() => globalThis.bigPc.close());

  await stranger.page.goto(`${daemon.url}/r/khong-co`);
  await stranger.page.fill('input[name=site]', 'Xã lạ');
  await stranger.page.click('form.join-form button[type=submit]');
  await step('an unknown room: the page says so', async () => {
    await stranger.page.waitForSelector('.gone', { timeout: 8000 });
    const text = await stranger.page.innerText('.gone');
    if (!text.includes('Không có phòng họp tên này')) throw new Error(text);
  });

  // what cannot start
  for (const [what, options, word] of [['HTTP', { port: daemon.port }, daemon.port], ['media', { media: daemon.media }, daemon.media]]) {
    const refusal = await Daemon.start(host, { state: `${host.folder}/busy`, ...options }).then(() => 'it started', (reason) => reason.message);
    const said = refusal.split('\n').filter((line) => line.startsWith('diemcaud: '));
    check(`a busy ${what} port: one clear line, exit status 1`, refusal.includes('ended with 1:') && said.length === 1 && said[0].includes(String(word)), said.join());
  }

  // the media port: whatever stands there, from an address nobody checked from
  const accepted = await chair.page.evaluate(() => globalThis.diemcau.session.call.pc.remoteDescription.sdp);
  const ufrag = accepted.match(/a=ice-ufrag:(\S+)/)[1];
  const media = accepted.match(/a=candidate:\S+ \d+ \S+ \d+ \S+ (\d+)/)[1]; // of the chair's worker
  const script = `
    import { createHmac } from 'node:crypto';
    import { createSocket } from 'node:dgram';
    const socket = createSocket('udp4');
    const send = (bytes) => new Promise((done) => socket.send(Buffer.from(bytes), ${media}, '${host.address}', done));
    const stun = [0, 1, 0, 44, 0x21, 0x12, 0xa4, 0x42, ...Array(12).fill(7), 0, 6, 0, 9, ...Buffer.from('nobody:me'), 0, 0, 0, 0, 8, 0, 20, ...Array(20).fill(9)];
    // a check of a site in the room, right but for its password
    const crc = (data) => ~data.reduce((c, byte) => Array(8).fill().reduce((d) => (d >>> 1) ^ (d & 1 ? 0xedb88320 : 0), c ^ byte), ~0) >>> 0;
    const attribute = (type, value) => Buffer.from([type >> 8, type & 255, 0, value.length, ...value, ...Array(-value.length & 3).fill(0)]);
    let forged = Buffer.concat([Buffer.from(stun.slice(0, 20)), attribute(6, Buffer.from('${ufrag}:abcd')), attribute(0x24, [1, 2, 3, 4]), attribute(0x802a, Array(8).fill(1))]);
    forged.writeUInt16BE(forged.length + 4, 2);
    forged = Buffer.concat([forged, attribute(8, createHmac('sha1', 'a password of nobody here').update(forged).digest())]);
    forged.writeUInt16BE(forged.length - 12, 2);
    const print = Buffer.alloc(4);
    print.writeUInt32BE((crc(forged) ^ 0x5354554e) >>> 0);
    forged = Buffer.concat([forged, attribute(0x8028, print)]);
    for (let i = 0; i < 20; i++) await send(forged);
    for (let i = 0; i < 200; i++) {
      await send(stun);
      await send([0x80, 96, 0, i, 0, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef, ...Array(40).fill(i)]);
      await send([0x81, 201, 0, 7, ...Array(28).fill(i)]);
      await send([22, 254, 253, ...Array(20).fill(i)]);
      await send(Array.from({ length: 1 + (i * 7) % 1400 }, (_, j) => (i * 31 + j * 17) & 255));
    }
    socket.close();`;
  const child = host.start([process.execPath, '--input-type=module', '-e', script]);
  check('800 hostile datagrams and 200 of chance are sent', (await child.ended) === 0, child.text.slice(0, 300));
  await step('and counted as drops by their reason', () => until('counters', 5000, async () => {
    const text = await stranger.page.evaluate(() => fetch('/metrics').then((one) => one.text()));
    const drops = {}; // of all workers
    for (const [, reason, n] of text.matchAll(/dropped_packets_total\{[^}]*reason="([^"]+)"\} (\d+)/g)) drops[reason] = (drops[reason] ?? 0) + Number(n);
    return drops['no-transport'] >= 500 && drops['stun-auth'] >= 20 && drops['stun-user'] + drops['stun-format'] >= 200 && drops;
  }));
  await sleep(500);
  await step('the two sites have met all the while', () => senseAll(chair, [guest]));
  check('and nobody of them was told of a loss', chair.told(guest.id).every(({ state }) => state !== 'lost') && guest.told(chair.id).every(({ state }) => state !== 'lost'));
  await daemon.stop();
});
