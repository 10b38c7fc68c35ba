import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { forecast } from '../../../collector/evaluate/kinds/forecast.ts';
import { createMemory } from '../../../collector/evaluate/kinds/kind.ts';
import { runaway } from '../../../collector/evaluate/kinds/runaway.ts';
import { dayStarts, fieldsOf } from '../../../collector/forecast/forecasts.ts';
import { fullIn } from '../../../collector/forecast/full-in.ts';

const line = (count: number, from: number, by: number) => Array.from({ length: count }, (_, n) => from + n * by);
const round = (value: number | null) => (value === null ? null : Math.round(value * 10) / 10);

test('a straight line: the rest by the slope', () => {
  const { days, low, high, history, why } = fullIn(line(28, 100, 10), 1000);
  assert.equal(
    [days, low, high, history, why].map((one) => (typeof one === 'number' ? round(one) : one)),
    [63, 63, 63, 28, null],
  );
});

test('the interval by Sen, exact on an uneven line', () => {
  const found = fullIn([100, 112, 119, 133, 138, 152, 161, 168, 183, 190], 1000);
  // 45 slopes; C = 1.96 √125 = 21.9: ranks 11 and 35.
  const slopes = [100, 112, 119, 133, 138, 152, 161, 168, 183, 190]
    .flatMap((y, j, all) => all.slice(0, j).map((before, i) => (y - before) / (j - i)))
    .sort((a, b) => a - b);
  assert.equal(
    [round(found.high), round(found.low)],
    [round(810 / (slopes[10] as number)), round(Math.min(40, 810 / (slopes[34] as number)))],
  );
});

test('too little, too old, not rising, and too wild: no forecast, with its reason', () => {
  assert.is(fullIn(line(6, 1, 1), 100).why, 'short');
  assert.is(fullIn([...line(20, 1, 1), null], 100).why, 'old');
  assert.is(fullIn(line(20, 50, 0), 100).why, 'not_rising');
  assert.is(fullIn(line(20, 90, -1), 100).why, 'not_rising');
  const wild = line(28, 500, 1).map((one, n) => one + (n % 2 === 0 ? 60 : -60) + n * 3);
  assert.ok(['scatters', 'not_rising'].includes(fullIn(wild, 10_000).why ?? ''));
  assert.is(fullIn([], 100).why, 'old');
  // Seven days of the last fourteen, with holes.
  assert.is(
    fullIn(
      line(14, 1, 1).map((one, n) => (n % 2 === 0 ? null : one)),
      100,
    ).why,
    null,
  );
});

test('beyond four times the history: at least so long', () => {
  const found = fullIn(line(10, 100, 1), 10_000);
  assert.equal([found.days, found.isMore], [40, true]);
});

test('a large deletion begins a new history; one jump is cut, and two are not', () => {
  const deleted = [...line(14, 100, 10), ...line(10, 60, 5)];
  const found = fullIn(deleted, 1000);
  assert.is(found.history, 10);
  assert.is(round(found.days), 40, 'at least: 895 at 5 a day is beyond 4 × 10');
  assert.is(fullIn([...line(14, 100, 10), 60], 1000).isReset, true);
  assert.is(fullIn(deleted, 1000).isReset, false);
  const anew = [...line(14, 100, 10), ...line(5, 60, 5)];
  assert.is(fullIn(anew, 1000).isReset, true, 'also where the night of the deletion was missed');
  assert.is(fullIn(line(5, 60, 5), 1000).isReset, false, 'young, and nothing was deleted');
  const jumped = line(20, 100, 10).map((one, n) => (n >= 10 ? one + 300 : one));
  assert.is(round(fullIn(jumped, 1000).days), 41, 'the newest use, the usual slope');
});

const judged = (daily: readonly number[], free: number, within = 14) =>
  forecast.judge(
    { id: 'r', when: { kind: 'forecast', within_days: within } },
    {
      ...{ name: 'disk_forecast', tags: {}, timestamp: 0 },
      fields: fieldsOf(fullIn(daily, 1000), fullIn(daily.slice(0, -1), 1000), free),
    },
  );

test('the rule: two nights running, not while plenty is free, over after a deletion', () => {
  const rising = line(20, 700, 10);
  assert.is(judged(rising, 11), 'breach');
  assert.is(judged(rising, 25), 'hold', 'a quarter is free: a page is enough');
  assert.is(judged(rising, 25, 11), 'hold');
  assert.is(judged(line(20, 500, 10), 31), 'clear', '31 days');
  assert.is(judged(line(7, 800, 10), 14), 'hold', 'the first night');
  assert.is(judged([...rising, 400], 60), 'reset');
  assert.is(judged(line(20, 880, 0), 12), 'clear', 'it does not rise');
});

test('days of the zone, also where one has 25 hours', () => {
  const starts = dayStarts(Date.parse('2026-10-26T12:00:00Z'), 'Europe/Berlin');
  const [before, last] = starts.slice(-2) as [number, number];
  assert.is(new Date(last).toISOString(), '2026-10-25T23:00:00.000Z');
  assert.is((last - before) / 3_600_000, 25);
});

test('runaway: nearly all steps of an hour rise, and hours are left', () => {
  const run = (used: (minute: number) => number) => {
    const memory = createMemory(0);
    let status: string | undefined;
    for (let minute = 0; minute <= 75; minute++) {
      const fields = { used: used(minute), free: 1000 - used(minute) };
      const metric = { name: 'disk', tags: { path: '/' }, fields, timestamp: 0 };
      const report = { v: 1 as const, epoch: '', seq: 1, at: 0, metrics: [metric] };
      status = runaway.judge(
        { id: 'r', when: { kind: 'runaway', within_s: 4 * 3600 } },
        metric,
        report,
        memory,
        minute * 60_000,
      );
    }
    return status;
  };
  assert.is(
    run((minute) => 500 + 3 * minute),
    'breach',
    '275 left at 3 a minute',
  );
  assert.is(
    run((minute) => 500 + minute),
    'clear',
    'seven hours left',
  );
  assert.is(
    run((minute) => 900 + 0.1 * minute),
    'clear',
    'less than one percent of the disk',
  );
  assert.is(
    run((minute) => 500 + (Math.floor(minute / 5) % 2) * 100 + minute),
    'clear',
    'it goes up and down',
  );
});

test.run();
