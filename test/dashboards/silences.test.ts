/** Until when a silence lasts, as its form says it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endOf } from '../../dashboards/web/pages/silences/when.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const berlin = 'Europe/Berlin';

test('hours and days are elapsed time, also over a change of the clock', () => {
  const evening = at('2026-03-28T20:00:00Z');
  assert.is(endOf('24h', '', evening, berlin), evening + 86_400_000);
  assert.is(endOf('2h', '', evening, berlin), evening + 7_200_000);
});

test('until 08:00 is the next one on the clock, and never now', () => {
  assert.is(iso(endOf('morning', '', at('2026-11-28T03:00:00Z'), berlin)), '2026-11-28T07:00:00.000Z');
  assert.is(iso(endOf('morning', '', at('2026-11-28T07:00:00Z'), berlin)), '2026-11-29T07:00:00.000Z');
  assert.is(iso(endOf('morning', '', at('2026-03-28T20:00:00Z'), berlin)), '2026-03-29T06:00:00.000Z');
});

test('until Monday is the next Monday at 08:00', () => {
  assert.is(iso(endOf('monday', '', at('2026-11-28T12:00:00Z'), berlin)), '2026-11-30T07:00:00.000Z');
  assert.is(iso(endOf('monday', '', at('2026-11-30T06:00:00Z'), berlin)), '2026-11-30T07:00:00.000Z');
  assert.is(iso(endOf('monday', '', at('2026-11-30T07:00:00Z'), berlin)), '2026-12-07T07:00:00.000Z');
});

test('a time on the clock, and what is none', () => {
  assert.is(
    iso(endOf('until', '2026-12-01T18:30', at('2026-11-28T12:00:00Z'), 'Asia/Tokyo')),
    '2026-12-01T09:30:00.000Z',
  );
  assert.is(endOf('until', '', at('2026-11-28T12:00:00Z'), berlin), null);
});

test.run();
