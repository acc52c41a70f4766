import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ParameterQueue, cameraLayers, merge, wishFor } from '../../web/encodings.js';

/** A sender as Chromium's: parameters of an earlier task, or two changes at once, are refused. */
class Sender {
  log = [];
  busy = false;
  fresh = false;
  fail = 0;
  encodings;
  constructor(...rids) {
    this.encodings = rids.map((rid) => ({ ...(rid && { rid }), active: true }));
  }
  getParameters() {
    this.fresh = true;
    queueMicrotask(() => (this.fresh = false));
    return structuredClone({ encodings: this.encodings });
  }
  async setParameters({ encodings }) {
    assert.ok(this.fresh, 'getParameters in the same task');
    assert.equal(Sender.running, 0, 'one at a time over all senders');
    Sender.running++;
    await new Promise((done) => setTimeout(done, 3));
    Sender.running--;
    if (this.fail-- > 0) throw new Error('refused');
    this.encodings = structuredClone(encodings);
    this.log.push(encodings.map(({ active }) => (active ? 1 : 0)).join(''));
  }
}
Sender.running = 0;
const queue = () => new ParameterQueue({ wait: async () => {} });
const only = (active) => [{ active }];

test('a wish is carried out once, and not again when nothing differs', async () => {
  const sender = new Sender('');
  const q = queue();
  await q.wish(sender, only(false));
  await q.wish(sender, only(false));
  assert.deepEqual(sender.log, ['0']);
});

test('the last of several wishes wins, over two senders, one at a time', async () => {
  const [a, b] = [new Sender(''), new Sender('l', 'm', 'h')];
  const q = queue();
  q.wish(a, only(false));
  q.wish(
    b,
    ['l', 'm', 'h'].map((rid) => ({ rid, active: rid === 'l' })),
  );
  await new Promise((done) => setTimeout(done, 1)); // a's change is under way
  q.wish(a, only(true));
  q.wish(a, only(false));
  await q.wish(a, only(true));
  assert.deepEqual(a.log, ['0', '1']);
  assert.deepEqual(b.log, ['100']);
  assert.equal(a.encodings[0].active, true);
});

test('a refusal is tried again; a newer wish replaces the refused one; the queue never stops', async () => {
  const sender = new Sender('');
  const q = queue();
  sender.fail = 2;
  await q.wish(sender, only(false));
  assert.deepEqual(sender.log, ['0']);
  sender.fail = 1;
  q.wish(sender, only(true));
  await new Promise((done) => setTimeout(done, 1));
  await q.wish(sender, [{ active: true, maxBitrate: 5 }]);
  assert.equal(sender.encodings[0].maxBitrate, 5);
  sender.fail = 100;
  const warn = console.warn;
  console.warn = () => {};
  await q.wish(sender, only(false));
  console.warn = warn;
  sender.fail = 0;
  await q.wish(sender, [{ active: false, maxBitrate: 7 }]);
  assert.deepEqual([sender.encodings[0].active, sender.encodings[0].maxBitrate], [false, 7]);
});

test('random histories end in the last wish', async () => {
  for (let seed = 1; seed <= 40; seed++) {
    let state = seed;
    const random = (n) => (state = (state * 1103515245 + 12345) & 0x7fffffff) % n;
    const q = queue();
    const senders = [new Sender(''), new Sender(''), new Sender('')];
    const last = senders.map(() => true);
    for (let i = 0; i < 30; i++) {
      const k = random(3);
      last[k] = random(2) === 0;
      if (random(5) === 0) senders[k].fail = 1;
      q.wish(senders[k], only(last[k]));
      if (random(3) === 0) await new Promise((done) => setTimeout(done, random(6)));
    }
    await q.wish(senders[0], only(last[0]));
    await new Promise((done) => setTimeout(done, 5));
    assert.deepEqual(
      senders.map(({ encodings }) => encodings[0].active),
      last,
      `seed ${seed}`,
    );
  }
});

test('layers of a camera: a small one fills the lower rids', () => {
  const of = (height) =>
    cameraLayers(height)
      .map(({ rid, active, scaleResolutionDownBy }) => `${rid}${active ? scaleResolutionDownBy : '-'}`)
      .join(' ');
  for (const [height, layers] of [
    [720, 'l4 m2 h1'],
    [1080, 'l4 m2 h1'],
    [undefined, 'l4 m2 h1'],
    [540, 'l4 m2 h1'],
    [480, 'l2 m1 h-'],
    [360, 'l2 m1 h-'],
    [240, 'l1 m- h-'],
  ])
    assert.equal(of(height), layers, String(height));
});

test('wishes: what this site wants, what the daemon asked, and never more than either', () => {
  const active = (wish) => wish.map((layer) => (layer.active ? 1 : 0)).join('');
  const server = [
    { rid: 'l', active: true, maxBitrate: 90_000 },
    { rid: 'm', active: false },
    { rid: 'h', active: true, maxBitrate: 9e9 },
  ];
  assert.equal(active(wishFor('camera', { on: true, height: 720 })), '111');
  assert.equal(active(wishFor('camera', { on: false, height: 720 }, server)), '000');
  const wish = wishFor('camera', { on: true, height: 720 }, server);
  assert.equal(active(wish), '101');
  assert.deepEqual(
    wish.map(({ maxBitrate }) => maxBitrate),
    [90_000, 500_000, 1_700_000],
  );
  assert.equal(active(wishFor('camera', { on: true, height: 360 }, server)), '100');
  assert.equal(active(wishFor('audio', { on: true })), '1');
  assert.equal(active(wishFor('audio-low', { on: true })), '0', 'only when asked for');
  assert.equal(active(wishFor('audio-low', { on: true }, [{ active: true }])), '1');
  assert.equal(active(wishFor('audio-low', { on: true }, [{ active: false }])), '0');
  assert.equal(active(wishFor('audio', { on: false }, [{ active: true }])), '0', 'a mute overrules');
  assert.equal(wishFor('screen', { on: true }, [{ rid: 'l', active: true, maxFramerate: 2 }])[0].maxFramerate, 2);
});

test('merge follows rids, whatever their order, and clears what is no longer limited', () => {
  const parameters = {
    encodings: [
      { rid: 'h', active: true, maxFramerate: 5 },
      { rid: 'l', active: true },
    ],
  };
  assert.equal(
    merge(parameters, [
      { rid: 'l', active: false },
      { rid: 'h', active: true },
    ]),
    true,
  );
  assert.deepEqual(parameters.encodings, [
    { rid: 'h', active: true },
    { rid: 'l', active: false },
  ]);
  assert.equal(
    merge(parameters, [
      { rid: 'l', active: false },
      { rid: 'h', active: true },
    ]),
    false,
  );
});
