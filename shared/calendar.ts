/**
 * Business time: weekly spans in local wall time, with holidays and overrides, as a set of UTC intervals.
 *
 * A span opens at the first instant whose wall time is at or after the opening time, and closes just after the last
 * instant whose wall time is before the closing time. That one sentence settles daylight saving: an opening inside the
 * spring gap opens when the gap ends; an opening in the repeated hour takes the first pass, a closing the last.
 */
import { intersect, type Span, subtract, union } from './intervals.ts';
import { dayAfter, firstDayOf, kindOfPeriod } from './period.ts';

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

/** A year that was typed wrong: nothing that is kept here began earlier, or is known so far ahead. */
export const isFarDate = (text: string): boolean => text < '1990' || text > '2100-12-31';

/** Since midnight. @throws RangeError when it is no time of day */
export function minutesOf(time: string): number {
  const minutes = isTime(time) ? Number(time.slice(0, 2)) * 60 + Number(time.slice(3)) : Number.NaN;
  if (!(minutes <= 1440)) throw new RangeError(`calendar: "${time}" is not a time of day (00:00 to 24:00)`);
  return minutes;
}

/** The instant at which the wall clock of `date` reaches `minutes`; `edge` decides in the repeated hour. */
export function instantAt(date: Temporal.PlainDate, minutes: number, zone: string, edge: 'open' | 'close'): number {
  const day = minutes >= 1440 ? date.add({ days: 1 }) : date;
  const rest = minutes % 1440;
  const wall = day.toPlainDateTime({ hour: Math.floor(rest / 60), minute: rest % 60 });
  const earlier = wall.toZonedDateTime(zone, { disambiguation: 'earlier' });
  const later = wall.toZonedDateTime(zone, { disambiguation: 'later' });
  const inGap = !earlier.toPlainDateTime().equals(wall);
  if (inGap) return (earlier.getTimeZoneTransition('next') ?? later).epochMilliseconds;
  if (edge === 'open' || earlier.equals(later)) return earlier.epochMilliseconds;
  // Where the clock is set back to exactly this time, no instant after the first pass lies before it.
  const setBackAt = earlier.getTimeZoneTransition('next');
  return (setBackAt?.equals(later) ? earlier : later).epochMilliseconds;
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

/** Questions about business time, answered from one list per calendar and year: O(log n) each. All in ms. */
export interface BusinessClock {
  /** What is open inside [from, to). */
  open(from: number, to: number): Span[];
  /** Business time between two instants. */
  between(start: number, end: number): number;
  /** The first instant by which `ms` of business time have passed since `from`; null where it is decades away. */
  after(from: number, ms: number): number | null;
  /** Whether a local date has business time. */
  isOpenOn(date: Temporal.PlainDate): boolean;
}

/** By calendar, which must not be changed later: wall clocks of a whole year are the costly part of every report. */
const clocks = new WeakMap<Calendar, BusinessClock>();
/** The same by content, in order of last use: calendars are read anew for each report, and most sites have the same one. */
const clocksByContent = new Map<string, BusinessClock>();
const clocksKept = 200;

export function businessClock(calendar: Calendar): BusinessClock {
  const known = clocks.get(calendar);
  if (known) return known;
  const { zone, weekly, holidays, overrides } = calendar;
  const content = JSON.stringify([zone, weekly, holidays, overrides]);
  const clock = clocksByContent.get(content) ?? createClock(calendar);
  clocksByContent.delete(content);
  clocksByContent.set(content, clock);
  const [oldest] = clocksByContent.size > clocksKept ? clocksByContent.keys() : [];
  if (oldest !== undefined) clocksByContent.delete(oldest);
  clocks.set(calendar, clock);
  return clock;
}

interface BusinessYear {
  spans: Span[];
  /** Business time of the year before each span; one more for the whole year. */
  before: number[];
}

/** A calendar that has not opened for this long does not open. */
const yearsAhead = 30;
const yearOf = (at: number) => new Date(at).getUTCFullYear();

function createClock(calendar: Calendar): BusinessClock {
  const years = new Map<number, BusinessYear>();
  const dates = new Map<string, boolean>();
  function year(number: number): BusinessYear {
    const known = years.get(number);
    if (known) return known;
    const spans = businessTime(calendar, Date.UTC(number, 0, 1), Date.UTC(number + 1, 0, 1));
    const before = [0];
    for (const span of spans) before.push((before.at(-1) as number) + span.end - span.start);
    const made = { spans, before };
    years.set(number, made);
    return made;
  }
  /** Business time of its year before an instant. */
  function passed(at: number): number {
    const { spans, before } = year(yearOf(at));
    const index = countWhile(spans, (span) => span.start < at) - 1;
    const span = spans[index];
    return span ? (before[index] as number) + Math.min(at, span.end) - span.start : 0;
  }
  const whole = (number: number) => year(number).before.at(-1) as number;
  const midnight = (date: Temporal.PlainDate) => instantAt(date, 0, calendar.zone, 'open');
  const clock: BusinessClock = {
    open(from, to) {
      const parts: Span[] = [];
      for (let number = yearOf(from); from < to && number <= yearOf(to); number++) {
        const { spans } = year(number);
        const first = countWhile(spans, (span) => span.end <= from);
        parts.push(
          ...spans.slice(
            first,
            countWhile(spans, (span) => span.start < to),
          ),
        );
      }
      return intersect(union(parts), [{ start: from, end: to }]);
    },
    between(start, end) {
      if (end <= start) return 0;
      let sum = passed(end) - passed(start);
      for (let number = yearOf(start); number < yearOf(end); number++) sum += whole(number);
      return sum;
    },
    after(from, ms) {
      if (ms <= 0) return from;
      const first = yearOf(from);
      let rest = ms + passed(from);
      for (let number = first; number <= first + yearsAhead; rest -= whole(number++)) {
        const { spans, before } = year(number);
        const index = countWhile(before, (sum) => sum < rest) - 1;
        const span = spans[index];
        if (span) return span.start + rest - (before[index] as number);
      }
      return null;
    },
    isOpenOn(date) {
      const name = date.toString();
      const isOpen = dates.get(name) ?? clock.between(midnight(date), midnight(date.add({ days: 1 }))) > 0;
      dates.set(name, isOpen);
      return isOpen;
    },
  };
  return clock;
}

/** How many items at the head of a list hold, where none holds after one that does not. */
function countWhile<Item>(items: readonly Item[], holds: (item: Item) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(items[middle] as Item)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Business minutes between two instants (ms). */
export function businessMinutes(calendar: Calendar, start: number, end: number): number {
  return businessClock(calendar).between(start, end) / 60_000;
}

const localDate = (zone: string, at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);

/** The same wall time, so many business days later: dates without business time do not count. Null: decades away. */
export function businessDaysAfter(calendar: Calendar, at: number, days: number): number | null {
  const from = localDate(calendar.zone, at);
  let date = from.toPlainDate();
  for (let left = days, tried = 0; left > 0; tried++) {
    if (tried > yearsAhead * 366) return null;
    date = date.add({ days: 1 });
    if (businessClock(calendar).isOpenOn(date)) left--;
  }
  return date.toZonedDateTime({ timeZone: calendar.zone, plainTime: from.toPlainTime() }).epochMilliseconds;
}

/** How many dates of a period, by the wall clock of the calendar, have business time. */
export function businessDaysIn(calendar: Calendar, { start, end }: Span): number {
  let days = 0;
  let date = localDate(calendar.zone, start).toPlainDate();
  for (; instantAt(date, 0, calendar.zone, 'open') < end; date = date.add({ days: 1 }))
    if (businessClock(calendar).isOpenOn(date)) days++;
  return days;
}

/** The weeks of a period, from Monday to Monday by the wall clock of a zone, the first and the last cut by the period. */
export function weeksOf(zone: string, period: Span): Span[] {
  const weeks: Span[] = [];
  const first = localDate(zone, period.start).toPlainDate();
  let monday = first.subtract({ days: first.dayOfWeek - 1 });
  for (let start = period.start; start < period.end; ) {
    monday = monday.add({ days: 7 });
    const end = Math.min(instantAt(monday, 0, zone, 'open'), period.end);
    weeks.push({ start, end });
    start = end;
  }
  return weeks;
}

/** A month, week or quarter (`period.ts`) in a zone, as [start, end) in ms. @throws RangeError when it is none */
export function periodBounds(zone: string, name: string): Span {
  if (kindOfPeriod(name) === null) throw new RangeError(`${name} is no period`);
  const at = (day: number) => {
    const date = Temporal.Instant.fromEpochMilliseconds(day).toZonedDateTimeISO('UTC').toPlainDate();
    return instantAt(date, 0, zone, 'open');
  };
  return { start: at(firstDayOf(name)), end: at(dayAfter(name)) };
}
