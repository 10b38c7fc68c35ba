/** A schedule made at any hour has somebody on call at once. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lastHandOver } from '../../dashboards/web/pages/on-call/hand-over.ts';
import { wallInstant } from '../../dashboards/web/time/wall.ts';

const test = suite('first hand-over');

test('is past at each half hour of the days when clocks change, and no more than 34 h', () => {
  for (const zone of ['UTC', 'Asia/Tokyo', 'Europe/Berlin', 'America/Los_Angeles'])
    for (const day of ['2026-03-29', '2026-10-25', '2026-03-08', '2026-11-01', '2026-11-29'])
      for (let now = Date.parse(day) - 12 * 3_600_000; now < Date.parse(day) + 36 * 3_600_000; now += 1_800_000) {
        const begun = wallInstant(lastHandOver(now, zone), zone, 'open') as number;
        assert.ok(begun <= now && begun > now - 34.5 * 3_600_000, `${zone} ${new Date(now).toISOString()}`);
      }
});

test('at night it is of the day before', () => {
  assert.is(lastHandOver(Date.parse('2026-11-29T00:43:00Z'), 'UTC'), '2026-11-28T09:00');
  assert.is(lastHandOver(Date.parse('2026-11-29T19:00:00Z'), 'UTC'), '2026-11-29T09:00');
});

test.run();
