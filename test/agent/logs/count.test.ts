/** How many within a window: held against counting them one by one. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addMatches, emptyTally, type Tally } from '../../../agent/checks/logs/count.ts';
import { createRandom } from '../../simulate/random.ts';

const test = suite('matches within a window');
const minute = 60_000;
const hour = 60 * minute;

test('read each minute: never more than the window held, never less than all but a 60th of it', () => {
  const random = createRandom(7);
  for (const windowMs of [minute, 10 * minute, 6 * hour]) {
    let tally: Tally = emptyTally;
    const all: number[] = [];
    const start = 1_800_000_000_000;
    for (let round = 1; round <= 500; round++) {
      const now = start + round * minute;
      const times = Array.from(
        { length: Math.floor(random() ** 3 * 12) },
        () => now - Math.floor(random() * minute),
      ).sort();
      all.push(...times);
      const { tally: next, matches } = addMatches(tally, times, windowMs, now);
      tally = next;
      // The largest of the windows that ended since the last round.
      const ends = [...times, now];
      const within = (span: number) =>
        Math.max(...ends.map((end) => all.filter((time) => time > end - span && time <= end).length));
      assert.ok(matches <= within(windowMs + 1000) + 0, `${matches} > ${within(windowMs + 1000)}`);
      assert.ok(matches >= within(windowMs * (58 / 60) - 1000), `${matches} < ${within(windowMs * (58 / 60))}`);
      assert.is(tally.total, all.length);
      assert.ok(tally.counts.length <= 60);
    }
  }
});

test('a clock that was set back: what is in the future counts as now and does not stay', () => {
  const now = 1_800_000_000_000;
  const first = addMatches(emptyTally, [now + hour], 10 * minute, now);
  assert.is(first.matches, 1);
  assert.is(first.tally.newest, now);
  const later = addMatches(first.tally, [], 10 * minute, now + 11 * minute);
  assert.is(later.matches, 0);
  const back = addMatches(first.tally, [], 10 * minute, now - 5 * hour);
  assert.is(back.matches, 0);
  assert.is(back.tally.total, 1, 'a counter only grows');
});

test('read late: the largest window, shown for one window; entries far apart are no burst', () => {
  const now = 1_800_000_000_000;
  const apart = addMatches(
    emptyTally,
    [5, 4, 3, 2].map((h) => now - h * hour),
    10 * minute,
    now,
  );
  assert.is(apart.matches, 1);
  const burst = addMatches(
    emptyTally,
    [0, 1, 2].map((m) => now - 3 * hour + m * minute),
    10 * minute,
    now,
  );
  assert.is(burst.matches, 3);
  assert.is(addMatches(burst.tally, [], 10 * minute, now + 9 * minute).matches, 3);
  assert.is(addMatches(burst.tally, [], 10 * minute, now + 10 * minute).matches, 0);
});

test.run();
