/** A figure depends on the zones of its calendars, never on the zone of the process that computes it. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endpointAvailability } from '../../../../collector/kpi/availability.ts';
import { backlog } from '../../../../collector/kpi/formulas/backlog.ts';
import { firstContactResolution } from '../../../../collector/kpi/formulas/first-contact.ts';
import { lostBusinessHours } from '../../../../collector/kpi/formulas/lost-hours.ts';
import { mttr } from '../../../../collector/kpi/formulas/mttr.ts';
import { slaClock } from '../../../../collector/kpi/formulas/sla-clock.ts';
import { ticketVolume } from '../../../../collector/kpi/formulas/volume.ts';
import { officeHours, periodBounds } from '../../../../shared/calendar.ts';
import { at } from '../../../support/kpi-facts.ts';

/** A month with a change of the clock, calendars made anew: a prepared one would keep what another zone gave. */
function figures() {
  const [berlin, newYork] = [officeHours('Europe/Berlin'), officeHours('America/New_York')];
  const period = periodBounds('Europe/Berlin', '2026-10');
  const opened = at('2026-10-23T16:30:00+02:00');
  const resolved = at('2026-10-26T10:00:00+01:00');
  const tickets = [
    {
      id: 'a',
      events: [
        { at: opened, state: 'new' as const },
        { at: resolved, state: 'resolved' as const },
      ],
    },
  ];
  const affected = { BER: 3, NYC: ['u1', 'u2'] };
  return {
    clock: slaClock({ calendar: berlin, minutes: 240 }, [{ type: 'start', at: opened }], resolved),
    mttr: mttr({ calendar: berlin, period, asOf: period.end, tickets }),
    backlog: backlog({ at: period.end, period, tickets }),
    volume: ticketVolume({
      period,
      zone: 'Europe/Berlin',
      tickets: [{ id: 'a', createdAt: period.end - 1, source: 'user' }],
    }),
    lost: lostBusinessHours({
      period,
      zone: 'Europe/Berlin',
      groups: { BER: { calendar: berlin, headcount: 9 }, NYC: { calendar: newYork, headcount: 9 } },
      incidents: [{ id: 'x', segments: [{ start: opened, end: resolved, factor: 0.5, affected }] }],
    }),
    contact: firstContactResolution({
      calendar: berlin,
      asOf: period.end,
      tickets: [
        {
          id: 'a',
          source: 'user',
          channel: 'mail',
          openedAt: opened,
          resolvedAt: opened,
          reopenedAt: at('2026-10-30T16:29:00+01:00'),
          touched: true,
          cancelledReason: null,
          escalated: false,
          agentPublicReplies: 1,
          requesterReplies: 0,
        },
      ],
    }),
    availability: endpointAvailability({
      class: 'server',
      calendar: newYork,
      period,
      signals: [
        { at: opened, type: 'lost' },
        { at: resolved, type: 'online' },
      ],
    }),
  };
}

test('the zone of the process changes nothing', () => {
  const own = process.env.TZ;
  const offsets = new Set<number>();
  try {
    const found = ['UTC', 'America/New_York', 'Asia/Tokyo'].map((zone) => {
      process.env.TZ = zone;
      offsets.add(new Date(2026, 9, 20).getTimezoneOffset());
      return figures();
    });
    assert.is(offsets.size, 3, 'the process was in three zones');
    assert.equal(found[1], found[0]);
    assert.equal(found[2], found[0]);
    assert.is(found[0]?.mttr.mean, 90);
    assert.is(found[0]?.contact.tickets[0]?.why, 'reopened');
  } finally {
    if (own === undefined) delete process.env.TZ;
    else process.env.TZ = own;
  }
});

test.run();
