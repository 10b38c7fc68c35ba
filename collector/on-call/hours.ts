/** Weekly hours on the wall clock of a zone: of a layer, of a route, and quiet hours. Pure. */
import { type BusinessClock, businessClock, type DaySpans, type Weekday, weekdays } from '../../shared/calendar.ts';

/** Those over midnight belong to the day on which they begin. */
export interface WeeklyHours {
  days: readonly Weekday[];
  /** Local `HH:MM`. */
  from: string;
  /** At or before `from`: on the next day; `24:00` is allowed. */
  to: string;
}

const allDay: WeeklyHours = { days: weekdays, from: '00:00', to: '24:00' };

/** A clock that runs inside the hours and outside the holidays; without hours around the clock. */
export function hoursClock(
  zone: string,
  hours: readonly WeeklyHours[] = [allDay],
  holidays: readonly string[] = [],
): BusinessClock {
  const weekly: Partial<Record<Weekday, DaySpans>> = {};
  for (const day of weekdays) {
    const own = hours.filter(({ days }) => days.includes(day));
    if (own.length > 0) weekly[day] = own.map(({ from, to }) => [from, to] as const);
  }
  return businessClock({ zone, weekly, holidays, overrides: {} });
}

export const isInside = (clock: BusinessClock, at: number): boolean => clock.open(at, at + 1).length > 0;

/** Maximum length that is searched for the end of hours: nobody has hours that run on for longer. */
const searchedMs = 8 * 86_400_000;

/** When the hours that hold at an instant end; null outside them. */
export function endOfHours(clock: BusinessClock, at: number): number | null {
  const [now] = clock.open(at, at + searchedMs);
  return now && now.start <= at ? now.end : null;
}
