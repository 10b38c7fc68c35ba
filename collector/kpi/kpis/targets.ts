/** Of the tickets opened in the period whose time is over, how many were answered, or resolved, within their target. */
import { targetsFor } from '../../tickets/targets.ts';
import { slaAttainment } from '../formulas/sla-attainment.ts';
import { ticketClock } from '../formulas/sla-clock.ts';
import { defineKpi, figureOf } from '../kpi.ts';

const within = (kind: 'response' | 'resolution') =>
  defineKpi({
    id: `${kind}_in_target`,
    unit: 'percent',
    of: 'count',
    formula: `${kind}_in_target/2: met / (met + breached), support time`,
    worst: 'lowest',
    needs: ['tickets'],
    hours: 'support',
    compute({ tickets }, period) {
      const opened = tickets.filter(({ openedAt }) => openedAt >= period.start && openedAt < period.end);
      const items = opened.flatMap((ticket) => {
        const targets = targetsFor(kind, ticket.targets, ticket.priorities, ticket.calendar);
        const clock = ticketClock(kind, { ...ticket, targets }, period.end);
        // It ended before anybody had to answer, and nobody did: neither kept nor missed.
        const isUnanswered = kind === 'response' && ticket.touched === false && clock?.outcome === 'met';
        return clock && !isUnanswered ? [{ id: ticket.id, clock, openedAt: ticket.openedAt }] : [];
      });
      const found = slaAttainment(items);
      const at = new Map(items.map(({ id, openedAt }) => [id, openedAt]));
      const evidence = found.tickets.map(({ id, outcome }) => ({
        ...{ ticket: Number(id), at: at.get(id) as number },
        ...{ part: outcome === 'met' ? 1 : 0, whole: outcome === 'not_due' ? 0 : 1 },
      }));
      const [low, high] = found.attainment.ci95 ?? [];
      return figureOf('percent', evidence, {
        ...{ low: low ?? null, high: high ?? null },
        beside: [
          { code: 'breached', unit: 'count', value: found.breached },
          { code: 'not_due', unit: 'count', value: found.notDue },
        ],
      });
    },
  });

export const responseInTarget = within('response');
export const resolutionInTarget = within('resolution');
