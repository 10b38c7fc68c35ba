/** Down only if enough of those that can tell say so. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outagesIn, plannedOf, shareOf, stretchesOf } from '../../../collector/targets/availability.ts';
import { serviceState } from '../../../collector/targets/service-sight.ts';
import { type Ballot, isAwaited, middle, verdictOf, voteOf } from '../../../collector/targets/verdict.ts';

const test = suite('verdict about a target');

const rounds = { interval_s: 60, timeout_s: 10 };
const now = 1_000_000_000;
const ballot = (more: Partial<Ballot>): Ballot => ({
  ...{ watcher: 'collector', result: 'ok', fields: {}, failures: 0, before: null, at: now - 5000, ...more },
});

test('a vote: fresh, of a watcher that is there and could look; a first failure is confirmed', () => {
  assert.is(voteOf(ballot({}), rounds, true, now), 'up');
  assert.is(voteOf(ballot({}), rounds, false, now), null);
  assert.is(voteOf(ballot({ at: now - 240_000 }), rounds, true, now), null);
  assert.is(voteOf(ballot({ at: now - 180_000 }), rounds, true, now), 'up');
  assert.is(voteOf(ballot({ result: 'not_allowed', failures: 9 }), rounds, true, now), null);
  assert.is(voteOf(ballot({ result: 'refused', failures: 1, before: 'up' }), rounds, true, now), 'up');
  assert.is(voteOf(ballot({ result: 'refused', failures: 1 }), rounds, true, now), null);
  assert.is(voteOf(ballot({ result: 'refused', failures: 2, before: 'up' }), rounds, true, now), 'down');
});

for (const [votes, awaited, need, state] of [
  [['up'], 0, null, 'up'],
  [['down'], 0, null, 'down'],
  [[], 0, null, 'unknown'],
  [[null, null], 0, null, 'unknown'],
  // One of two does not see it: the other does.
  [['down', 'up'], 0, null, 'up'],
  [['down', null], 0, null, 'down'],
  // The faster of two has looked: the other is asked, too.
  [['down'], 1, null, 'unknown'],
  [['down', 'down'], 1, null, 'down'],
  [['down', 'down', 'up'], 0, null, 'down'],
  [['down', 'up', 'up'], 0, null, 'up'],
  [['down', 'up', 'up'], 0, 1, 'down'],
  [['down', 'down', 'up'], 0, 3, 'up'],
  [['down', 'down', null], 0, 3, 'unknown'],
] as const)
  test(`${votes.join(', ') || 'nobody'}, ${awaited} awaited, ${need ?? 'most'} needed: ${state}`, () => {
    assert.is(verdictOf(votes, awaited, need).state, state);
  });

test('whoever was just asked is awaited, and not for ever', () => {
  assert.is(isAwaited(undefined, rounds, true, now - 1000, now), true);
  assert.is(isAwaited(undefined, rounds, false, now - 1000, now), false);
  assert.is(isAwaited(undefined, rounds, true, now - 300_000, now), false);
  assert.is(isAwaited(ballot({ result: 'refused', failures: 1 }), rounds, true, now, now), true);
  assert.is(isAwaited(ballot({ result: 'refused', failures: 2 }), rounds, true, now, now), false);
  assert.is(isAwaited(ballot({ result: 'no_program', failures: 1 }), rounds, true, now, now), false);
});

test('a service needs all of its parts, any, or some; what is unknown may work', () => {
  assert.is(serviceState([], null), 'unknown', 'nothing is left of it');
  assert.is(serviceState(['up', 'up'], null), 'up');
  assert.is(serviceState(['up', 'down'], null), 'down');
  assert.is(serviceState(['up', 'unknown'], null), 'unknown');
  assert.is(serviceState(['down', 'unknown'], null), 'down');
  assert.is(serviceState(['up', 'down', 'down'], 1), 'up');
  assert.is(serviceState(['up', 'unknown', 'down'], 2), 'unknown');
  assert.is(serviceState(['up', 'down', 'down'], 2), 'down');
});

test('the middle of an even number is the lower one; of nothing there is none', () => {
  assert.is(middle([30, 10, 20, 4000]), 20);
  assert.is(middle([]), null);
});

test('availability: what nobody watched counts as neither', () => {
  const span = { start: 1000, end: 11_000 };
  const changes = [
    { at: 0, state: 'up' },
    { at: 3000, state: 'down' },
    { at: 4000, state: 'up' },
    { at: 9000, state: 'unknown' },
  ] as const;
  // The collector was away from 5000 to 7000.
  const watched = [
    { start: 0, end: 5000 },
    { start: 7000, end: 20_000 },
  ];
  const past = { changes, watched, maintenance: [] };
  const { upMs, downMs, unknownMs, percent, low, high } = shareOf(stretchesOf(past, span), 1, span);
  assert.equal([upMs, downMs, unknownMs], [2000 + 1000 + 2000, 1000, 4000]);
  assert.ok(Math.abs((percent ?? 0) - 83.333) < 0.001, String(percent));
  assert.equal([low, high], [50, 90]);
  const none = shareOf(stretchesOf({ ...past, changes: [] }, span), 0, span);
  assert.equal([none.percent, none.unknownMs], [null, 0], 'before it was watched it was nothing');
});

test('availability: planned work is outside, also where it was up; what goes on longer counts', () => {
  const span = { start: 0, end: 10_000 };
  const past = {
    changes: [
      { at: 1000, state: 'up' },
      { at: 4000, state: 'down' },
      { at: 7000, state: 'up' },
      { at: 9000, state: 'over' },
    ] as const,
    watched: [span],
    maintenance: [{ start: 3000, end: 6000 }],
  };
  const share = shareOf(stretchesOf(past, span), 1, span);
  assert.equal([share.upMs, share.downMs, share.unknownMs, share.maintenanceMs], [4000, 1000, 0, 3000]);
  assert.is(share.percent, 80);
  const outages = outagesIn(past, span);
  assert.equal(outages, [{ from: 4000, to: 7000, downMs: 1000, maintenanceMs: 2000, unknownMs: 0 }]);
  assert.is(
    outages.reduce((sum, one) => sum + one.downMs, 0),
    share.downMs,
    'the list adds up to the number',
  );
  assert.equal(outagesIn(past, { start: 6500, end: 6800 }), [
    { from: 4000, to: 7000, downMs: 300, maintenanceMs: 0, unknownMs: 0 },
  ]);
});

test('planned work on a service: where too few of its parts are left', () => {
  const [a, b] = [[{ start: 0, end: 10 }], [{ start: 5, end: 20 }]];
  assert.equal(plannedOf([], [a, b], null), [{ start: 0, end: 20 }], 'all must work');
  assert.equal(plannedOf([], [a, b], 1), [{ start: 5, end: 10 }], 'one of two is enough');
  assert.equal(plannedOf([], [a, b, []], 1), []);
  assert.equal(plannedOf([{ start: 30, end: 40 }], [a, b], 1), [
    { start: 5, end: 10 },
    { start: 30, end: 40 },
  ]);
});

test.run();
