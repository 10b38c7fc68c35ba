/** What is wrong with a calendar that a person wrote, in words. Pure. */
import { type DaySpans, isDate, isTime, minutesOf, type Weekday, weekdays } from '../../shared/calendar.ts';

export interface CalendarContent {
  zone: string;
  weekly: Partial<Record<Weekday, DaySpans>>;
  /** Concrete local dates `YYYY-MM-DD`, each with its name. */
  holidays: readonly { date: string; name: string }[];
  /** Dates with hours of their own; without any it is closed. */
  overrides: Readonly<Record<string, DaySpans>>;
}

/** @returns the first fault of the hours and dates, or null; the zone is checked where it is looked up */
export function calendarFault({ weekly, holidays, overrides }: CalendarContent): string | null {
  for (const day of weekdays) {
    const fault = spansFault(weekly[day] ?? []);
    if (fault !== null) return `${day}: ${fault}`;
  }
  for (const { date } of holidays) if (!isDate(date)) return `holiday "${date}" is not a date such as 2026-12-25`;
  const twice = holidays.find(({ date }, n) => holidays.findIndex((other) => other.date === date) !== n);
  if (twice) return `holiday ${twice.date} is listed twice`;
  for (const [date, spans] of Object.entries(overrides)) {
    if (!isDate(date)) return `"${date}" is not a date such as 2026-12-24`;
    const fault = spansFault(spans);
    if (fault !== null) return `${date}: ${fault}`;
  }
  return null;
}

/** Opening at or after closing is a night shift; then it has to be the last of its day. */
function spansFault(spans: DaySpans): string | null {
  let last = -1;
  for (const [n, [open, close]] of spans.entries()) {
    for (const time of [open, close])
      if (!isTime(time)) return `"${time}" is not a time of day (00:00 to 24:00, as in 09:00)`;
    if (open === '24:00') return 'it opens at 24:00: that is 00:00 of the next day';
    if (open === close) return `it opens and closes at ${open}; around the clock is 00:00 to 24:00`;
    const [from, to] = [minutesOf(open), minutesOf(close)];
    if (from < last) return `${open}–${close} begins before the span ahead of it has ended`;
    if (to < from && n < spans.length - 1)
      return `${open}–${close} goes on into the next day, so it has to be the last`;
    last = to;
  }
  return null;
}
