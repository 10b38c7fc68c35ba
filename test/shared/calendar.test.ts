import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  businessClock,
  businessDaysAfter,
  businessMinutes,
  businessTime,
  type Calendar,
  officeHours,
  periodBounds,
  roundTheClock,
  weeksOf,
} from '../../shared/calendar.ts';
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

test('a span closes after the last instant before its closing time, also where the clock is set back to that time', () => {
  // In Berlin 03:00 becomes 02:00, in Havana and on the Azores 01:00 becomes 00:00, in São Paulo 00:00 became 23:00.
  const nights: [zone: string, day: string][] = [
    ['Europe/Berlin', '2026-10-25'],
    ['America/Havana', '2026-11-01'],
    ['Atlantic/Azores', '2026-10-25'],
    ['America/Sao_Paulo', '2018-02-18'],
    ['Australia/Lord_Howe', '2026-04-05'],
  ];
  for (const [zone, day] of nights) {
    const date = Temporal.PlainDate.from(day);
    const midnight = date.toZonedDateTime(zone).epochMilliseconds;
    for (let half = -4; half <= 8; half++) {
      const close = date.toPlainDateTime().add({ minutes: half * 30 });
      const opens = close.subtract({ hours: 5 });
      const shift = [opens, close].map((wall) => wall.toPlainTime().toString().slice(0, 5)) as [string, string];
      const calendar = { zone, weekly: {}, holidays: [], overrides: { [opens.toPlainDate().toString()]: [shift] } };
      const isBefore = (ms: number, wall: Temporal.PlainDateTime) => {
        const clock = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(zone).toPlainDateTime();
        return Temporal.PlainDateTime.compare(clock, wall) < 0;
      };
      const minute = 60_000;
      let start = midnight - 12 * 60 * minute;
      while (isBefore(start, opens)) start += minute;
      let end = midnight + 12 * 60 * minute;
      while (!isBefore(end - minute, close)) end -= minute;
      assert.equal(
        businessTime(calendar, midnight - 24 * 60 * minute, midnight + 24 * 60 * minute),
        [{ start, end }],
        `${zone} ${shift}`,
      );
    }
  }
});

const someCalendar = fc.constantFrom<Calendar>(night, officeHours('America/New_York'), roundTheClock('Asia/Tokyo'), {
  ...officeHours('Europe/Berlin'),
  weekly: {},
});
const someInstant = fc.integer({ min: at('2025-12-20T00:00:00Z'), max: at('2027-01-10T00:00:00Z') });

test('the prepared clock gives what the calendar gives', () => {
  fc.assert(
    fc.property(someCalendar, someInstant, someInstant, someInstant, (calendar, a, b, c) => {
      const [x, y, z] = [a, b, c].sort((p, q) => p - q) as [number, number, number];
      const clock = businessClock(calendar);
      assert.equal(clock.open(x, z), businessTime(calendar, x, z));
      assert.is(clock.between(x, z), length(businessTime(calendar, x, z)));
      assert.is(clock.between(x, y) + clock.between(y, z), clock.between(x, z));
      assert.is(clock.between(z, x), 0);
      const need = Math.min(z - y, 3 * 86_400_000);
      const due = clock.after(x, need);
      if (due === null) return assert.equal(calendar.weekly, {});
      assert.is(clock.between(x, due), need);
      assert.ok(due === x || clock.between(x, due - 1) < need, 'it is the first such instant');
    }),
    { numRuns: 300 },
  );
});

test('a fleet of ten thousand asks about thirteen months without laying the calendar again for each', () => {
  const calendar = officeHours('Europe/Berlin');
  const from = at('2025-11-01T00:00:00Z');
  const began = process.cpuUsage();
  for (let n = 0; n < 10_000; n++) businessMinutes(calendar, from + n * 60_000, at('2026-12-01T00:00:00Z') - n);
  const ms = process.cpuUsage(began).user / 1000;
  assert.ok(ms < 1000, `${Math.round(ms)} ms`);
});

test('business days pass by dates, half days and weekends as they are', () => {
  const half: Calendar = { ...officeHours('Europe/Berlin'), overrides: { '2026-12-24': [['09:00', '12:00']] } };
  const days = (from: string, n: number) => {
    const found = businessDaysAfter(half, at(from), n);
    return found === null ? null : new Date(found).toISOString();
  };
  assert.is(days('2026-12-21T12:00:00+01:00', 5), '2026-12-28T11:00:00.000Z');
  assert.is(days('2026-10-23T12:00:00+02:00', 1), '2026-10-26T11:00:00.000Z');
  assert.is(businessDaysAfter({ ...half, weekly: {}, overrides: {} }, 0, 1), null);
});

test('weeks of a month begin on Monday by the wall clock, over the change of the clock', () => {
  const { start, end } = periodBounds('Europe/Berlin', '2026-10');
  const weeks = weeksOf('Europe/Berlin', { start, end });
  assert.equal(
    weeks.map((week) => new Date(week.start).toISOString().slice(0, 13)),
    ['2026-09-30T22', '2026-10-04T22', '2026-10-11T22', '2026-10-18T22', '2026-10-25T23'],
  );
  assert.is(length(weeks), end - start);
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
