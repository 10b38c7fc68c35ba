import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type Habit,
  hoursOfWeek,
  learn,
  leastValues,
  longestOutside,
  newNormalSince,
  rangeOf,
  scoreOf,
  sideOf,
  sizeSince,
  spansToRead,
  type UsualPoint,
  weekMs,
} from '../../../collector/baseline/usual.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;
const [slot, hour, day] = [300_000, 3_600_000, 86_400_000];
const free: Habit = { floor: 0, bounds: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] };
const percent: Habit = { floor: 10, bounds: [0, 100] };
const utc = hoursOfWeek('UTC', new Set());
/** A Monday, 00:00. */
const until = at('2026-11-23T00:00:00Z');

/** One value per step in so many weeks before `until`. */
const series = (weeks: number, value: (at: number) => number | null, step = slot, end = until): UsualPoint[] =>
  Array.from({ length: (weeks * weekMs) / step }, (_, n) => end - weeks * weekMs + n * step).flatMap((when) => {
    const one = value(when);
    return one === null ? [] : [[when, one] as const];
  });

test('the range: four robust deviations, the floor, a twentieth of the median, whichever is most', () => {
  // Median 12, distances 2 1 0 1 2 88: sorted 0 1 1 2 2 88, median 1.5 with six values.
  const values = [10, 11, 12, 12, 13, 100];
  const middle = 12;
  const deviation = 1; // of 2 1 0 0 1 88: sorted 0 0 1 1 2 88
  assert.equal(rangeOf(values, free), {
    low: middle - 4 * 1.4826 * deviation,
    high: middle + 4 * 1.4826 * deviation,
    middle,
  });
  assert.equal(rangeOf(values, { ...free, floor: 7 }), { low: 5, high: 19, middle });
  assert.equal(rangeOf([200, 200, 200], free), { low: 190, high: 210, middle: 200 });
  assert.equal(rangeOf([-200, -200], free), { low: -210, high: -190, middle: -200 });
  assert.equal(rangeOf([95, 95], percent), { low: 85, high: 100, middle: 95 }, 'no further than the metric can go');
});

test('the side, and how far as a share of the way to the bound', () => {
  const range = { low: 10, high: 30, middle: 20 };
  assert.equal(
    [9.9, 10, 30, 30.1].map((value) => sideOf(value, range)),
    [-1, 0, 0, 1],
  );
  assert.equal(
    [20, 30, 40, 10, 5].map((value) => scoreOf(value, range)),
    [0, 1, 2, -1, -1.5],
  );
  assert.is(scoreOf(0, { low: 0, high: 10, middle: 0 }), 0, 'no way on that side, and no value either');
});

test('the hour of the week: on the wall clock of the site; a holiday is a Sunday; the repeated hour is one', () => {
  const berlin = hoursOfWeek('Europe/Berlin', new Set(['2026-12-25']));
  assert.is(berlin(at('2026-11-22T23:00:00Z')), 0, 'Monday 00:00');
  assert.is(berlin(at('2026-11-22T22:59:59Z')), 167, 'Sunday 23:59');
  assert.is(berlin(at('2026-12-25T09:30:00Z')), 6 * 24 + 10, 'a holiday on a Friday, 10:30');
  assert.is(berlin(at('2026-12-24T23:00:00Z')), 6 * 24, 'from its midnight');
  assert.is(berlin(at('2026-12-25T23:00:00Z')), 5 * 24, 'the Saturday after it is one');
  // On 25 October the clock goes from 03:00 back to 02:00: 00:30Z is 02:30 for the first, 01:30Z for the second time.
  assert.is(berlin(at('2026-10-25T00:30:00Z')), 6 * 24 + 2);
  assert.is(berlin(at('2026-10-25T01:30:00Z')), 6 * 24 + 2);
  // On 29 March there is no hour from 02:00.
  assert.equal([berlin(at('2026-03-29T00:30:00Z')), berlin(at('2026-03-29T01:30:00Z'))], [6 * 24 + 1, 6 * 24 + 3]);
  assert.is(hoursOfWeek('Asia/Kolkata', new Set())(at('2026-11-22T18:30:00Z')), 0, 'half an hour off');
});

test('a bucket has the hours beside it, too, over the end of the week', () => {
  // A value per hour of the week: its number.
  const usual = learn(
    series(3, (when) => utc(when)),
    until,
    utc,
    free,
  );
  assert.equal(usual(10), { range: rangeOf([9, 10, 11], free), values: 3 * 36, weeks: 3 });
  assert.is(usual(0).range?.middle, 1, 'hours 167, 0, 1');
  assert.is(usual(167).range?.middle, 166, 'hours 166, 167, 0');
});

test('three weeks and sixty values are needed, and it says how many there are', () => {
  const only = (weeks: number, step: number) =>
    learn(
      series(weeks, () => 5, step),
      until,
      utc,
      free,
    )(10);
  assert.equal(only(2, slot), { range: null, values: 72, weeks: 2 });
  assert.equal(only(3, hour), { range: null, values: 9, weeks: 3 });
  assert.is(only(6, 900_000).values, 72);
  assert.is.not(only(6, 900_000).range, null);
  const some = (count: number) =>
    learn(series(3, (when) => (utc(when) === 10 ? 5 : null)).slice(0, count), until, utc, free)(10);
  assert.equal(some(36), { range: null, values: 36, weeks: 3 }, 'all of the hour itself are 36');
  const exact = [...series(3, (when) => (utc(when) === 10 || utc(when) === 11 ? 5 : null))].slice(72 - leastValues);
  assert.is.not(learn(exact, until, utc, free)(10).range, null, 'sixty are enough');
  assert.is(learn(exact.slice(1), until, utc, free)(10).range, null, 'fifty-nine are not');
});

test('what is older than six weeks counts for nothing', () => {
  const shift = (weeks: number) => series(8, (when) => (when < until - weeks * weekMs ? 50 : 5));
  assert.equal(learn(shift(6), until, utc, free)(10), { range: rangeOf([5], free), values: 6 * 36, weeks: 6 });
});

test('what was outside is not learned', () => {
  const noon = 12;
  // The Monday noons of the last two weeks were wild.
  const values = series(6, (when) => (when >= until - 2 * weekMs && utc(when) === noon ? 90 : 5));
  const usual = learn(values, until, utc, percent)(noon);
  assert.equal(usual, { range: { low: 0, high: 15, middle: 5 }, values: 4 * 36 + 2 * 24, weeks: 6 });
});

test('a holiday is compared with Sundays, and Sundays learn from it', () => {
  const friday = '2026-11-20';
  const zone = hoursOfWeek('UTC', new Set([friday]));
  // Ten on working days, one on Sundays and the holiday.
  const isQuiet = (when: number) => zone(when) >= 6 * 24;
  const usual = learn(
    series(6, (when) => (isQuiet(when) ? 1 : 10)),
    until,
    zone,
    free,
  );
  assert.equal(usual(6 * 24 + 12).values, 6 * 36 + 36);
  assert.is(usual(6 * 24 + 12).range?.middle, 1);
  assert.equal([usual(4 * 24 + 12).range?.middle, usual(4 * 24 + 12).weeks], [10, 5], 'no Friday in the last week');
});

const hourly = (value: (at: number) => number | null, weeks = 6) => series(weeks, value, hour);

test('seven days on one side are the new normal, from the day on which it moved', () => {
  const moved = until - 10 * day;
  assert.is(
    newNormalSince(
      hourly((when) => (when < moved ? 10 : 60)),
      until,
      utc,
      percent,
    ),
    moved,
  );
  assert.is(
    newNormalSince(
      hourly((when) => (when < until - 7 * day ? 10 : 60)),
      until,
      utc,
      percent,
    ),
    until - 7 * day,
  );
  const short = until - 7 * day + hour;
  assert.is(
    newNormalSince(
      hourly((when) => (when < short ? 10 : 60)),
      until,
      utc,
      percent,
    ),
    null,
    'an hour less',
  );
});

test('back inside for an hour, or on the other side, and the seven days begin again', () => {
  const moved = until - 8 * day;
  const back = until - 4 * day;
  const but = (value: number) => hourly((when) => (when === back ? value : when < moved ? 40 : 80));
  assert.is(newNormalSince(but(80), until, utc, percent), moved);
  assert.is(newNormalSince(but(40), until, utc, percent), null);
  assert.is(newNormalSince(but(0), until, utc, percent), null);
  const away = hourly((when) => (when >= back && when < back + day ? null : when < moved ? 40 : 80));
  assert.is(newNormalSince(away, until, utc, percent), moved, 'a day without values ends nothing');
});

test('two moves: the last one counts, judged by what was learned since the first', () => {
  const [first, second] = [until - 38 * day, until - 9 * day];
  const levels = hourly((when) => (when < first ? 10 : when < second ? 40 : 80));
  assert.is(newNormalSince(levels, until, utc, percent), second);
  assert.is(
    newNormalSince(
      hourly(() => 10),
      until,
      utc,
      percent,
    ),
    null,
  );
  assert.is(newNormalSince([], until, utc, percent), null);
});

test('a machine of another size is another machine; a few megabytes are none', () => {
  const grew = until - 20 * day;
  const sizes = (before: number, after: number) => hourly((when) => (when < grew ? before : after));
  assert.is(sizeSince(sizes(4, 8)), grew);
  assert.is(sizeSince(sizes(8, 4)), grew);
  assert.is(sizeSince(sizes(16_000, 15_900)), null);
  assert.is(sizeSince(hourly((when) => (when === grew ? 8 : 4))), grew + hour, 'there and back');
  assert.is(sizeSince([]), null);
});

test('only the times that have a part in it are read', () => {
  const spans = spansToRead(new Set([10]), until, utc);
  assert.is(spans.length, 6);
  for (const { from, to } of spans) assert.equal([utc(from), utc(to - 1), to - from], [8, 12, 5 * hour]);
  const berlin = hoursOfWeek('Europe/Berlin', new Set());
  const autumn = at('2026-10-26T00:00:00Z');
  const night = spansToRead(new Set([6 * 24 + 2]), autumn, berlin);
  assert.is(night.at(-1)?.to ?? 0, at('2026-10-25T04:00:00Z'));
  assert.is((night.at(-1)?.to ?? 0) - (night.at(-1)?.from ?? 0), 6 * hour, 'the repeated hour is read as well');
});

test('the longest stretch outside, with the value that was farthest away', () => {
  const usual = () => ({ range: { low: 0, high: 20, middle: 10 }, values: 100, weeks: 6 });
  const values = [10, 25, 30, 10, 25, 22, 40, 26, 10];
  const points = values.map((value, n) => [n * slot, value] as const);
  assert.equal(longestOutside(points, usual), {
    ...{ side: 1, from: 4 * slot, to: 8 * slot, value: 40, score: 3 },
    range: { low: 0, high: 20, middle: 10 },
  });
  const apart = (gap: number) => [0, 1, 2 + gap].map((n) => [n * slot, 25] as const);
  assert.is(longestOutside(apart(1), usual)?.to, 4 * slot, 'a late report ends nothing');
  assert.is(longestOutside(apart(2), usual)?.to, 2 * slot, 'a hole does');
  assert.is(
    longestOutside(points, () => ({ range: null, values: 0, weeks: 0 })),
    null,
  );
  assert.is(longestOutside([[0, -5]], usual)?.side, -1);
});

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const habit = fc.record({
  floor: fc.double({ min: 0, max: 100, noNaN: true }),
  bounds: fc.constant([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const),
});

test('any values: at least half of them are inside, the order is nothing, and a larger floor is no narrower', () => {
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 60 }),
      habit,
      fc.double({ min: 0, max: 50, noNaN: true }),
      (values, of, more) => {
        const range = rangeOf(values, of);
        assert.ok(range.low <= range.middle && range.middle <= range.high);
        assert.ok(values.filter((one) => sideOf(one, range) === 0).length * 2 >= values.length);
        assert.equal(rangeOf(values.toReversed(), of), range);
        const wider = rangeOf(values, { ...of, floor: of.floor + more });
        assert.ok(wider.low <= range.low && wider.high >= range.high);
        for (const one of values) assert.is(Math.abs(scoreOf(one, range)) > 1, sideOf(one, range) !== 0);
      },
    ),
  );
});

test('any weeks: values at other hours, other zones of the process and later values change nothing', () => {
  const weeks = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 18, maxLength: 18 });
  fc.assert(
    fc.property(weeks, fc.double({ min: 0, max: 100, noNaN: true }), (of, other) => {
      const ofHour = (when: number) => of[Math.floor((until - 1 - when) / weekMs) * 3 + (utc(when) - 9)] as number;
      const near = series(6, (when) => (utc(when) >= 9 && utc(when) <= 11 ? ofHour(when) : null));
      const far = series(6, (when) => (utc(when) >= 14 && utc(when) <= 20 ? other : null));
      const later: UsualPoint[] = [[until + 10 * hour, other]];
      const mixed = [...near, ...far, ...later].sort(([a], [b]) => a - b);
      assert.equal(learn(mixed, until, utc, percent)(10), learn(near, until, utc, percent)(10));
      const found = learn(near, until, utc, percent)(10);
      // What is outside is left out, so each that counts is one that came.
      assert.ok(found.values <= near.length && found.weeks <= 6);
    }),
    { numRuns: 40 },
  );
});

test.run();
