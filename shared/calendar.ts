/**
 * Business time: weekly spans in local wall time, with holidays and overrides, as a set of UTC intervals.
 *
 * A span opens at the first instant whose wall time is at or after the opening time, and closes just after the last
 * instant whose wall time is before the closing time. That one sentence settles daylight saving: an opening inside the
 * spring gap opens when the gap ends; an opening in the repeated hour takes the first pass, a closing the last.
 */
import { intersect, length, type Span, subtract, union } from './intervals.ts';

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];
/** Local times `HH:MM`; `24:00` is allowed; close at or before open means the next day. */
export type DaySpans = readonly (readonly [open: string, close: string])[];

export interface Calendar {
  /** IANA name, such as `Europe/Berlin`. */
  zone: string;
  weekly: Partial<Record<Weekday, DaySpans>>;
  /** Local dates `YYYY-MM-DD`: all wall-clock time of the date is removed, also a night shift's part of it. */
  holidays: readonly string[];
  /** Replaces the spans that start on the date, and wins over a holiday. */
  overrides: Readonly<Record<string, DaySpans>>;
}

/** Monday to Friday, 09:00 to 17:00, no holidays: the default support hours. */
export function officeHours(zone: string): Calendar {
  const day: DaySpans = [['09:00', '17:00']];
  return { zone, weekly: { mon: day, tue: day, wed: day, thu: day, fri: day }, holidays: [], overrides: {} };
}

/** Always: the calendar of what is promised around the clock. */
export function roundTheClock(zone: string): Calendar {
  const allDay: DaySpans = [['00:00', '24:00']];
  return { zone, weekly: Object.fromEntries(weekdays.map((day) => [day, allDay])), holidays: [], overrides: {} };
}

/** A time of day as `HH:MM`, to 24:00. */
export const isTime = (text: string) => /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(text);

/** `2026-02-29` has the form of a date and is none. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return new Date(Date.UTC(year, month - 1, day)).toISOString().startsWith(text);
}

/** Since midnight. @throws RangeError when it is no time of day */
export function minutesOf(time: string): number {
  const minutes = isTime(time) ? Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) : Number.NaN;
  if (!(minutes <= 1440)) throw new RangeError(`calendar: "${time}" is not a time of day (00:00 to 24:00)`);
  return minutes;
}

/** The instant at which the wall clock of `date` reaches `minutes`; `edge` decides in the repeated hour. */
function instantAt(date: Temporal.PlainDate, minutes: number, zone: string, edge: 'open' | 'close'): number {
  const day = minutes >= 1440 ? date.add({ days: 1 }) : date;
  const rest = minutes % 1440;
  const wall = day.toPlainDateTime({ hour: Math.floor(rest / 60), minute: rest % 60 });
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' });
  const inGap = !earlier.toPlainDateTime().equals(wall);
  if (inGap) return (earlier.getTimeZoneTransition('next') ?? later).epochMilliseconds;
  return (edge === 'open' ? earlier : later).epochMilliseconds;
}

function spansOf(date: Temporal.PlainDate, calendar: Calendar): Span[] {
  const day = weekdays[date.dayOfWeek - 1] as Weekday;
  const spans = calendar.overrides[date.toString()] ?? calendar.weekly[day] ?? [];
  return spans.map(([open, close]) => {
    const from = minutesOf(open);
    const to = minutesOf(close);
    return {
      start: instantAt(date, from, calendar.zone, 'open'),
      end: instantAt(to <= from ? date.add({ days: 1 }) : date, to, calendar.zone, 'close'),
    };
  });
}

/** The calendar as UTC intervals inside [from, to), ms. @throws RangeError for an unknown zone or a malformed time */
export function businessTime(calendar: Calendar, from: number, to: number): Span[] {
  if (to <= from) return [];
  const { zone } = calendar;
  const first = Temporal.Instant.fromEpochMilliseconds(from)
    .toZonedDateTimeISO(zone)
    .toPlainDate()
    .subtract({ days: 1 });
  const last = Temporal.Instant.fromEpochMilliseconds(to).toZonedDateTimeISO(zone).toPlainDate();
  const open: Span[] = [];
  for (let date = first; Temporal.PlainDate.compare(date, last) <= 0; date = date.add({ days: 1 })) {
    open.push(...spansOf(date, calendar));
  }
  const closed = calendar.holidays
    .filter((date) => calendar.overrides[date] === undefined)
    .map((text) => {
      const date = Temporal.PlainDate.from(text);
      return { start: instantAt(date, 0, zone, 'open'), end: instantAt(date, 1440, zone, 'open') };
    });
  return intersect(subtract(union(open), union(closed)), [{ start: from, end: to }]);
}

/** Business minutes between two instants (ms). */
export function businessMinutes(calendar: Calendar, start: number, end: number): number {
  return length(businessTime(calendar, start, end)) / 60_000;
}

/** The calendar month `YYYY-MM` in a zone, as [start, end) in ms. @throws RangeError when it is no month */
export function periodBounds(zone: string, month: string): Span {
  const first = Temporal.PlainYearMonth.from(month).toPlainDate({ day: 1 });
  const at = (date: Temporal.PlainDate) => instantAt(date, 0, zone, 'open');
  return { start: at(first), end: at(first.add({ months: 1 })) };
}
