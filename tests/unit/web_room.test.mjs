import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Room } from '../../web/room.js';
import { changedViews, stepped, wantedViews } from '../../web/views.js';
import { Desk } from '../../web/desk.js';

const row = (id, more = {}) => ({
  id,
  csrc: 1,
  name: id,
  role: 'guest',
  state: 'live',
  audio: false,
  video: true,
  screen: false,
  hand: null,
  ...more,
});
function joined(role = 'guest') {
  const room = new Room();
  room.joined({
    session: { id: 'me', csrc: 7 },
    role,
    room: { id: 'r', name: 'R', locked: false, stage: null, chair: 'a', count: 2 },
    sites: [row('me'), row('a', { role: 'chair' }), { unit: 'x', count: 5 }],
    total: 2,
  });
  return room;
}

test('rows come, change and go; counts by unit are no rows', () => {
  const room = joined();
  assert.deepEqual([...room.sites.keys()], ['me', 'a']);
  room.apply({ type: 'site-joined', site: row('b') });
  room.apply({ type: 'site-changed', site: 'b', hand: 2 });
  room.apply({ type: 'site-changed', site: 'a', hand: 1, state: 'lost' });
  assert.equal(room.total, 3);
  assert.deepEqual(
    room.hands.map(({ id }) => id),
    ['a', 'b'],
  );
  room.apply({ type: 'site-changed', site: 'a', state: 'live', hand: null });
  assert.equal(room.sites.get('a').role, 'chair', 'fields not named stay');
  room.apply({ type: 'site-left', site: 'a', reason: 'left' });
  assert.equal(room.sites.has('a'), false);
  assert.equal(room.total, 2);
  room.apply({
    type: 'sites-changed',
    joined: [row('c')],
    left: [{ site: 'b', reason: 'expired' }],
    changed: [{ site: 'c', screen: true }],
    total: 218,
  });
  assert.deepEqual([[...room.sites.keys()], room.total, room.sharing], [['me', 'c'], 218, true]);
  assert.equal(room.apply({ type: 'network', level: 3 }), false);
});

test('only changed slots are told; null empties one; a new join begins anew', () => {
  const room = joined();
  room.apply({ type: 'slots', map: { v0: { site: 'a', csrc: 1, kind: 'camera' }, a0: { site: 'a', csrc: 1 } } });
  room.apply({ type: 'slots', map: { v0: null } });
  assert.deepEqual([...room.slots.keys()], ['a0']);
  room.joined({ session: { id: 'me', csrc: 7 }, role: 'chair', room: { id: 'r', stage: 'a' }, sites: [], total: 1 });
  assert.equal(room.slots.size, 0);
  assert.equal(room.leads, true);
  room.apply({ type: 'room-changed', stage: null, locked: true });
  assert.deepEqual([room.stage, room.locked], [null, true]);
});

test('views: the share goes to the stage, the pinned site before it, and nothing is asked for that is not shown', () => {
  const base = {
    slots: 5,
    stageHeight: 600,
    thumbHeight: 140,
    thumbs: 2,
    pinned: null,
    sharing: false,
    stageEmpty: false,
  };
  const sources = (more) =>
    Object.entries(wantedViews({ ...base, ...more }))
      .map(([slot, { source }]) => `${slot}:${source}`)
      .join(' ');
  assert.equal(sources({}), 'v0:stage v1:auto v2:auto v3:null v4:null');
  assert.equal(sources({ sharing: true }), 'v0:screen v1:stage v2:auto v3:null v4:null');
  assert.equal(sources({ pinned: 'x' }), 'v0:x v1:stage v2:auto v3:null v4:null');
  assert.equal(sources({ pinned: 'x', sharing: true }), 'v0:x v1:screen v2:auto v3:null v4:null');
  assert.equal(sources({ stageEmpty: true, thumbs: 0 }), 'v0:auto v1:null v2:null v3:null v4:null');
  const sent = wantedViews(base);
  assert.deepEqual(changedViews(sent, wantedViews({ ...base, thumbs: 3 })), [
    { slot: 'v3', source: 'auto', height: 140, fps: 15 },
  ]);
  assert.deepEqual(changedViews(sent, wantedViews(base)), []);
  assert.equal(changedViews({}, sent).length, 5);
  assert.deepEqual([stepped(0), stepped(611), stepped(609)], [60, 620, 600]);
});

test('the desk: rooms and sites found without marks, attention, what is gone is gone', () => {
  const desk = new Desk();
  desk.fill(
    [
      { id: 'a', name: 'Giao ban', count: 2 },
      { id: 'b', name: 'Mèo Vạc', count: 0 },
    ],
    {},
  );
  desk.site({ room: 'a', ...row('1', { name: 'UBND xã Sủng Là', state: 'lost', hand: 1 }) });
  desk.site({ room: 'a', ...row('2', { name: 'UBND xã Đồng Văn', muted: ['audio'] }) });
  assert.deepEqual(desk.attention('a'), { lost: 1, hands: 1 });
  assert.deepEqual(desk.count('a'), { live: 1, all: 2 });
  const found = (text) =>
    desk
      .find(text)
      .map(({ room, sites, open }) => `${room.id}:${sites.map(({ id }) => id).join('')}${open ? '!' : ''}`);
  assert.deepEqual(found(''), ['a:12', 'b:']);
  assert.deepEqual(found('dong van'), ['a:2!']);
  assert.deepEqual(found('meo'), ['b:']);
  desk.site({ room: 'a', id: '2', up_bps: 5 });
  assert.deepEqual(desk.sites.get('a').get('2').muted, [], 'a row that names no mute has none');
  desk.gone({ room: 'a', site: '1' });
  desk.gone({ room: 'b' });
  assert.deepEqual(found(''), ['a:2']);
});
