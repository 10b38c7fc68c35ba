/** Of the promises that fell due, how many were kept. Overdue and unanswered is not kept; what is not due yet is out. */
import { distinct, type Share, shareOf } from './numbers.ts';
import type { SlaClock } from './sla-clock.ts';

/** Tickets of the period, which are those opened in it, each with its clock as of now. */
export interface SlaItem {
  id: string;
  clock: SlaClock;
}

export interface SlaAttainment {
  met: number;
  breached: number;
  notDue: number;
  attainment: Share;
  tickets: { id: string; outcome: 'met' | 'breached' | 'not_due'; usedMinutes: number; dueAt: number | null }[];
}

export function slaAttainment(items: readonly SlaItem[]): SlaAttainment {
  const tickets = distinct(items).flatMap(({ id, clock: { outcome, usedMinutes, dueAt } }) =>
    outcome === 'none' ? [] : { id, outcome: outcome === 'open' ? ('not_due' as const) : outcome, usedMinutes, dueAt },
  );
  const count = (which: string) => tickets.filter(({ outcome }) => outcome === which).length;
  const [met, breached, notDue] = [count('met'), count('breached'), count('not_due')];
  return { met, breached, notDue, attainment: shareOf(met, met + breached), tickets };
}
