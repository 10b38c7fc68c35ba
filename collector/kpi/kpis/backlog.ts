/** Tickets that are open at the end of the period, or now. */
import { businessDaysIn } from '../../../shared/calendar.ts';
import { backlog } from '../formulas/backlog.ts';
import { defineKpi, type SideFigure, sumOf } from '../kpi.ts';
import { knownPart, paceBefore } from '../period.ts';

export const openTickets = defineKpi({
  id: 'backlog',
  unit: 'count',
  of: 'count',
  total: 'sum',
  formula: 'backlog/1: tickets new, in progress or on hold at the end of the period',
  worst: 'highest',
  needs: ['tickets', 'created', 'since'],
  hours: 'support',
  compute({ tickets, created: { zone, calendar }, since }, period) {
    // What is open just before the end: an event at that instant is of the next period.
    const paced = paceBefore(period.end, zone);
    const { flow: last } = backlog({ at: period.end - 1, tickets, period: paced });
    const resolved = new Set(last?.events.filter(({ what }) => what === 'resolved').map(({ id }) => id)).size;
    const businessDays = businessDaysIn(calendar, knownPart(paced, since));
    const found = backlog({ at: period.end - 1, tickets, period, pace: { resolved, businessDays } });
    const { waiting, age, flow } = found;
    const counts = {
      ...{ waiting_us: waiting.us, waiting_requester: waiting.requester, waiting_other: waiting.third_party },
      ...{ under_10_days: age.under10Days, up_to_30_days: age.upTo30Days, over_30_days: age.over30Days },
      ...{ start: flow?.start ?? 0, opened: flow?.opened ?? 0, reopened: flow?.reopened ?? 0 },
      ...{ resolved: flow?.resolved ?? 0, cancelled: flow?.cancelled ?? 0 },
    };
    return sumOf(
      found.tickets.map(({ id, openedAt }) => ({ ticket: Number(id), at: openedAt, part: 1, whole: 1 })),
      tickets.length > 0,
      {
        beside: [
          ...Object.entries(counts).map(([code, value]): SideFigure => ({ code, unit: 'count', value })),
          { code: 'days_of_work', unit: 'count', value: found.daysOfWork },
        ],
      },
    );
  },
});
