import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type ImpactIncident,
  type LostHoursInput,
  lostBusinessHours,
} from '../../../../collector/kpi/formulas/lost-hours.ts';
import { businessMinutes, officeHours, weeksOf } from '../../../../shared/calendar.ts';
import { allFinite, at, shuffled } from '../../../support/kpi-facts.ts';

const office = officeHours('Europe/Berlin');
const newYork = officeHours('America/New_York');
const june = { start: at('2026-06-01T00:00:00+02:00'), end: at('2026-07-01T00:00:00+02:00') };
/** The 15th is a Monday. */
const t = (text: string) => at(`2026-06-${text.slice(0, 2)}T${text.slice(3)}:00+02:00`);
const groups = { BER: { calendar: office, headcount: 50 } };
const hit = (
  id: string,
  from: string,
  to: string | null,
  factor: number,
  people: number | readonly string[],
  confirmed = true,
): ImpactIncident => ({
  id,
  segments: [{ start: t(from), end: to === null ? null : t(to), factor, affected: { BER: people }, confirmed }],
});
const lost = (incidents: ImpactIncident[], more: Partial<LostHoursInput> = {}) =>
  lostBusinessHours({ period: june, groups, incidents, zone: 'Europe/Berlin', ...more });
const near = (value: number, expected: number) =>
  assert.ok(Math.abs(value - expected) < 1e-6, `${value}, not ${expected}`);
const credits = (found: ReturnType<typeof lostBusinessHours>) =>
  Object.fromEntries(found.byIncident.map((one) => [one.incident, Math.round(one.lost * 1000) / 1000]));

test('one person, two incidents: the larger factor counts, at equal ones the earlier', () => {
  const found = lost([
    hit('a', '15 09:00', '15 12:00', 0.5, ['u1']),
    hit('b', '15 10:00', '15 11:00', 1, ['u1']),
    hit('c', '15 10:00', '15 13:00', 0.5, ['u1']),
  ]);
  near(found.lost, 0.5 + 1 + 0.5 + 0.5);
  assert.equal(credits(found), { a: 1, b: 1, c: 0.5 });
});

test('named people are counted by name: two sets that do not meet add up, counts alone are nested', () => {
  near(lost([hit('a', '15 09:00', '15 10:00', 1, ['u1', 'u2']), hit('b', '15 09:00', '15 10:00', 1, ['u3'])]).lost, 3);
  near(lost([hit('a', '15 09:00', '15 10:00', 1, 2), hit('b', '15 09:00', '15 10:00', 1, 1)]).lost, 2);
  // Two by name are among the three, or the three among more: at least three.
  near(lost([hit('a', '15 09:00', '15 10:00', 1, ['u1', 'u2']), hit('b', '15 09:00', '15 10:00', 0.5, 3)]).lost, 2.5);
  near(lost([hit('a', '15 09:00', '15 10:00', 1, 70)]).lost, 50);
});

test('what no one confirmed is kept apart and takes nothing from what is confirmed', () => {
  const found = lost([
    hit('guess', '15 09:00', '15 11:00', 1, 10, false),
    hit('known', '15 09:00', '15 10:00', 0.5, 10),
  ]);
  near(found.lost, 5);
  near(found.unconfirmed, 5 + 10);
  assert.equal(credits(found), { known: 5, guess: 0 });
});

test('planned work is not in the headline, nor does it take the business down', () => {
  const found = lost([hit('a', '15 09:00', '15 12:00', 1, 50)], {
    groups: { BER: { ...groups.BER, maintenance: [{ start: t('15 09:00'), end: t('15 10:00') }] } },
  });
  near(found.planned, 50);
  near(found.lost, 100);
  near(found.businessDown, 2);
});

test('a site of several groups is down when half of all its people are stopped in its working time', () => {
  const both = {
    A: { calendar: office, headcount: 30, site: 'BER' },
    B: { calendar: newYork, headcount: 30, site: 'BER' },
  };
  const segment = (affected: Record<string, number>) => ({
    start: t('15 14:00'),
    end: t('15 20:00'),
    factor: 1,
    affected,
  });
  const run = (affected: Record<string, number>) =>
    lostBusinessHours({ period: june, groups: both, incidents: [{ id: 'x', segments: [segment(affected)] }] });
  // 15:00 to 17:00 in Berlin is 09:00 to 11:00 in New York, where they work until 20:00 by the clock of Berlin and beyond.
  near(run({ A: 15, B: 15 }).businessDown, 2);
  near(run({ A: 30, B: 0 }).businessDown, 3);
  near(run({ A: 29, B: 0 }).businessDown, 0);
  assert.equal(Object.keys(run({ A: 30 }).businessDownBySite), ['BER']);
});

test('what lasts is counted until now, and so is the time that people could have worked', () => {
  const found = lost([hit('a', '15 16:00', null, 1, 4)], { now: t('16 10:00') });
  near(found.lost, 8);
  near(found.scheduled, (50 * businessMinutes(office, june.start, t('16 10:00'))) / 60);
  assert.is(found.byIncident[0]?.isOpen, true);
});

test('without people, working time or incidents there is no share, and no hour', () => {
  assert.equal([lost([]).lost, lost([]).lostSharePct], [0, 0]);
  const closed = { BER: { calendar: { ...office, weekly: {} }, headcount: 5 } };
  assert.is(lost([hit('a', '15 09:00', '15 12:00', 1, 5)], { groups: closed }).lostSharePct, null);
  assert.is(lost([], { groups: {} }).lostSharePct, null);
  allFinite(lost([], { groups: {}, period: { start: june.start, end: june.start } }));
});

test('a year of outages in hundreds of groups takes little time', () => {
  const many = Object.fromEntries(
    Array.from({ length: 200 }, (_, n) => [`g${n}`, { calendar: office, headcount: 20 }]),
  );
  const incidents = Array.from({ length: 2000 }, (_, n) => ({
    id: `i${n}`,
    segments: [
      { start: june.start + n * 4e6, end: june.start + n * 4e6 + 9e6, factor: 1, affected: { [`g${n % 200}`]: 5 } },
    ],
  }));
  const began = process.cpuUsage();
  const found = lostBusinessHours({
    period: { start: june.start, end: june.start + 365 * 864e5 },
    groups: many,
    incidents,
  });
  const ms = process.cpuUsage(began).user / 1000;
  assert.ok(found.lost > 0 && ms < 3000, `${Math.round(ms)} ms`);
});

const someIncidents = fc
  .array(
    fc.record({
      from: fc.integer({ min: 0, max: 60 }),
      hours: fc.integer({ min: 0, max: 40 }),
      factor: fc.constantFrom(0, 0.2, 0.5, 1),
      confirmed: fc.boolean(),
      people: fc.oneof(fc.integer({ min: 0, max: 70 }), fc.subarray(['u1', 'u2', 'u3', 'u4'])),
      group: fc.constantFrom('BER', 'NYC'),
    }),
    { maxLength: 7 },
  )
  .map((list) =>
    list.map(
      ({ from, hours, group, people, ...rest }, n): ImpactIncident => ({
        id: `i${n}`,
        segments: [
          {
            ...rest,
            start: t('12 12:00') + from * 36e5,
            end: t('12 12:00') + (from + hours) * 36e5,
            affected: { [group]: people },
          },
        ],
      }),
    ),
  );
const twoGroups = {
  BER: { calendar: office, headcount: 50, maintenance: [{ start: t('15 10:00'), end: t('15 12:30') }] },
  NYC: { calendar: newYork, headcount: 10 },
};

test('parts are the whole: incidents, weeks, two halves of the month; order and repetition change nothing', () => {
  fc.assert(
    fc.property(someIncidents, fc.integer({ min: june.start, max: june.end }), fc.integer(), (incidents, cut, seed) => {
      const run = (period = june, all = incidents) =>
        lostBusinessHours({ period, groups: twoGroups, incidents: all, zone: 'Asia/Tokyo' });
      const whole = run();
      allFinite(whole);
      const [first, second] = [run({ start: june.start, end: cut }), run({ start: cut, end: june.end })];
      const mixed = run(june, shuffled([...incidents, ...incidents], seed));
      for (const key of ['lost', 'planned', 'unconfirmed'] as const) {
        near(
          whole.byIncident.reduce((sum, one) => sum + one[key], 0),
          whole[key],
        );
        near(
          whole.byWeek.reduce((sum, one) => sum + one[key], 0),
          whole[key],
        );
        near(first[key] + second[key], whole[key]);
        near(mixed[key], whole[key]);
      }
      assert.equal(credits(mixed), credits(whole));
      near(first.businessDown + second.businessDown, whole.businessDown);
      near(first.scheduled + second.scheduled, whole.scheduled);
      assert.is(whole.byWeek.length, weeksOf('Asia/Tokyo', june).length);
      const apart = incidents.reduce((sum, one) => sum + run(june, [one]).lost, 0);
      assert.ok(whole.lost <= apart + 1e-6, 'together they are not more than one by one');
      assert.ok(whole.lost + whole.planned + whole.unconfirmed <= whole.scheduled + 1e-6);
    }),
    { numRuns: 60 },
  );
});

/** The definition itself, person by person and minute by minute. */
test('it is the integral of the largest factor of each person', () => {
  fc.assert(
    fc.property(someIncidents, (incidents) => {
      const named = incidents.map((incident) => ({
        ...incident,
        segments: incident.segments.map((segment) => ({
          ...segment,
          confirmed: true,
          affected: { BER: ['u1', 'u2', incident.id] },
        })),
      }));
      const found = lost(named, { groups: { BER: { calendar: office, headcount: 50 } } });
      let hours = 0;
      const [from, to] = [t('12 12:00'), t('17 00:00')];
      for (let now = from; now < to; now += 36e5) {
        const open = businessMinutes(office, now, now + 36e5) / 60;
        const worst = new Map<string, number>();
        for (const { segments } of named)
          for (const { start, end, factor, affected } of segments)
            if (start <= now && now < (end ?? to))
              for (const user of affected.BER) worst.set(user, Math.max(worst.get(user) ?? 0, factor));
        for (const factor of worst.values()) hours += open * factor;
      }
      near(found.lost, hours);
    }),
    { numRuns: 40 },
  );
});

test.run();
