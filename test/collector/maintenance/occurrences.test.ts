import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readCron } from '../../../collector/maintenance/cron.ts';
import {
  dayMs,
  maintenanceTime,
  nextOccurrences,
  type Recurrence,
  type Schedule,
  shareOf,
} from '../../../collector/maintenance/occurrences.ts';
import { union } from '../../../shared/intervals.ts';

interface WindowInput {
  from?: string;
  to?: string;
  cron?: string;
  zone?: string;
  duration_min?: number;
  until_wall?: string;
  skip?: string[];
  starts?: string;
  ends?: string;
  edits?: { at: string; occurrence: string; end: string }[];
}
interface Case {
  id: string;
  title: string;
  input: { range: [string, string]; windows: WindowInput[] };
  expected: { windows: [string, string][] };
}

const ms = (iso: string) => Date.parse(iso);
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 19)}Z`;

function scheduleOf({ from, to, cron, zone, duration_min, until_wall, skip, starts, ends }: WindowInput): Schedule {
  if (cron === undefined) return { start: ms(from as string), end: ms(to as string) };
  return {
    cron,
    zone: zone as string,
    durationMin: duration_min ?? null,
    untilWall: until_wall ?? null,
    skip: skip ?? [],
    starts: starts === undefined ? null : ms(starts),
    ends: ends === undefined ? null : ms(ends),
  };
}

function timesOf({ range: [start, end], windows }: Case['input']): [string, string][] {
  const read = windows.map((window) => ({
    schedule: scheduleOf(window),
    edits: (window.edits ?? []).map((edit) => ({
      at: ms(edit.at),
      occurrence: ms(edit.occurrence),
      end: ms(edit.end),
    })),
  }));
  return maintenanceTime(read, { start: ms(start), end: ms(end) }).map((span) => [iso(span.start), iso(span.end)]);
}

const file = fileURLToPath(new URL('../../../../shared/alert-cases.json', import.meta.url));
const worked: (Case & { fn: string })[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : [];
for (const one of worked.filter(({ fn }) => fn === 'maintenanceWindows'))
  test(`${one.id} ${one.title}`, () => assert.equal(timesOf(one.input), one.expected.windows));

const berlin = { zone: 'Europe/Berlin', duration_min: 60 };
const cases: [title: string, range: [string, string], window: WindowInput, expected: string[]][] = [
  [
    'an hour that does not exist opens when the clock jumps',
    ['2026-03-28T00:00', '2026-03-30T12:00'],
    { ...berlin, cron: '30 2 * * *' },
    ['2026-03-28T01:30/02:30', '2026-03-29T01:00/02:00', '2026-03-30T00:30/01:30'],
  ],
  [
    'all starts in the hour that does not exist are one',
    ['2026-03-29T00:00', '2026-03-29T03:00'],
    { ...berlin, duration_min: 5, cron: '*/20 2 * * *' },
    ['2026-03-29T01:00/01:05'],
  ],
  [
    'an hour that comes twice opens once, at its first pass',
    ['2026-10-24T12:00', '2026-10-26T12:00'],
    { ...berlin, cron: '30 2 * * *' },
    ['2026-10-25T00:30/01:30', '2026-10-26T01:30/02:30'],
  ],
  [
    'a duration is elapsed time',
    ['2026-03-28T12:00', '2026-03-30T12:00'],
    { ...berlin, duration_min: 480, cron: '0 22 * * SAT' },
    ['2026-03-28T21:00/2026-03-29T05:00'],
  ],
  [
    'an end on the wall clock is not',
    ['2026-03-28T12:00', '2026-03-30T12:00'],
    { zone: 'Europe/Berlin', until_wall: '06:00', cron: '0 22 * * SAT' },
    ['2026-03-28T21:00/2026-03-29T04:00'],
  ],
  [
    'an end in the hour that comes twice is its last pass, at its beginning the first',
    ['2026-10-24T12:00', '2026-10-25T12:00'],
    { zone: 'Europe/Berlin', until_wall: '02:00', cron: '0 0 * * SUN' },
    ['2026-10-24T22:00/2026-10-25T00:00'],
  ],
  [
    'a clock that jumps at midnight, and one that jumps by half an hour',
    ['2018-11-03T12:00', '2018-11-05T12:00'],
    { zone: 'America/Sao_Paulo', duration_min: 30, cron: '0 0 * * SUN' },
    ['2018-11-04T03:00/03:30'],
  ],
  [
    'half an hour',
    ['2026-10-03T00:00', '2026-10-04T12:00'],
    { zone: 'Australia/Lord_Howe', duration_min: 30, cron: '15 2 * * SUN' },
    ['2026-10-03T15:30/16:00'],
  ],
  [
    'a date that a country left out opens on the next one',
    ['2011-12-29T12:00', '2012-01-01T00:00'],
    { zone: 'Pacific/Apia', duration_min: 60, cron: '0 3 * * *' },
    ['2011-12-29T13:00/14:00', '2011-12-30T10:00/11:00', '2011-12-30T13:00/14:00', '2011-12-31T13:00/14:00'],
  ],
  [
    'the last Saturday, the second Tuesday and the last day, also in a leap year',
    ['2028-02-01T00:00', '2028-03-01T00:00'],
    { zone: 'UTC', duration_min: 60, cron: '0 1 * * SATL,TUE#2' },
    ['2028-02-08T01:00/02:00', '2028-02-26T01:00/02:00'],
  ],
  [
    'the last day but one',
    ['2028-02-01T00:00', '2028-03-01T00:00'],
    { zone: 'UTC', duration_min: 60, cron: '0 1 L-1 * *' },
    ['2028-02-28T01:00/02:00'],
  ],
  [
    'day and weekday both restricted: either',
    ['2026-03-01T00:00', '2026-03-10T00:00'],
    { zone: 'UTC', duration_min: 60, cron: '0 1 3 * MON' },
    ['2026-03-02T01:00/02:00', '2026-03-03T01:00/02:00', '2026-03-09T01:00/02:00'],
  ],
  [
    'Sunday is 0 and 7, names count as numbers, whatever their case',
    ['2026-03-07T00:00', '2026-03-10T00:00'],
    { zone: 'UTC', duration_min: 60, cron: '0 1 * mar 7,Mon' },
    ['2026-03-08T01:00/02:00', '2026-03-09T01:00/02:00'],
  ],
  [
    'first and last start, and a date left out',
    ['2026-03-01T00:00', '2026-03-10T00:00'],
    {
      ...{ zone: 'Asia/Tokyo', duration_min: 60, cron: '0 1 * * *', skip: ['2026-03-04'] },
      ...{ starts: '2026-03-01T16:00:00Z', ends: '2026-03-04T16:00:00Z' },
    },
    ['2026-03-01T16:00/17:00', '2026-03-02T16:00/17:00'],
  ],
  [
    'one that began before the range, and one that was extended into it',
    ['2026-03-03T00:00', '2026-03-05T00:00'],
    {
      ...{ zone: 'UTC', duration_min: 60, cron: '30 23 * * MON,SUN' },
      edits: [{ at: '2026-03-02T00:10:00Z', occurrence: '2026-03-01T23:30:00Z', end: '2026-03-04T02:00:00Z' }],
    },
    ['2026-03-03T00:00/2026-03-04T02:00'],
  ],
  [
    'ended early, then extended: over is over',
    ['2026-03-02T00:00', '2026-03-03T00:00'],
    {
      ...{ from: '2026-03-02T10:00:00Z', to: '2026-03-02T12:00:00Z' },
      edits: [
        { at: '2026-03-02T11:30:00Z', occurrence: '2026-03-02T10:00:00Z', end: '2026-03-02T14:00:00Z' },
        { at: '2026-03-02T11:00:00Z', occurrence: '2026-03-02T10:00:00Z', end: '2026-03-02T10:30:00Z' },
      ],
    },
    ['2026-03-02T10:00/11:00'],
  ],
];
for (const [title, range, window, expected] of cases)
  test(title, () => {
    const full = (text: string, date: string) => `${text.length > 5 ? text : `${date}T${text}`}:00Z`;
    const times = timesOf({ range: [`${range[0]}:00Z`, `${range[1]}:00Z`], windows: [window] });
    assert.equal(
      times,
      expected.map((text) => {
        const [start = '', end = ''] = text.split('/');
        return [full(start, ''), full(end, start.slice(0, 10))];
      }),
    );
  });

const daily = (more: Partial<Recurrence> = {}): Recurrence => ({
  ...{ cron: '0 0 * * *', zone: 'UTC', durationMin: 60, untilWall: null, skip: [], starts: null, ends: null },
  ...more,
});

test('the next dates, also of one that comes once in four years', () => {
  const from = ms('2026-11-27T12:00:00Z');
  const next = (cron: string, count = 5) =>
    nextOccurrences(daily({ cron }), from, count).map(({ start }) => iso(start).slice(0, 10));
  assert.equal(next('0 0 1 * *', 2), ['2026-12-01', '2027-01-01']);
  assert.equal(next('0 0 29 FEB *', 2), ['2028-02-29', '2032-02-29']);
  assert.equal(nextOccurrences({ start: from - 1, end: from + 1 }, from, 5), []);
});

test('the share of the time, and one without a gap', () => {
  const from = ms('2026-11-27T12:00:00Z');
  assert.is(shareOf(daily(), from), 1 / 24);
  assert.is(shareOf(daily({ durationMin: 1440 }), from), 1);
  assert.is(shareOf(daily({ cron: '0 * * * *' }), from), 1);
  assert.is(shareOf(daily({ durationMin: null, untilWall: '00:00' }), from), 1);
  assert.is(shareOf(daily({ ends: from }), from), 0);
});

test('what is no cron expression is refused, and which part of it', () => {
  for (const [cron, message] of [
    ['0 2 * *', /cron_fields \(text: "0 2 \* \*"\)/],
    ['0 0 2 * * *', /cron_fields/],
    ['@daily', /cron_fields/],
    ['60 2 * * *', /cron_minute \(text: "60"\)/],
    ['0 24 * * *', /cron_hour \(text: "24"\)/],
    ['0 2 32 * *', /cron_day \(text: "32"\)/],
    ['0 2 31 FEB *', /cron_day/],
    ['0 2 * 13 *', /cron_month \(text: "13"\)/],
    ['0 2 * * MON#6', /cron_weekday/],
    ['0 2 * * SUNDAE', /./],
    ['0 2 15W * *', /cron_working_day \(text: "15W"\)/],
    ['0 2 LW * *', /cron_working_day/],
    ["0 2 * * '; drop", /./],
  ] as const)
    assert.throws(() => readCron(cron), message, cron);
  assert.throws(() => nextOccurrences(daily({ zone: 'Europe/Atlantis' }), 0, 1), RangeError);
});

test('a year of any recurrence: sorted, disjoint, inside the range, and the same cut anywhere', () => {
  const schedule = fc.record({
    cron: fc
      .tuple(
        fc.integer({ min: 0, max: 59 }),
        fc.integer({ min: 0, max: 23 }),
        fc.constantFrom('*', 'L', '1', '*/3', '31'),
        fc.constantFrom('*', 'SUN', 'SATL', 'TUE#2', 'MON-FRI'),
      )
      .map(([minute, hour, day, weekday]) => `${minute} ${hour} ${day} * ${weekday}`),
    zone: fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'Pacific/Apia'),
    durationMin: fc.integer({ min: 1, max: 3000 }),
  });
  const start = ms('2026-01-01T00:00:00Z');
  const end = start + 366 * dayMs;
  fc.assert(
    fc.property(schedule, fc.integer({ min: start, max: end }), (parts, cut) => {
      const windows = [{ schedule: daily(parts) }];
      const whole = maintenanceTime(windows, { start, end });
      for (const [i, span] of whole.entries()) {
        assert.ok(span.start >= start && span.end <= end && span.end > span.start);
        const before = whole[i - 1];
        if (before) assert.ok(before.end < span.start);
      }
      const halves = [maintenanceTime(windows, { start, end: cut }), maintenanceTime(windows, { start: cut, end })];
      assert.equal(union(...halves), whole);
    }),
    { numRuns: 30 },
  );
});

test.run();
