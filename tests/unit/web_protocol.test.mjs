import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Protocol, backoff } from '../../web/protocol.js';

class Socket {
  static all = [];
  sent = [];
  constructor(url, protocol) {
    assert.equal(protocol, 'diemcau.v1');
    Socket.all.push(this);
  }
  send(text) {
    this.sent.push(JSON.parse(text));
  }
  close() {
    this.closed = true;
  }
  say(message) {
    this.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
  static get last() {
    return Socket.all.at(-1);
  }
}

function start() {
  Socket.all = [];
  const protocol = new Protocol({ url: 'wss://x/ws', WebSocket: Socket, random: () => 0.5 });
  const told = [];
  for (const type of ['open', 'lost', 'closed', 'event']) protocol.on(type, (detail) => told.push([type, detail]));
  protocol.connect();
  return { protocol, told };
}

test('answers find their request by id, in any order; errors carry their code', async () => {
  const { protocol } = start();
  Socket.last.onopen();
  const join = protocol.request('join', { room: 'r' });
  const offer = protocol.request('offer', { sdp: 'x' });
  assert.deepEqual(Socket.last.sent, [
    { type: 'join', id: 1, room: 'r' },
    { type: 'offer', id: 2, sdp: 'x' },
  ]);
  Socket.last.say({ type: 'error', id: 2, code: 'unsupported', message: 'no line' });
  Socket.last.say({ type: 'ok', id: 77 });
  Socket.last.say('not json');
  Socket.last.say({ type: 'ok', id: 1, role: 'guest' });
  assert.equal((await join).role, 'guest');
  await assert.rejects(offer, { code: 'unsupported', message: 'no line' });
  protocol.close();
});

test('events go out whole and under their type', () => {
  const { protocol, told } = start();
  Socket.last.onopen();
  let speaking;
  protocol.on('on:speaking', ({ sites }) => (speaking = sites));
  Socket.last.say({ type: 'speaking', sites: ['a'] });
  assert.deepEqual(speaking, ['a']);
  assert.equal(told.at(-1)[0], 'event');
  protocol.close();
});

test('kicked, taken over and ended are the end; any other end comes back, slower each time', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  for (const code of [4001, 4002, 4003]) {
    const { protocol, told } = start();
    Socket.last.onopen();
    Socket.last.onclose({ code, reason: 'x' });
    mock.timers.tick(600_000);
    assert.equal(Socket.all.length, 1, String(code));
    assert.deepEqual(told.at(-1), ['closed', { code, reason: 'x' }]);
    assert.equal(protocol.state, 'closed');
  }
  const { protocol, told } = start();
  const waits = [];
  for (const code of [1006, 1001, 1012, 4004, 1006, 1006, 1006]) {
    Socket.last.onopen?.();
    Socket.last.onclose({ code, reason: '' });
    const { delay_ms, attempt } = told.at(-1)[1];
    waits.push(delay_ms);
    assert.equal(attempt, waits.length);
    const n = Socket.all.length;
    mock.timers.tick(delay_ms - 1);
    assert.equal(Socket.all.length, n);
    mock.timers.tick(1);
    assert.equal(Socket.all.length, n + 1);
  }
  assert.deepEqual(waits, [500, 1000, 3000, 4000, 8000, 8000, 8000]);
  Socket.last.onopen();
  protocol.settled();
  Socket.last.onclose({ code: 1006, reason: '' });
  assert.equal(told.at(-1)[1].delay_ms, 500);
  protocol.hurry();
  assert.equal(protocol.state, 'connecting');
  protocol.close();
  mock.timers.reset();
});

test('silence is asked about, and no answer ends the connection and every request', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { protocol, told } = start();
  Socket.last.onopen();
  mock.timers.tick(14_999);
  assert.equal(Socket.last.sent.length, 0);
  mock.timers.tick(5001);
  assert.deepEqual(
    Socket.last.sent.map(({ type }) => type),
    ['view'],
  );
  const hand = protocol.request('hand', { up: true });
  mock.timers.tick(12_001);
  await assert.rejects(hand, { code: 'lost' });
  assert.equal(told.at(-1)[0], 'lost');
  protocol.close();
  mock.timers.reset();
});

test('an attempt that never opens is given up and tried again', () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const { protocol, told } = start();
  mock.timers.tick(12_000);
  assert.equal(told.at(-1)[0], 'lost');
  mock.timers.tick(500);
  assert.equal(Socket.all.length, 2);
  Socket.all[0].onopen(); // too late: not ours any more
  assert.equal(protocol.state, 'connecting');
  protocol.close();
  mock.timers.reset();
});

test('leave says so, and stays away whatever happens then', async () => {
  const { protocol, told } = start();
  Socket.last.onopen();
  const gone = protocol.leave();
  assert.equal(Socket.last.sent[0].type, 'leave');
  Socket.last.say({ type: 'ok', id: 1 });
  await gone;
  assert.equal(protocol.state, 'closed');
  assert.equal(
    told.some(([type]) => type === 'lost'),
    false,
  );
  await assert.rejects(protocol.request('hand', {}), { code: 'lost' });
});

test('attempts are spread', () => {
  for (let attempt = 0; attempt < 8; attempt++) {
    const least = backoff(attempt, () => 0);
    const most = backoff(attempt, () => 0.999);
    assert.ok(most > 2 * least && most <= 11_200, `${attempt}: ${least}…${most}`);
  }
});
