/** The days of a month and which changes lie on each, in the zone of the browser. Pure but for that zone. */
import type { ChangeRow } from '../../../../shared/api.ts';

export interface CalendarDay {
  start: number;
  end: number;
  /** Of the month that is shown, not of the one before or after. */
  isOwn: boolean;
}

/** @param month such as 2026-11 */
export function monthSpan(month: string): { from: number; to: number } {
  const [year, index] = month.split('-').map(Number) as [number, number];
  return { from: new Date(year, index - 1, 1).getTime(), to: new Date(year, index, 1).getTime() };
}

/** Whole weeks from Monday, so that every day of the month is in one. */
export function weeksOf(month: string): CalendarDay[][] {
  const { from, to } = monthSpan(month);
  const first = new Date(from);
  const weeks: CalendarDay[][] = [];
  // Day by day on the wall clock: one has 23 or 25 hours.
  const at = (day: number) => new Date(first.getFullYear(), first.getMonth(), day).getTime();
  for (let day = 1 - ((first.getDay() + 6) % 7); at(day) < to; day += 7)
    weeks.push(
      Array.from({ length: 7 }, (_, n) => {
        const start = at(day + n);
        return { start, end: at(day + n + 1), isOwn: start >= from && start < to };
      }),
    );
  return weeks;
}

/** What takes no time, such as a restart, lies on the day of its instant. */
export const liesOn = ({ from, to }: Pick<ChangeRow, 'from' | 'to'>, { start, end }: CalendarDay): boolean =>
  from < end && (to > start || from >= start);

/** The one on which `start` lies, as the address of the page has it: 2026-11-09. */
export function dayName(start: number): string {
  const date = new Date(start);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

/** @param name such as 2026-11-09. @returns null for what is no day of that month */
export const dayNamed = (name: string | null, month: string): CalendarDay | null =>
  weeksOf(month)
    .flat()
    .find(({ start, isOwn }) => isOwn && dayName(start) === name) ?? null;
