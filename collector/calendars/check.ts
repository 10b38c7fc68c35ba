/** What is wrong with a calendar that a person wrote, in words. Pure. */

import { type DaySpans, isDate, isFarDate, isTime, minutesOf, type Weekday, weekdays } from '../../shared/calendar.ts';
import { type Reason, reason } from '../../shared/reason.ts';

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
  for (const { date } of holidays) {
    if (!isDate(date)) return `holiday "${date}" is not a date such as 2026-12-25`;
    if (isFarDate(date)) return `holiday "${date}" is not between 1990 and 2100`;
  }
  const twice = holidays.find(({ date }, n) => holidays.findIndex((other) => other.date === date) !== n);
  if (twice) return `holiday ${twice.date} is listed twice`;
  for (const [date, spans] of Object.entries(overrides)) {
    if (!isDate(date)) return `"${date}" is not a date such as 2026-12-24`;
    if (isFarDate(date)) return `"${date}" is not between 1990 and 2100`;
    const fault = spansFault(spans);
    if (fault !== null) return `${date}: ${fault}`;
  }
  return null;
}

/** Of one that never opens every figure would lack its denominator, and no clock of a ticket would run. */
export const isNeverOpen = ({ weekly, overrides }: Pick<CalendarContent, 'weekly' | 'overrides'>): boolean =>
  [...Object.values(weekly), ...Object.values(overrides)].every((spans) => (spans ?? []).length === 0);

/** What can be meant and often is not. @param today local date of the calendar */
export function calendarWarnings({ weekly, holidays, overrides, region }: Warned, today: string): Reason[] {
  const warnings: Reason[] = [];
  for (const [n, day] of weekdays.entries()) {
    const next = weekdays[(n + 1) % weekdays.length] as Weekday;
    const [night, first] = [weekly[day]?.at(-1), weekly[next]?.[0]];
    if (night && first && isOvernight(night) && minutesOf(first[0]) < minutesOf(night[1]))
      warnings.push(reason('calendar_overlap', { day, next, night: hoursOf([night]), hours: hoursOf([first]) }));
  }
  for (const [date, spans] of Object.entries(overrides).sort()) {
    const usual = weekly[weekdays[Temporal.PlainDate.from(date).dayOfWeek - 1] as Weekday] ?? [];
    const isOutside = (span: DaySpans[number]) => !usual.some((own) => overlap(span, own));
    if (date >= today && usual.length > 0 && spans.length > 0 && spans.every(isOutside))
      warnings.push(reason('calendar_outside', { day: date, hours: hoursOf(spans), usual: hoursOf(usual) }));
  }
  const last = lastHoliday(holidays);
  const wanted = Temporal.PlainDate.from(today).add({ months: 6 }).year;
  if (last === null && region !== null) warnings.push(reason('calendar_no_holidays', { region }));
  if (last !== null && Number(last.slice(0, 4)) < wanted)
    warnings.push(reason('calendar_holidays_end', { last, year: String(wanted) }));
  return warnings;
}

type Warned = CalendarContent & { region: string | null };

/** The list is known until then. */
export const lastHoliday = (holidays: CalendarContent['holidays']): string | null =>
  holidays.reduce<string | null>((last, { date }) => (last === null || date > last ? date : last), null);

const isOvernight = ([open, close]: DaySpans[number]) => minutesOf(close) <= minutesOf(open);
const hoursOf = (spans: DaySpans) => spans.map(([open, close]) => `${open}–${close}`).join(' ');

/** Minutes of a night shift go on after midnight. */
function overlap([open, close]: DaySpans[number], [usualOpen, usualClose]: DaySpans[number]): boolean {
  const end = (from: string, to: string) => minutesOf(to) + (minutesOf(to) <= minutesOf(from) ? 1440 : 0);
  return minutesOf(open) < end(usualOpen, usualClose) && end(open, close) > minutesOf(usualOpen);
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
