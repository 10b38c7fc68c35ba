import * as fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { clip, dayBounds, dayCells, holes, sums } from '../../dashboards/web/time/intervals.ts';
import { chosenPeriod, periodOf } from '../../dashboards/web/time/period.ts';
import type { Interval } from '../../shared/api.ts';
import { movedPeriod } from '../../shared/period.ts';

const test = suite('intervals');
const hour = 3_600_000;
const part = (from: number, to: number, state: Interval['state'] = 'up'): Interval => ({
  from,
  to,
  state,
  cause: null,
});

test('clipped, ordered, and neighbours of one state joined', () => {
  const parts = clip([part(50, 80, 'down'), part(0, 30), part(30, 50)], 10, 70);
  assert.equal(parts, [part(10, 50), part(50, 70, 'down')]);
});

test('holes are what nothing covers', () => {
  const found = holes([part(10, 20), part(40, 50)], 0, 60);
  assert.equal(
    found.map(({ from, to }) => [from, to]),
    [
      [0, 10],
      [20, 40],
      [50, 60],
    ],
  );
});

test('days of 25 and 23 hours when the clock changes', () => {
  const autumn = dayBounds(Date.UTC(2026, 9, 23, 22), Date.UTC(2026, 9, 26, 23), 'Europe/Berlin');
  assert.equal(
    autumn.slice(1).map((at, index) => (at - (autumn[index] ?? 0)) / hour),
    [24, 25, 24],
  );
  const spring = dayBounds(Date.UTC(2026, 2, 27, 23), Date.UTC(2026, 2, 30, 22), 'Europe/Berlin');
  assert.equal(
    spring.slice(1).map((at, index) => (at - (spring[index] ?? 0)) / hour),
    [24, 23, 24],
  );
});

test('a month has its days, also in a zone of three quarters of an hour', () => {
  const from = Date.UTC(2026, 10, 1) - 5.75 * hour;
  const bounds = dayBounds(from, from + 30 * 24 * hour, 'Asia/Kathmandu');
  assert.is(bounds.length, 31);
  assert.ok(bounds.every((at, index) => at === from + index * 24 * hour));
});

test('an outage of a minute is seen in the cell of its day', () => {
  const [cell] = dayCells([part(0, 60_000, 'down'), part(60_000, 24 * hour)], [0, 24 * hour]);
  const down = cell?.shares.find(({ state }) => state === 'down');
  assert.ok((down?.share ?? 0) >= 0.15);
});

test('time that is not covered is not monitored, never up and never unknown', () => {
  const [cell] = dayCells([part(0, 6 * hour)], [0, 24 * hour]);
  assert.equal(
    cell?.shares.map(({ state, share }) => [state, share]),
    [
      ['up', 0.25],
      ['not_monitored', 0.75],
    ],
  );
});

test('shares of a cell add up to one, sums to what was covered', () => {
  const states: Interval['state'][] = ['up', 'down', 'idle', 'unknown', 'maintenance'];
  const lengths = fc.array(fc.tuple(fc.integer({ min: 1, max: 5000 }), fc.constantFrom(...states)), { maxLength: 12 });
  void fc.assert(
    fc.property(lengths, (pieces) => {
      let at = 0;
      const intervals = pieces.map(([length, state]) => {
        at += length;
        return part(at - length, at, state);
      });
      const end = at + 1000;
      const [cell] = dayCells(intervals, [0, end]);
      const whole = (cell?.shares ?? []).reduce((sum, { share }) => sum + share, 0);
      assert.ok(Math.abs(whole - 1) < 1e-9);
      const covered = [...sums(intervals, 0, end).values()].reduce((a, b) => a + b, 0);
      assert.is(covered, at);
    }),
  );
});

test('months go round the year, and the future is no choice', () => {
  assert.is(movedPeriod('2026-01', -1), '2025-12');
  assert.is(movedPeriod('2026-12', 1), '2027-01');
  const now = Date.UTC(2026, 10, 22);
  assert.is(chosenPeriod('2026-12', now, 'UTC'), null);
  assert.is(chosenPeriod('2026-02', now, 'UTC'), '2026-02');
  assert.is(chosenPeriod('2026-13', now, 'UTC'), null);
  assert.is(chosenPeriod('2026-Q3', now, 'UTC'), '2026-Q3');
  assert.is(chosenPeriod('2027-W01', now, 'UTC'), null);
});

test('near the end of a month the present one is that of the zone, ahead of UTC and behind it', () => {
  const ahead = Date.UTC(2026, 11, 31, 15, 30);
  assert.is(periodOf(ahead, 'Asia/Tokyo'), '2027-01');
  assert.is(periodOf(ahead, 'Asia/Tokyo', 'quarter'), '2027-Q1');
  assert.is(periodOf(ahead, 'UTC'), '2026-12');
  const behind = Date.UTC(2026, 10, 1, 3, 30);
  assert.is(periodOf(behind, 'America/New_York'), '2026-10');
  assert.is(periodOf(behind, 'UTC'), '2026-11');
  // A Monday in Tokyo, and still Sunday in New York.
  const monday = Date.UTC(2026, 10, 29, 15, 30);
  assert.is(periodOf(monday, 'Asia/Tokyo', 'week'), '2026-W49');
  assert.is(periodOf(monday, 'America/New_York', 'week'), '2026-W48');
  assert.is(chosenPeriod('2027-01', ahead, 'Asia/Tokyo'), '2027-01');
  assert.is(chosenPeriod('2027-01', ahead, 'UTC'), null, 'it has not begun there');
  assert.is(chosenPeriod(null, behind, 'America/New_York'), '2026-10');
});

test.run();
