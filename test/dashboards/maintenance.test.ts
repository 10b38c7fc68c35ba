import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyOf, type WindowDraft } from '../../dashboards/web/pages/maintenance/plan.ts';
import { rhythmOf } from '../../dashboards/web/pages/maintenance/rhythm.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const draft = (more: Partial<WindowDraft>): WindowDraft => ({
  ...{
    of: 'site',
    target: 'Osaka',
    reason: ' New switch ',
    from: '',
    minutes: '120',
    repeat: 'once',
    cron: '',
    zone: 'Asia/Tokyo',
  },
  ...more,
});
const cronOf = (more: Partial<WindowDraft>) =>
  (bodyOf(draft(more), now) as { repeat: { cron: string } } | null)?.repeat.cron;

test('a form without a start begins now; without a target or a reason there is nothing to send', () => {
  const scope = { of: 'site', target: 'Osaka' };
  assert.equal(bodyOf(draft({}), now), { scope, reason: 'New switch', to: now + 7_200_000 });
  assert.is(bodyOf(draft({ target: '' }), now), null);
  assert.is(bodyOf(draft({ reason: '  ' }), now), null);
  assert.is(bodyOf(draft({ from: 'tomorrow' }), now), null);
});

test('a start in the past is sent as a late entry, one of this minute is not', () => {
  const local = (at: number) => {
    const { year, month, day, hour, minute } = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(
      Temporal.Now.timeZoneId(),
    );
    const two = (n: number) => String(n).padStart(2, '0');
    return `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
  };
  assert.is((bodyOf(draft({ from: local(now - 3_600_000) }), now) as { late?: true }).late, true);
  assert.is((bodyOf(draft({ from: local(now) }), now) as { late?: true }).late, undefined);
});

test('a repetition takes its time and weekday from the start', () => {
  const from = '2026-12-08T22:05';
  assert.is(cronOf({ repeat: 'daily', from }), '5 22 * * *');
  assert.is(cronOf({ repeat: 'weekly', from }), '5 22 * * TUE');
  assert.is(cronOf({ repeat: 'monthly', from }), '5 22 * * TUE#2');
  assert.is(cronOf({ repeat: 'cron', cron: ' 0 1 L * * ' }), '0 1 L * *');
  assert.is(cronOf({ repeat: 'weekly' }), undefined);
});

test('a recurrence is said in words where there are words for it', () => {
  assert.equal(rhythmOf('0 22 14 * *'), { of: 'monthly', time: '22:00', day: 14 });
  assert.equal(rhythmOf('5 3 * * *'), { of: 'daily', time: '03:05' });
  assert.equal(rhythmOf('0 2 * * 7'), { of: 'weekly', time: '02:00', weekday: 0 });
  assert.equal(rhythmOf('0 2 * * sat'), { of: 'weekly', time: '02:00', weekday: 6 });
  assert.equal(rhythmOf('0 2 * * TUE#2'), { of: 'nth', time: '02:00', weekday: 2, nth: 2 });
  for (const cron of [
    '*/5 * * * *',
    '0 22 1,15 * *',
    '0 2 13 * FRI',
    '0 2 * 3 *',
    '0 2 * * MON-FRI',
    '0 24 * * *',
    'x',
    '0 2 L * *',
  ])
    assert.is(rhythmOf(cron), null, cron);
});

test.run();
