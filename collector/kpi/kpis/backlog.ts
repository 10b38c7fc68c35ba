/** Tickets that are open at the end of the period, or now. */
import { backlog } from '../formulas/backlog.ts';
import { defineKpi, sumOf } from '../kpi.ts';

export const openTickets = defineKpi({
  id: 'backlog',
  unit: 'count',
  of: 'count',
  total: 'sum',
  formula: 'backlog/1: tickets new, in progress or on hold at the end of the period',
  worst: 'highest',
  needs: ['tickets'],
  compute({ tickets }, period) {
    // What is open just before the end: an event at that instant is of the next period.
    const found = backlog({ at: period.end - 1, tickets, period });
    const { waiting, age, flow } = found;
    const counts = {
      ...{ waiting_us: waiting.us, waiting_requester: waiting.requester, waiting_other: waiting.third_party },
      ...{ under_10_days: age.under10Days, up_to_30_days: age.upTo30Days, over_30_days: age.over30Days },
      ...{ opened: flow?.opened ?? 0, reopened: flow?.reopened ?? 0 },
      ...{ resolved: flow?.resolved ?? 0, cancelled: flow?.cancelled ?? 0 },
    };
    return sumOf(
      found.tickets.map(({ id, openedAt }) => ({ ticket: Number(id), at: openedAt, part: 1, whole: 1 })),
      tickets.length > 0,
      { beside: Object.entries(counts).map(([code, value]) => ({ code, unit: 'count' as const, value })) },
    );
  },
});
