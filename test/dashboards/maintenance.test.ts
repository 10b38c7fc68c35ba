import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bodyOf, draftOf, editOf, type WindowDraft } from '../../dashboards/web/pages/maintenance/plan.ts';
import { rhythmOf } from '../../dashboards/web/pages/maintenance/rhythm.ts';
import { wallInstant, wallText } from '../../dashboards/web/time/wall.ts';
import { instantAt } from '../../shared/calendar.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const draft = (more: Partial<WindowDraft>): WindowDraft => ({
  ...{
    of: 'site',
    target: 'Osaka',
    reason: ' New switch ',
    from: '',
    to: '',
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
  const local = (at: number) => wallText(at, 'Asia/Tokyo');
  assert.is((bodyOf(draft({ from: local(now - 3_600_000) }), now) as { late?: true }).late, true);
  assert.is((bodyOf(draft({ from: local(now) }), now) as { late?: true }).late, undefined);
});

test('start and end are wall time of the zone, and an end on the clock is sent as one', () => {
  const once = draft({ from: '2026-12-08T22:00', minutes: 'until', to: '2026-12-09T02:00', zone: 'Europe/Berlin' });
  const { from, to } = bodyOf(once, now) as { from: number; to: number };
  assert.equal([from, to], [Date.parse('2026-12-08T21:00Z'), Date.parse('2026-12-09T01:00Z')]);
  const again = draft({ repeat: 'daily', from: '2026-12-08T22:00', minutes: 'until', to: '06:00' });
  assert.equal((bodyOf(again, now) as { repeat: object }).repeat, {
    cron: '0 22 * * *',
    zone: 'Asia/Tokyo',
    until: '06:00',
    starts: Date.parse('2026-12-08T13:00Z'),
  });
  assert.is(bodyOf(draft({ minutes: 'until' }), now), null);
});

test('wall time becomes an instant by the rule of calendars, also where clocks change, and back', () => {
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'Asia/Tokyo', 'UTC'])
    for (const day of [
      '2026-03-07',
      '2026-03-08',
      '2026-03-29',
      '2026-04-05',
      '2026-10-04',
      '2026-10-25',
      '2026-11-01',
    ])
      for (let minute = 0; minute < 1440; minute += 10) {
        const date = Temporal.PlainDate.from(day);
        const text = `${day}T${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
        const open = instantAt(date, minute, zone, 'open');
        assert.is(wallInstant(text, zone, 'open'), open, `${text} ${zone}`);
        assert.is(wallInstant(text, zone, 'close'), instantAt(date, minute, zone, 'close'), `${text} ${zone}`);
        const there = Temporal.Instant.fromEpochMilliseconds(open).toZonedDateTimeISO(zone).toPlainDateTime();
        assert.is(wallText(open, zone), there.toString({ smallestUnit: 'minute' }));
      }
  for (const text of ['', 'tomorrow', '2026-13-01T10:00']) assert.is(wallInstant(text, 'UTC', 'open'), null);
});

test('of a window that is changed only what differs is sent', () => {
  const start = Date.parse('2026-12-08T13:00:30Z');
  const row = {
    ...{ scope: { of: 'site', target: 'Osaka', name: 'Osaka' }, reason: 'New switch', repeat: null },
    once: { start, end: start + 7_200_000 },
  };
  const before = draftOf(row as never, 'Asia/Tokyo');
  assert.equal([before.from, before.to], ['2026-12-08T22:00', '2026-12-09T00:00']);
  assert.is(editOf(before, before, now), null);
  assert.equal(editOf({ ...before, reason: 'Two switches' }, before, now), { reason: 'Two switches' });
  const later = editOf({ ...before, to: '2026-12-09T01:00' }, before, now);
  assert.equal(later, { from: Date.parse('2026-12-08T13:00Z'), to: Date.parse('2026-12-08T16:00Z') });
  const repeat = { cron: '0 22 * * *', zone: 'UTC', durationMin: 60, until: null, skip: [], starts: 1, ends: 9e12 };
  const again = draftOf({ ...row, once: null, repeat } as never, 'Asia/Tokyo');
  assert.equal(editOf({ ...again, minutes: '30' }, again, now), {
    repeat: { cron: '0 22 * * *', zone: 'UTC', durationMin: 30, ends: 9e12 },
  });
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
