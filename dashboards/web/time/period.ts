/** The period of a page, in the zone of the browser. Pure. */
import { kindOfPeriod, type PeriodKind, periodAround } from '../../../shared/period.ts';

/** The one that a moment is in. */
export function periodOf(at: number, kind: PeriodKind = 'month'): string {
  const date = new Date(at);
  return periodAround(kind, Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
}

/** The period of the query, or the present month; one that has not begun cannot be chosen. */
export function chosenPeriod(text: string | null, now: number): string {
  const kind = text === null ? null : kindOfPeriod(text);
  return text !== null && kind !== null && text <= periodOf(now, kind) ? text : periodOf(now);
}
