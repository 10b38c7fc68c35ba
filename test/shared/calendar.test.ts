import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { businessMinutes, businessTime, type Calendar, periodBounds } from '../../shared/calendar.ts';
import { intersect, length, subtract, union } from '../../shared/intervals.ts';
import { caseCalendars, casesOf, compare } from '../support/kpi-cases.ts';

const at = (text: string) => Temporal.Instant.from(text).epochMilliseconds;

for (const one of casesOf('businessMinutes')) {
  test(`${one.id} ${one.title}`, () => {
    const start = at(one.input.start);
    const end = at(one.input.end);
    compare(one, {
      business_minutes: businessMinutes(caseCalendars[one.input.calendar], start, end),
      elapsed_minutes: (end - start) / 60_000,
    });
  });
}

for (const one of casesOf('periodBounds')) {
  test(`${one.id} ${one.title}`, () => {
    const { start, end } = periodBounds(one.input.zone, one.input.month);
    const text = (ms: number) => new Date(ms).toISOString().replace('.000', '');
    compare(one, { start: text(start), end: text(end), minutes: (end - start) / 60_000 });
  });
}

const night: Calendar = {
  zone: 'Europe/Berlin',
  weekly: { sat: [['22:00', '06:00']], sun: [['02:30', '04:00']] },
  holidays: ['2026-12-25'],
  overrides: { '2026-12-24': [['09:00', '12:00']] },
};

test('the wall clock minute by minute agrees with the intervals, over both changes of the clock', () => {
  for (const date of ['2026-03-28', '2026-10-24', '2026-12-24']) {
    const from = at(`${date}T12:00:00Z`);
    const to = from + 30 * 3_600_000;
    const open = businessTime(night, from, to);
    for (let t = from; t < to; t += 60_000) {
      const wall = Temporal.Instant.fromEpochMilliseconds(t).toZonedDateTimeISO('Europe/Berlin');
      const minute = wall.hour * 60 + wall.minute;
      const [saturday, sunday] = [wall.dayOfWeek === 6, wall.dayOfWeek === 7];
      const inside = (saturday && minute >= 1320) || (sunday && minute < 360);
      // Between two changes of state the repeated hour is open as a whole, which a single minute cannot show.
      const repeated = date === '2026-10-24' && sunday && minute >= 120 && minute < 240;
      if (!repeated)
        assert.is(
          open.some((s) => t >= s.start && t < s.end),
          inside,
          wall.toString(),
        );
    }
  }
});

test('a zone that does not exist and a time that is none are refused', () => {
  assert.throws(() => businessTime({ ...night, zone: 'Europe/Nowhere' }, 0, 1e9), RangeError);
  assert.throws(() => businessTime({ ...night, weekly: { mon: [['25:00', '26:00']] } }, 0, 1e9), /not a time of day/);
});

const set = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 60 })), { maxLength: 8 })
  .map((pairs) => union(pairs.map(([a, b]) => ({ start: Math.min(a, b), end: Math.max(a, b) }))));

test('sets of intervals obey the laws of sets', () => {
  fc.assert(
    fc.property(set, set, (a, b) => {
      assert.is(length(union(a, b)) + length(intersect(a, b)), length(a) + length(b));
      assert.is(length(subtract(a, b)) + length(intersect(a, b)), length(a));
      assert.equal(union(subtract(a, b), intersect(a, b)), a);
    }),
  );
});

test.run();
