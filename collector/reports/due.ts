/** When a schedule makes the report of which period. Pure. */
import { dayAfter, movedPeriod, type PeriodKind, periodAround } from '../../shared/period.ts';

export interface ReportRhythm {
  rhythm: PeriodKind;
  /** Local hour, 0 to 23. */
  hour: number;
  /** IANA. */
  zone: string;
}

/**
 * Days after the end of the period. A week is wanted on Monday, although late facts may still come; by the fourth day
 * of a month its numbers have settled.
 */
const daysAfter: Record<PeriodKind, number> = { week: 0, month: 3, quarter: 3 };
const dayMs = 86_400_000;

/** An hour that a day skips is the first one after it. */
function dueAt({ rhythm, hour, zone }: ReportRhythm, period: string): number {
  const day = Temporal.Instant.fromEpochMilliseconds(dayAfter(period) + daysAfter[rhythm] * dayMs);
  const date = day.toZonedDateTimeISO('UTC').toPlainDate();
  return date.toZonedDateTime({ timeZone: zone, plainTime: { hour } }).epochMilliseconds;
}

const presentPeriod = ({ rhythm, zone }: ReportRhythm, now: number): string => {
  const date = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate();
  return periodAround(rhythm, date.toZonedDateTime('UTC').epochMilliseconds);
};

/** The newest report that is due: of several that were missed only this one is made. */
export function newestDue(schedule: ReportRhythm, now: number): { period: string; at: number } {
  let period = movedPeriod(presentPeriod(schedule, now), -1);
  while (dueAt(schedule, period) > now) period = movedPeriod(period, -1);
  return { period, at: dueAt(schedule, period) };
}

export function nextDue(schedule: ReportRhythm, now: number): number {
  return dueAt(schedule, movedPeriod(newestDue(schedule, now).period, 1));
}
