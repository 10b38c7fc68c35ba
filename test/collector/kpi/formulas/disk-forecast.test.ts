/** When a disk will be full: the slope of its days, and when nothing is said. The slopes are those of SciPy's `theilslopes`. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { daysUntilFull, diskForecast } from '../../../../collector/kpi/formulas/disk-forecast.ts';
import { slopeOf } from '../../../../collector/kpi/formulas/theil-sen.ts';

const near = (actual: number | null | undefined, expected: number) =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) < 1e-9, `${actual}, expected ${expected}`);
const line = (days: number, from: number, perDay: number) => Array.from({ length: days }, (_, n) => from + n * perDay);
const stateOf = (days: readonly (number | null)[]) => diskForecast(days)?.state;

test('the slope and its interval are those of the method, with gaps and equal values', () => {
  const points = (ys: readonly number[], xs = ys.keys().toArray()) => ys.map((y, n) => [xs[n] as number, y] as const);
  const days = [0, 1, 2, 4, 5, 6, 7, 9, 10, 11];
  const used = [50.1, 50.9, 50.4, 52.2, 51.7, 53.0, 53.9, 53.1, 54.8, 55.2];
  const cases = [
    [points([1, 2, 4, 7, 11, 16, 22]), [3.5, 2, 5]],
    [points(used, days), [0.43333333333333474, 0.3333333333333333, 0.5666666666666652]],
    [points([60, 60, 60, 61, 60, 61, 61, 60, 62, 61]), [0.125, 0, 0.2857142857142857]],
    [points([60, 60, 60, 60, 60, 60, 60]), [0, 0, 0]],
  ] as const;
  for (const [given, [slope, low, high]] of cases) {
    const found = slopeOf(given);
    near(found?.slope, slope as number);
    near(found?.low, low as number);
    near(found?.high, high as number);
  }
  assert.is(slopeOf([[0, 1]]), null);
});

test('a disk that rises evenly is full when its line says so', () => {
  const forecast = diskForecast(line(10, 50, 2));
  assert.equal(forecast, { state: 'rising', used: 68, history: 10, perDay: 2, low: 2, high: 2 });
  assert.equal(forecast && daysUntilFull(forecast), { days: 16, soonest: 16, latest: 16 });
});

test('one odd day does not bend it, and the interval holds the days', () => {
  const days = line(14, 60, 1);
  days[6] = 69;
  const forecast = diskForecast(days);
  assert.is(forecast?.perDay, 1);
  const until = forecast && daysUntilFull(forecast);
  assert.ok(until && until.soonest <= 27 && until.days === 27 && until.latest >= 27);
});

test('it is said only where both bounds of the slope rise', () => {
  assert.is(stateOf(line(10, 90, -1)), 'steady');
  assert.is(stateOf(Array(10).fill(95)), 'steady');
  assert.is(stateOf([80, 84, 79, 83, 80, 85, 79, 84, 80, 85]), 'steady');
  const forecast = diskForecast(line(10, 90, -1));
  assert.is(forecast && daysUntilFull(forecast), null);
});

test('below seven days with a value nothing is said', () => {
  assert.is(stateOf(line(6, 50, 5)), 'short');
  assert.is(stateOf([null, ...line(3, 50, 5), null, ...line(3, 70, 5)]), 'short');
  assert.is(stateOf([null, ...line(4, 50, 5), null, ...line(3, 75, 5)]), 'rising');
  assert.is(diskForecast([null, null]), null);
});

test('after a large deletion it begins anew; a drop of ten points is none', () => {
  const before = line(20, 50, 2);
  assert.is(stateOf([...before, ...line(6, 30, 3)]), 'short');
  const forecast = diskForecast([...before, ...line(7, 30, 3)]);
  assert.equal([forecast?.state, forecast?.history, forecast?.perDay], ['rising', 7, 3]);
  const small = diskForecast([...before, ...line(6, 78, 2)]);
  assert.equal([small?.state, small?.history], ['rising', 26]);
  assert.is(diskForecast([...before, null, 77.9])?.history, 1);
});

test('of a disk without a value of the last three days nothing is said', () => {
  assert.is(stateOf([...line(10, 50, 4), null, null]), 'rising');
  assert.is(stateOf([...line(10, 50, 4), null, null, null]), 'old');
});

test('a full disk is full, however short its history', () => {
  const forecast = diskForecast([100]);
  assert.is(forecast?.state, 'full');
  assert.equal(forecast && daysUntilFull(forecast), { days: 0, soonest: 0, latest: 0 });
});

test.run();
