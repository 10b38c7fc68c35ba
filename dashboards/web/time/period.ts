/** Which period a moment is in: a date is one of a zone. Pure. */
import { firstYear, kindOfPeriod, type PeriodKind, periodAround } from '../../../shared/period.ts';

/** The one that a moment is in. @param zone IANA: for numbers the report zone, for days that a page draws that of the reader */
export function periodOf(at: number, zone: string, kind: PeriodKind = 'month'): string {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: 'numeric', day: 'numeric' });
  const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const { year = 0, month = 1, day = 1 } = found;
  return periodAround(kind, Date.UTC(year, month - 1, day));
}

/** The period of the query, or the present month; null: the query names none, one before all numbers, or one that has not begun. */
export function chosenPeriod(text: string | null, now: number, zone: string): string | null {
  if (text === null) return periodOf(now, zone);
  const kind = kindOfPeriod(text);
  return kind !== null && text >= firstYear && text <= periodOf(now, zone, kind) ? text : null;
}
