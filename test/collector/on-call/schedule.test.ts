import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isGap,
  nextHandOver,
  type OnCallLayer,
  type OnCallSchedule,
  onCallAt,
  type Rotation,
  shiftsOf,
} from '../../../collector/on-call/schedule.ts';
import { weekdays } from '../../../shared/calendar.ts';

const ms = (iso: string) => Date.parse(iso);
const iso = (at: number) => `${new Date(at).toISOString().slice(0, 16)}Z`;
const layer = (name: string, users: string[], rotation: Rotation, more: Partial<OnCallLayer> = {}): OnCallLayer => ({
  ...{ name, users, rotation },
  ...more,
});
const weekly = (start: string): Rotation => ({ unit: 'week', every: 1, start });
const schedule = (zone: string, layers: OnCallLayer[], more: Partial<OnCallSchedule> = {}): OnCallSchedule => ({
  ...{ zone, layers, overrides: [], fallback: null },
  ...more,
});
const shown = (list: ReturnType<typeof shiftsOf>) =>
  list.map(({ start, end, user }) => `${iso(start)} ${iso(end)} ${user}`);

test('a week lasts an hour less or more where the clock changes, and hands over at the same local time', () => {
  const main = schedule('Europe/Berlin', [layer('main', ['ann', 'bob'], weekly('2026-03-23T09:00'))]);
  assert.equal(shown(shiftsOf(main, ms('2026-03-23T08:00Z'), ms('2026-04-06T07:00Z'))), [
    '2026-03-23T08:00Z 2026-03-30T07:00Z ann',
    '2026-03-30T07:00Z 2026-04-06T07:00Z bob',
  ]);
  assert.equal(shown(shiftsOf(main, ms('2026-10-19T07:00Z'), ms('2026-11-02T08:00Z'))), [
    '2026-10-19T07:00Z 2026-10-26T08:00Z ann',
    '2026-10-26T08:00Z 2026-11-02T08:00Z bob',
  ]);
});

test('a hand-over inside the hour that a clock skips takes place when it ends; the next at that instant wins', () => {
  const hourly = schedule('Europe/Berlin', [
    layer('main', ['ann', 'bob', 'cat'], { unit: 'hour', every: 1, start: '2026-03-29T00:00' }),
  ]);
  // 02:00 and 03:00 are one instant: the shift of cat has no length.
  assert.equal(shown(shiftsOf(hourly, ms('2026-03-28T23:00Z'), ms('2026-03-29T03:00Z'))), [
    '2026-03-28T23:00Z 2026-03-29T00:00Z ann',
    '2026-03-29T00:00Z 2026-03-29T01:00Z bob',
    '2026-03-29T01:00Z 2026-03-29T02:00Z ann',
    '2026-03-29T02:00Z 2026-03-29T03:00Z bob',
  ]);
});

test('a hand-over inside the repeated hour takes place once, at the first', () => {
  const hourly = schedule('Europe/Berlin', [
    layer('main', ['ann', 'bob', 'cat'], { unit: 'hour', every: 1, start: '2026-10-25T01:30' }),
  ]);
  assert.equal(shown(shiftsOf(hourly, ms('2026-10-24T23:30Z'), ms('2026-10-25T03:30Z'))), [
    '2026-10-24T23:30Z 2026-10-25T00:30Z ann',
    '2026-10-25T00:30Z 2026-10-25T02:30Z bob',
    '2026-10-25T02:30Z 2026-10-25T03:30Z cat',
  ]);
});

test('hours over midnight belong to the day on which they begin, and a holiday cuts them at midnight', () => {
  const nights = { days: ['fri'], from: '22:00', to: '06:00' } as const;
  const bare = (holidays: string[]) =>
    schedule('Europe/Berlin', [layer('night', ['ann'], weekly('2026-01-05T00:00'), { hours: [nights], holidays })]);
  const covered = (holidays: string[]) =>
    shiftsOf(bare(holidays), ms('2026-03-02T00:00Z'), ms('2026-03-09T00:00Z')).filter(({ user }) => user !== null);
  assert.equal(shown(covered([])), ['2026-03-06T21:00Z 2026-03-07T05:00Z ann']);
  assert.equal(shown(covered(['2026-03-07'])), ['2026-03-06T21:00Z 2026-03-06T23:00Z ann']);
});

test('of overlapping overrides the one created last wins, whatever their order', () => {
  const span = { from: ms('2026-03-03T10:00Z'), to: ms('2026-03-03T14:00Z') };
  const overrides = [
    { ...span, created: 2, user: 'lee' },
    { ...span, created: 1, user: 'kim' },
  ];
  const main = schedule('UTC', [layer('main', ['ann'], weekly('2026-03-02T09:00'))], { overrides });
  assert.equal(onCallAt(main, span.from), { user: 'lee', by: 'override' });
});

test('a swap finds the person who took the shift over, and not one who is not on call', () => {
  const span = { from: ms('2026-03-03T10:00Z'), to: ms('2026-03-03T14:00Z') };
  const withOverrides = (...overrides: OnCallSchedule['overrides'][number][]) =>
    onCallAt(schedule('UTC', [layer('main', ['ann'], weekly('2026-03-02T09:00'))], { overrides }), span.from).user;
  const taken = { ...span, created: 1, user: 'kim' };
  assert.is(withOverrides(taken, { ...span, created: 2, user: 'lee', replace: 'kim' }), 'lee');
  assert.is(withOverrides(taken, { ...span, created: 2, user: 'lee', replace: 'bob' }), 'kim');
  // Two swaps of the same shift: the newer one counts.
  const first = { ...span, created: 1, user: 'kim', replace: 'ann' };
  assert.is(withOverrides(first, { ...span, created: 2, user: 'lee', replace: 'ann' }), 'lee');
});

test('a layer without anybody covers nothing, and a schedule without fallback has gaps', () => {
  const empty = schedule('UTC', [layer('main', [], weekly('2026-03-02T09:00'))]);
  assert.equal(onCallAt(empty, ms('2026-03-03T09:00Z')), { user: null, by: 'gap' });
  const from = ms('2026-03-03T09:00Z');
  assert.equal(shiftsOf(empty, from, from + 3_600_000).filter(isGap), [
    { start: from, end: from + 3_600_000, user: null, by: 'gap' },
  ]);
});

test('the next hand-over is the next change of the person', () => {
  const main = schedule('UTC', [
    layer('base', ['ann', 'ann', 'bob'], { unit: 'day', every: 1, start: '2026-03-02T09:00' }),
  ]);
  assert.is(nextHandOver(main, ms('2026-03-02T10:00Z'), ms('2026-04-01T00:00Z')), ms('2026-03-04T09:00Z'));
  assert.is(nextHandOver(main, ms('2026-03-02T10:00Z'), ms('2026-03-03T00:00Z')), null);
});

const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', 'Pacific/Apia', 'UTC'];
const time = fc.integer({ min: 0, max: 95 }).map((n) => {
  const [hour, minute] = [Math.floor(n / 4), (n % 4) * 15];
  return `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
});
const people = fc.array(fc.constantFrom('ann', 'bob', 'cat', 'dan'), { minLength: 1, maxLength: 4 });
const anyLayer = (name: string) =>
  fc.record({
    name: fc.constant(name),
    users: people,
    rotation: fc.record({
      unit: fc.constantFrom('hour' as const, 'day' as const, 'week' as const),
      every: fc.integer({ min: 1, max: 30 }),
      start: time.map((at) => `2025-12-28T${at}`),
    }),
    hours: fc.option(
      fc.array(fc.record({ days: fc.subarray([...weekdays], { minLength: 1 }), from: time, to: time }), {
        minLength: 1,
        maxLength: 2,
      }),
      { nil: undefined },
    ),
  });
const year = { from: ms('2026-01-01T00:00Z'), to: ms('2027-01-01T00:00Z') };
const anySchedule = fc.record({
  zone: fc.constantFrom(...zones),
  layers: fc.tuple(anyLayer('low'), anyLayer('high')),
  overrides: fc.array(
    fc
      .record({
        created: fc.integer({ min: 0, max: 9 }),
        from: fc.integer({ min: year.from, max: year.to }),
        hours: fc.integer({ min: 1, max: 400 }),
        user: fc.constantFrom('ann', 'bob', 'kim'),
        replace: fc.option(fc.constantFrom('ann', 'bob'), { nil: undefined }),
      })
      .map(({ hours, ...rest }) => ({ ...rest, to: rest.from + hours * 3_600_000 })),
    { maxLength: 4 },
  ),
  fallback: fc.constantFrom(null, 'channel:ops'),
});

test('a year of answers has no gap and no overlap, and each is the answer at its begin, middle and end', () => {
  fc.assert(
    fc.property(anySchedule, (made) => {
      const shifts = shiftsOf(made, year.from, year.to);
      assert.is(shifts[0]?.start, year.from);
      assert.is(shifts.at(-1)?.end, year.to);
      for (const [i, { start, end, user, by }] of shifts.entries()) {
        assert.ok(start < end);
        assert.is(shifts[i + 1]?.start ?? year.to, end);
        for (const at of [start, Math.floor((start + end) / 2), end - 1])
          assert.equal(onCallAt(made, at), { user, by }, iso(at));
      }
    }),
    { numRuns: 12 },
  );
});

test('the answers are the same under any TZ', () => {
  const script = `
    import { shiftsOf } from './collector/on-call/schedule.ts';
    const rotation = { unit: 'hour', every: 12, start: '2026-01-01T08:00' };
    const hours = [{ days: ['mon', 'sat'], from: '22:00', to: '07:00' }];
    const layers = [{ name: 'a', users: ['x', 'y'], rotation }, { name: 'b', users: ['z'], rotation, hours }];
    const schedule = { zone: 'America/New_York', layers, overrides: [], fallback: null };
    console.log(JSON.stringify(shiftsOf(schedule, Date.UTC(2026, 0, 1), Date.UTC(2027, 0, 1))));`;
  const under = (TZ: string) =>
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { env: { ...process.env, TZ } }).toString();
  const answers = ['UTC', 'Pacific/Apia', 'America/St_Johns'].map(under);
  assert.ok((answers[0]?.length ?? 0) > 10_000);
  assert.is(new Set(answers).size, 1);
});

test.run();
