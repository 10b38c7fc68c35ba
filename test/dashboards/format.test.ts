import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { kpis } from '../../collector/kpi/kpis/index.ts';
import { dayIn, instantBeside } from '../../dashboards/web/time/beside.ts';
import {
  ago,
  ahead,
  bytes,
  cutPercent,
  duration,
  hours,
  kpiNumber,
  measured,
  money,
  none,
  number,
  percent,
  shownUnit,
  time,
} from '../../shared/words/format.ts';
import { word } from '../../shared/words/index.ts';

const test = suite('format');

test('unknown is a dash everywhere, never 0', () => {
  for (const said of [
    number(null, 'en'),
    percent(null, 'en'),
    cutPercent(null, 'en'),
    bytes(null, 'en'),
    duration(null, 'en'),
    ago(null, 0, 'en'),
    time(null, 'en'),
    measured(null, 'bytes', 'en'),
    measured(Number.NaN, 'percent', 'en'),
  ]) {
    assert.is(said, none);
  }
});

test('zero is zero, not unknown', () => {
  assert.is(number(0, 'en'), '0');
  assert.is(percent(0, 'en'), '0.0%');
  assert.is(bytes(0, 'en'), '0\u00a0B');
  assert.is(duration(0, 'en'), '0s');
});

test('availability is cut, not rounded', () => {
  assert.is(cutPercent(99.999, 'en'), '99.99%');
  assert.is(cutPercent(99.99, 'en'), '99.99%');
  assert.is(cutPercent(100, 'en'), '100.00%');
  assert.is(cutPercent(0.29, 'en'), '0.29%');
});

test('only availability is cut: every other percentage is rounded, and none reads 100 that is not', () => {
  const share = (100 * 43) / 45;
  assert.is(kpiNumber('percent', share, 'en'), '95.6%');
  assert.is(kpiNumber('percent', (100 * 2) / 3, 'ja'), '66.7%');
  assert.is(kpiNumber('percent', 99.99, 'en'), '99.9%');
  assert.is(kpiNumber('percent', 0.036, 'en'), '0.04%');
  assert.is(kpiNumber(shownUnit('availability_server', 'percent'), share, 'en'), '95.55%');
  assert.is(kpiNumber(shownUnit('availability_workstation', 'percent'), 99.996, 'en'), '99.99%');
  const cut = new Set(kpis.filter(({ id, unit }) => shownUnit(id, unit) === 'availability').map(({ id }) => id));
  assert.equal([...cut], ['availability_server', 'availability_workstation']);
});

test('bytes in powers of 1024, with a unit', () => {
  assert.is(bytes(1023, 'en'), '1,023\u00a0B');
  assert.is(bytes(1536, 'en'), '1.5\u00a0KiB');
  assert.is(bytes(25_276_510_208, 'en'), '23.5\u00a0GiB');
  assert.is(measured(2048, 'bytes/s', 'en'), '2\u00a0KiB/s');
});

test('durations have their two largest parts, in both languages', () => {
  assert.is(duration(59, 'en'), '59s');
  assert.is(duration(3 * 86_400 + 4 * 3600 + 59, 'en'), '3d\u00a04h');
  assert.is(duration(3 * 86_400 + 4 * 3600, 'ja').replaceAll(/\s/g, ''), '3日4時間');
  assert.is(duration(86_400 + 30, 'en'), '1d');
  assert.is(duration(0.25, 'en'), '250\u00a0ms');
  assert.is(duration(-90, 'en'), '−1m\u00a030s');
});

test('a number with its unit has no place to break a line, in either language', () => {
  for (const language of ['en', 'ja'] as const)
    for (const text of [
      duration(215, language),
      duration(0, language),
      bytes(5e9, language),
      hours(440.5, language),
      money(123_456, 'JPY', language),
      measured(3, 'celsius', language),
      measured(3.5, 'ms', language),
      measured(0, 'days', language),
      word(language, 'stability.personHours', { n: '440' }),
      word(language, 'stability.points', { n: '−11.0' }),
    ])
      assert.not.match(text, / /, text);
  assert.is(word('ja', 'stability.why.less', { points: '0.1 点' }).includes(' 点'), true, 'a value stays as it is');
});

test('moments in the past; a little ahead is the present, hours ahead are never shown as just now', () => {
  const now = 1_800_000_000_000;
  assert.match(ago(now, now, 'en'), /^0 sec.* ago$/);
  assert.match(ago(now + 2000, now, 'en'), /^0 sec.* ago$/);
  assert.match(ago(now + 3_600_000, now, 'en'), /^0 sec.* ago$/);
  assert.match(ago(now + 3 * 3_600_000, now, 'en'), /^in 3 h/);
  assert.is(ago(now + 49 * 3_600_000, now, 'ja').replaceAll(' ', ''), '2日後');
  assert.match(ago(now - 119_000, now, 'en'), /^1 min.* ago$/);
  assert.match(ago(now - 49 * 3_600_000, now, 'en'), /^2 days ago$/);
  assert.is(ago(now - 5 * 60_000, now, 'ja').replaceAll(' ', ''), '5分前');
});

test('times in the zone that is asked for, and midnight as 00', () => {
  const at = Date.UTC(2026, 10, 3, 15, 0, 0);
  assert.is(time(at, 'en', 'moment', 'Asia/Tokyo'), '4 Nov, 00:00');
  assert.is(time(at, 'en', 'minute', 'UTC'), '15:00');
  assert.is(time(at, 'ja', 'date', 'Asia/Tokyo'), '2026年11月4日');
});

test('a day is that of the period, an instant that of the reader, whose zone is named where it is another one', () => {
  const at = Date.UTC(2026, 10, 27, 17, 48);
  const period = { zone: 'UTC' };
  assert.is(dayIn(at, period, 'en'), '27 Nov 2026');
  assert.is(instantBeside(at, period, 'en', 'Asia/Tokyo'), '28 Nov 2026, 02:48 (Asia/Tokyo)');
  assert.is(instantBeside(at, period, 'ja', 'UTC'), '2026年11月27日 17:48');
});

test('a unit of the outside cannot reach what is not a unit', () => {
  assert.is(measured(3, 'constructor', 'en'), '3');
  assert.is(measured(3, 'celsius', 'en'), '3\u00a0°C');
});

test('what is to come is rounded up, and never past', () => {
  const said = [61, 3600, 59, 0, -5].map((s) => ahead(s * 1000, 0, 'en'));
  assert.equal(said, ['in 2 minutes', 'in 1 hour', 'in 59 seconds', 'in 0 seconds', 'in 0 seconds']);
  assert.is(ahead(240_000, 0, 'ja'), '4 分後');
});

test.run();
