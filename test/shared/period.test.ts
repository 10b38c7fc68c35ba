/** Names of weeks, months and quarters: the same days as Temporal gives, and whole periods that touch. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { periodBounds } from '../../shared/calendar.ts';
import { dayAfter, firstDayOf, kindOfPeriod, movedPeriod, periodAround, periodKinds } from '../../shared/period.ts';
import { languages } from '../../shared/words/index.ts';
import { periodName } from '../../shared/words/period.ts';

const dayMs = 86_400_000;
const dateOf = (day: number) => Temporal.Instant.fromEpochMilliseconds(day).toZonedDateTimeISO('UTC').toPlainDate();

test('every day of forty years is in one week, month and quarter, and they touch', () => {
  for (let day = Date.UTC(1999, 11, 20); day < Date.UTC(2040, 0, 10); day += dayMs) {
    const date = dateOf(day);
    const expected = `${date.yearOfWeek}-W${String(date.weekOfYear).padStart(2, '0')}`;
    assert.is(periodAround('week', day), expected);
    assert.is(periodAround('month', day), date.toString().slice(0, 7));
    assert.is(periodAround('quarter', day), `${date.year}-Q${Math.ceil(date.month / 3)}`);
    for (const kind of periodKinds) {
      const name = periodAround(kind, day);
      assert.is(kindOfPeriod(name), kind);
      assert.ok(firstDayOf(name) <= day && day < dayAfter(name), name);
      assert.is(firstDayOf(movedPeriod(name, 1)), dayAfter(name));
      assert.is(movedPeriod(movedPeriod(name, 5), -5), name);
    }
  }
});

test('what names no period is none', () => {
  for (const text of [
    '',
    '2026',
    '2026-13',
    '2026-00',
    '2026-Q0',
    '2026-Q5',
    '2026-W00',
    '2026-W54',
    '2026-w48',
    '0999-01',
  ])
    assert.is(kindOfPeriod(text), null, text);
  // 2020 and 2026 have 53 weeks, 2025 has 52.
  assert.is(kindOfPeriod('2026-W53'), 'week');
  assert.is(kindOfPeriod('2025-W53'), null);
  assert.throws(() => periodBounds('UTC', '2025-W53'), /no period/);
});

test('in a zone a period has the hours of its days: one with a change of the clocks has one more or less', () => {
  const hours = (zone: string, name: string) => {
    const { start, end } = periodBounds(zone, name);
    return (end - start) / 3_600_000;
  };
  assert.is(hours('Europe/Berlin', '2026-W43'), 7 * 24 + 1);
  assert.is(hours('Europe/Berlin', '2026-W13'), 7 * 24 - 1);
  assert.is(hours('Europe/Berlin', '2026-Q4'), 92 * 24 + 1);
  assert.is(hours('Asia/Tokyo', '2026-Q4'), 92 * 24);
  const months = ['2026-10', '2026-11', '2026-12'].reduce((sum, name) => sum + hours('Europe/Berlin', name), 0);
  assert.is(months, hours('Europe/Berlin', '2026-Q4'));
});

test('each language has a name for each kind', () => {
  for (const language of languages)
    for (const name of ['2026-11', '2026-W48', '2026-Q4']) assert.match(periodName(name, language), /2026/);
  assert.is(periodName('2026-Q4', 'en'), 'Q4 2026');
  assert.is(periodName('2026-W48', 'ja'), '2026年第48週');
});

test.run();
