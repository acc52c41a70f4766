import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plain } from '../bench/report.mjs';
import { cost, costRatio, faults, uncounted, valid, voided, wrong } from '../bench/runs.mjs';
import { quartiles, ratios } from '../bench/stats.mjs';
import { verdict } from '../bench/verdict.mjs';
import { flat } from '../bench/viewers.mjs';

const run = (us, more = {}) => ({ us_per_packet: us, drops: 0, refused: 0, ...more });
const judge = (mine, theirs, target, more = {}) =>
  verdict({ ratio_to_floor: costRatio(mine, theirs), ratio_to_peer: null, ...more }, { diemcau: mine, floor: theirs }, target);

test('medians and quartiles', () => {
  assert.deepEqual(quartiles([4, 1, 3, 2, 5]), { low: 2, median: 3, high: 4, n: 5 });
  assert.equal(quartiles([1, 2]).median, 1.5);
  assert.equal(quartiles([]), null);
  assert.equal(ratios([{ a: 3, b: 2 }, { a: 1, b: 2 }, { a: 1, b: 1 }]).median, 1);
});

test('a run does not count whose clients lost datagrams, could not send, or which gave no record', () => {
  const list = [run(1), run(2, { drops: 1 }), run(3, { refused: 1 }), { failed: 'it ended' }, run(5)];
  assert.deepEqual(valid(list).map((one) => one.us_per_packet), [1, 5]);
  assert.equal(voided(list), 2);
  assert.equal(cost(list), 3);
  assert.deepEqual(uncounted('x', list), ['2 of 5 runs of x void: the clients lost datagrams or could not send', '1 of 5 runs of x gave no record']);
  assert.deepEqual(uncounted('x', [run(1)]), []);
});

test('why one run says nothing', () => {
  assert.equal(wrong(run(1)), null);
  assert.equal(wrong({ failed: 'it ended\nlong words' }), 'no record (it ended)');
  assert.equal(wrong(run(1, { drops: 2, torn: 1 })), 'the clients lost 2 datagrams');
  assert.equal(wrong(run(1, { refused: 2 })), 'the clients could not send 2 datagrams');
  assert.equal(wrong(run(1, { backwards: 2 })), '2 faults of continuity');
});

test('a pair counts when both of its runs do', () => {
  const ratio = costRatio([run(2), run(9, { drops: 3 }), run(3), run(8)], [run(1), run(1), run(1), { failed: 'no' }]);
  assert.deepEqual([ratio.median, ratio.n], [2.5, 2]);
  assert.equal(costRatio([run(1, { drops: 1 })], [run(1)]), null);
  assert.equal(costRatio([run(1)], []), null);
});

test('a target is met by the median, at the limit too', () => {
  assert.match(judge([run(1.25)], [run(1)], { ratio_to_floor: 1.25 }), /floor ×1.25 met/);
  assert.match(judge([run(1.26)], [run(1)], { ratio_to_floor: 1.25 }), /floor ×1.25 MISSED/);
  assert.match(verdict({ ratio_to_peer: quartiles([6, 6, 5]) }, {}, { ratio_to_peer: 6 }), /janus ÷6 met/);
  assert.match(verdict({ ratio_to_peer: quartiles([5, 6, 5]) }, {}, { ratio_to_peer: 6 }), /janus ÷6 MISSED/);
  assert.match(judge([run(1)], [run(1)], { delay_p99_ms: 2 }, { delay_p99_ms: 2.01 }), /p99 2.01 ms \(2: MISSED/);
  assert.match(judge([run(1)], [run(1)], { delay_p99_ms: 2 }, { delay_p99_ms: null }), /p99 – ms \(2: MISSED/);
});

test('what breaks continuity has no verdict, however cheap', () => {
  for (const name of ['discontinuities', 'torn', 'twice', 'backwards', 'unopened', 'strange']) {
    const broken = [run(1, { [name]: 2 })];
    assert.equal(faults(broken), 2);
    const words = judge(broken, [run(1)], { ratio_to_floor: 1.25 });
    assert.doesNotMatch(words, /met|MISSED/);
    assert.match(words, /2 faults of continuity in the runs of diemcau/);
  }
  assert.match(judge([run(1)], [run(1, { torn: 1 })], { ratio_to_floor: 1.25 }), /met.*1 faults of continuity in the runs of floor/);
});

test('flat: the dearest against the cheapest, from the limit on; a point without a run leaves no verdict', () => {
  const points = (...costs) => Object.fromEntries(costs.map(([n, us]) => [n, { diemcau: us ? [run(us)] : [run(1, { drops: 1 })] }]));
  const target = { from: 50, ratio: 1.15 };
  assert.match(flat(points([10, 9], [50, 1.1], [100, 1]), target).verdict, /×1.10 \(1.15: met\).*beside it 10: 9.00/);
  assert.match(flat(points([50, 1.2], [100, 1]), target).verdict, /×1.20 \(1.15: MISSED\)/);
  assert.match(flat(points([50, 1], [100, 0]), target).verdict, /no verdict: no run counts with 100 viewers/);
  assert.match(flat({ 50: { diemcau: [run(1, { torn: 3 })] }, 100: { diemcau: [run(1)] } }, target).verdict, /^no verdict: 3 faults of continuity$/);
});

test('a record has every field of the contract; a comparison is a number with its quartiles beside it', () => {
  const record = plain({ bench: 'stage', ratio_to_floor: quartiles([1, 2, 3]), ratio_to_peer: null });
  assert.deepEqual([record.ratio_to_floor, record.ratio_to_floor_quartiles, record.ratio_to_peer], [2, [1.5, 2.5], null]);
  for (const name of ['viewers', 'workers', 'kbps', 'us_per_packet', 'floor_us_per_packet', 'k', 'packets_per_s', 'loss', 'delay_p50_ms', 'delay_p99_ms',
    'rss_mb', 'peer_us_per_packet', 'joins_per_s']) assert.equal(record[name], null, name);
});
