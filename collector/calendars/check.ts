/** What is wrong with a calendar that a person wrote. Pure. */

import { type DaySpans, isDate, isFarDate, isTime, minutesOf, type Weekday, weekdays } from '../../shared/calendar.ts';
import { shownName } from '../../shared/place-name.ts';
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
export function calendarFault({ weekly, holidays, overrides }: CalendarContent): Reason | null {
  for (const day of weekdays) {
    const fault = spansFault(day, weekly[day] ?? []);
    if (fault !== null) return fault;
  }
  for (const { date } of holidays) {
    const fault = dateFault(date);
    if (fault !== null) return fault;
  }
  const twice = holidays.find(({ date }, n) => holidays.findIndex((other) => other.date === date) !== n);
  if (twice) return reason('calendar_holiday_twice', { day: twice.date });
  for (const [date, spans] of Object.entries(overrides)) {
    const fault = dateFault(date) ?? spansFault(date, spans);
    if (fault !== null) return fault;
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
      warnings.push(
        reason('calendar_overlap', { day, next_day: next, night: hoursOf([night]), hours: hoursOf([first]) }),
      );
  }
  for (const [date, spans] of Object.entries(overrides).sort()) {
    const usual = weekly[weekdays[Temporal.PlainDate.from(date).dayOfWeek - 1] as Weekday] ?? [];
    const isOutside = (span: DaySpans[number]) => !usual.some((own) => overlap(span, own));
    if (date >= today && usual.length > 0 && spans.length > 0 && spans.every(isOutside))
      warnings.push(reason('calendar_outside', { day: date, hours: hoursOf(spans), usual: hoursOf(usual) }));
  }
  const spans = weekdays.flatMap((day) => weekly[day] ?? []);
  if (spans.length === 0) warnings.push(reason('calendar_no_weekday'));
  else if (spans.every(isOvernight)) warnings.push(reason('calendar_only_nights'));
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

function dateFault(date: string): Reason | null {
  if (!isDate(date)) return reason('calendar_date', { text: shownName(date) });
  return isFarDate(date) ? reason('calendar_far', { text: shownName(date) }) : null;
}

/** Opening at or after closing is a night shift; then it has to be the last of its day. */
function spansFault(day: string, spans: DaySpans): Reason | null {
  let last = -1;
  for (const [n, [open, close]] of spans.entries()) {
    for (const time of [open, close]) if (!isTime(time)) return reason('calendar_time', { day, text: shownName(time) });
    if (open === '24:00') return reason('calendar_opens_late', { day });
    if (open === close) return reason('calendar_same', { day, time: open });
    const [from, to] = [minutesOf(open), minutesOf(close)];
    const hours = `${open}–${close}`;
    if (from < last) return reason('calendar_order', { day, hours });
    if (to < from && n < spans.length - 1) return reason('calendar_night', { day, hours });
    last = to;
  }
  return null;
}
