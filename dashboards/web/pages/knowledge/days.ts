/** Days as `date` inputs hold them, in the reader's zone. */
import { localText } from '../../time/local.ts';

export const dayText = (at: number | null): string => localText(at).slice(0, 10);

/** The last ms of the day, so that it still holds on it. */
export function endOfDay(day: string): number {
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number);
  return new Date(year, month - 1, date, 23, 59, 59, 999).getTime();
}

export function inMonths(months: number, now: number): number {
  const date = new Date(now);
  date.setMonth(date.getMonth() + months);
  return date.getTime();
}
