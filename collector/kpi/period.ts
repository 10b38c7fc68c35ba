/** The months, weeks and quarters of reports. */
import { periodBounds } from '../../shared/calendar.ts';
import { fail } from '../../shared/errors.ts';
import type { Span } from '../../shared/intervals.ts';
import { periodWords } from '../../shared/period.ts';

/** Late facts (a buffer delivered after days offline) may still change a period for this long. */
const settlesAfterMs = 3 * 86_400_000;

export interface Period {
  period: Span;
  /** The part of it that has passed. */
  window: Span;
  /** It is not over, or late facts may still come. */
  provisional: boolean;
}

/** @param query `period` is named as in shared/period.ts, `zone` the report zone. @throws EvenkeelError BAD_REQUEST, NOT_BEGUN */
export function periodOf({ period: name, zone, now }: { period: string; zone: string; now: number }): Period {
  let period: Span;
  try {
    period = periodBounds(zone, name);
  } catch {
    throw fail('BAD_REQUEST', {
      problem: `period "${name.slice(0, 40)}" must be ${periodWords}`,
    });
  }
  if (period.start > now) throw fail('NOT_BEGUN', { period: name, zone, present: presentMonth(now, zone) });
  const window = { start: period.start, end: Math.max(period.start, Math.min(period.end, now)) };
  return { period, window, provisional: now < period.end + settlesAfterMs };
}

/** The month of `now` in the report zone. */
export const presentMonth = (now: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate().toPlainYearMonth().toString();

/** The part of a period from the first fact on: days, costs and working time before it are set against nothing. Empty without one. */
export const knownPart = ({ start, end }: Span, since: number | null): Span => ({
  start: Math.min(end, Math.max(start, since ?? end)),
  end,
});

/** The four weeks by which it is told how fast the desk works: whole dates of the report zone back from an instant. */
export const paceBefore = (end: number, zone: string): Span => ({
  start: Temporal.Instant.fromEpochMilliseconds(end).toZonedDateTimeISO(zone).subtract({ days: 28 }).epochMilliseconds,
  end,
});

export const daysOf = ({ start, end }: Span): number => (end - start) / 86_400_000;

/** Months that a stretch of time touches, oldest first. */
export function monthsIn(from: number, to: number, zone: string): string[] {
  const found: string[] = [];
  for (let month = presentMonth(from, zone); month <= presentMonth(to, zone); ) {
    found.push(month);
    month = Temporal.PlainYearMonth.from(month).add({ months: 1 }).toString();
  }
  return found;
}
