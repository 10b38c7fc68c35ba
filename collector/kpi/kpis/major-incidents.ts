/** Incidents of priority 1 (one each) and 2 (a half each) that began in the period, per 30 days and 100 endpoints. */
import { majorIncidentRate } from '../formulas/major-incidents.ts';
import { defineKpi, partBeside, sumOf } from '../kpi.ts';
import { daysOf, knownPart } from '../period.ts';

export const majorIncidents = defineKpi({
  id: 'major_incidents',
  unit: 'count',
  of: 'count',
  total: 'sum',
  formula: 'major_incidents/2: (P1 + P2/2) · 30/days known ÷ max(1, endpoints/100)',
  worst: 'highest',
  needs: ['tickets', 'presence', 'since'],
  compute({ tickets, presence, since }, period) {
    const began = tickets.filter(({ openedAt }) => openedAt >= period.start && openedAt < period.end);
    // A duplicate, and one that became part of another incident, was none of its own.
    const own = began.filter(({ events }) => events.at(-1)?.state !== 'cancelled');
    const priorityOf = new Map(
      own.map(({ id, priorities }) => [id, Math.min(...priorities.map((one) => one.priority))]),
    );
    const { incidents } = majorIncidentRate({
      incidents: own.map(({ id }) => ({ id, priority: priorityOf.get(id) as number })),
      endpoints: presence.length,
      periodDays: daysOf(knownPart(period, since)),
    });
    const at = new Map(own.map(({ id, openedAt }) => [id, openedAt]));
    return sumOf(
      incidents.map(({ id, part }) => ({ ticket: Number(id), at: at.get(id) as number, part, whole: 1 })),
      presence.length > 0,
      {
        beside: [
          ...[1, 2].map((priority) => ({
            ...{ code: `p${priority}`, unit: 'count' as const },
            value: incidents.filter((one) => one.priority === priority).length,
          })),
          ...partBeside(period, since),
        ],
      },
    );
  },
});
