/** Incidents that began in the period: who noticed them first, which came back, and how many there were per machine. */
import type { Span } from '../../../shared/intervals.ts';
import { shareOf } from '../formulas/numbers.ts';
import { defineKpi, figureOf, sumOf } from '../kpi.ts';
import type { TicketFact } from '../ticket-facts.ts';

/** A duplicate, and one that became part of another incident, was none of its own. */
export const incidentsBegun = (tickets: readonly TicketFact[], { start, end }: Span): TicketFact[] =>
  tickets.filter(
    ({ kind, openedAt, events }) =>
      kind === 'incident' && openedAt >= start && openedAt < end && events.at(-1)?.state !== 'cancelled',
  );

export const foundBeforeReported = defineKpi({
  id: 'found_before_reported',
  unit: 'percent',
  of: 'count',
  formula:
    'found_before_reported/2: incidents that the monitor or a script opened before any report of a person / incidents',
  worst: 'lowest',
  needs: ['tickets', 'incidents'],
  compute({ tickets, incidents: { reportedAt } }, period) {
    const own = incidentsBegun(tickets, period);
    const isFound = ({ number, openedAt, contact: { source } }: TicketFact) =>
      source !== 'user' && (reportedAt[number] ?? Number.POSITIVE_INFINITY) >= openedAt;
    const evidence = own.map((ticket) => ({
      ...{ ticket: ticket.number, at: ticket.openedAt, part: isFound(ticket) ? 1 : 0, whole: 1 },
    }));
    const [low, high] = shareOf(own.filter(isFound).length, own.length).ci95 ?? [null, null];
    const people = own.filter(({ contact: { source } }) => source === 'user').length;
    return figureOf('percent', evidence, {
      ...{ low, high },
      beside: [{ code: 'only_reported', unit: 'count', value: people }],
    });
  },
});

export const repeatIncidents = defineKpi({
  id: 'repeat_incidents',
  unit: 'percent',
  of: 'count',
  formula:
    'repeat_incidents/1: incidents of an endpoint, rule and instance that had one in the 30 days before / incidents of the monitor',
  worst: 'highest',
  needs: ['tickets', 'incidents'],
  compute({ tickets, incidents: { repeats } }, period) {
    // Nothing tells whether two reports of people are about the same.
    const own = incidentsBegun(tickets, period).filter(({ isFromMonitor }) => isFromMonitor);
    const again = own.filter(({ number }) => repeats[number] !== undefined);
    const evidence = own.map(({ number, openedAt }) => ({
      ...{ ticket: number, at: openedAt, part: repeats[number] === undefined ? 0 : 1, whole: 1 },
    }));
    const [low, high] = shareOf(again.length, own.length).ci95 ?? [null, null];
    const reopened = own.filter(({ events }) =>
      events.some(({ state }, n) => n > 0 && state === 'in_progress' && events[n - 1]?.state === 'resolved'),
    ).length;
    return figureOf('percent', evidence, {
      ...{ low, high },
      beside: [
        { code: 'again', unit: 'count', value: again.length },
        { code: 'reopened', unit: 'count', value: reopened },
      ],
    });
  },
});

export const incidentRate = defineKpi({
  id: 'incident_rate',
  unit: 'count',
  of: 'count',
  total: 'sum',
  formula: 'incident_rate/1: incidents that began · 100 / machine-months of 30 days',
  worst: 'highest',
  needs: ['tickets', 'machines', 'presence'],
  compute({ tickets, machines, presence }, period) {
    const monitored = new Set(presence.map(({ endpoint }) => endpoint.id));
    const there = machines.filter(({ endpoint }) => monitored.has(endpoint.id));
    const months = there.reduce((sum, one) => sum + one.months, 0);
    const own = months > 0 ? incidentsBegun(tickets, period) : [];
    const evidence = own.map(({ number, openedAt }) => ({
      ...{ ticket: number, at: openedAt, part: 100 / months, whole: 1 },
    }));
    return sumOf(evidence, months > 0, {
      beside: [{ code: 'machine_months', unit: 'count', value: months > 0 ? months : null }],
    });
  },
});
