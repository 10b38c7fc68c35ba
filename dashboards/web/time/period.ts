/** The period of a page, in the zone of the browser. Pure. */
import { kindOfPeriod, type PeriodKind, periodAround } from '../../../shared/period.ts';

/** The one that a moment is in. */
export function periodOf(at: number, kind: PeriodKind = 'month'): string {
  const date = new Date(at);
  return periodAround(kind, Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()));
}

/** The period of the query, or the present month; null: the query names none, or one that has not begun. */
export function chosenPeriod(text: string | null, now: number): string | null {
  if (text === null) return periodOf(now);
  const kind = kindOfPeriod(text);
  return kind !== null && text <= periodOf(now, kind) ? text : null;
}
