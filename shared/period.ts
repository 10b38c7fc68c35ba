/** Names of report periods: a month `2026-11`, an ISO week `2026-W48`, a quarter `2026-Q4`. Pure: dates without a zone. */
export const periodKinds = ['week', 'month', 'quarter'] as const;
export type PeriodKind = (typeof periodKinds)[number];

/** Nothing was measured before. */
export const firstYear = '2000';

/** From that year on. A week 53 that the year does not have passes here and not `kindOfPeriod`. */
const inYear = '(0[1-9]|1[0-2]|Q[1-4]|W(0[1-9]|[1-4]\\d|5[0-3]))$';
export const periodText = `^2\\d{3}-${inYear}`;

/** What stands in for the name of a period when it is none. */
export const periodWords =
  'a month such as 2026-11, a week such as 2026-W48 or a quarter such as 2026-Q4, from the year 2000';

const dayMs = 86_400_000;
/** One earlier: what a period is compared with may lie before 2000. */
const form = new RegExp(`^(19|2\\d)\\d{2}-${inYear}`);
const padded = (n: number) => String(n).padStart(2, '0');

/** Null: it names no period. */
export function kindOfPeriod(name: string): PeriodKind | null {
  if (!form.test(name)) return null;
  if (name[5] === 'Q') return 'quarter';
  if (name[5] !== 'W') return 'month';
  return periodAround('week', firstDayOf(name)) === name ? 'week' : null;
}

const kindIn = (name: string): PeriodKind => (name[5] === 'Q' ? 'quarter' : name[5] === 'W' ? 'week' : 'month');

/** Its first day, as ms of that date in UTC. */
export function firstDayOf(name: string): number {
  const [year, n] = [Number(name.slice(0, 4)), Number(name.slice(5).replace(/\D/, ''))];
  if (kindIn(name) === 'month') return Date.UTC(year, n - 1);
  if (kindIn(name) === 'quarter') return Date.UTC(year, 3 * (n - 1));
  // 4 January is in week 1 of its year.
  return mondayBefore(Date.UTC(year, 0, 4)) + (n - 1) * 7 * dayMs;
}

/** The first day after it. */
export function dayAfter(name: string): number {
  const first = firstDayOf(name);
  if (kindIn(name) === 'week') return first + 7 * dayMs;
  const date = new Date(first);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + (kindIn(name) === 'quarter' ? 3 : 1));
}

/** @param day any moment of a date in UTC. @returns the period that the date is in */
export function periodAround(kind: PeriodKind, day: number): string {
  const date = new Date(day);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  if (kind === 'month') return `${year}-${padded(month + 1)}`;
  if (kind === 'quarter') return `${year}-Q${Math.floor(month / 3) + 1}`;
  // A week belongs to the year of its Thursday.
  const thursday = mondayBefore(day) + 3 * dayMs;
  const weekYear = new Date(thursday).getUTCFullYear();
  return `${weekYear}-W${padded(1 + Math.floor((thursday - Date.UTC(weekYear, 0)) / (7 * dayMs)))}`;
}

/** The period so many after, or before, one of the same kind. */
export function movedPeriod(name: string, by: number): string {
  const kind = kindIn(name);
  const date = new Date(firstDayOf(name));
  if (kind === 'week') return periodAround(kind, date.getTime() + by * 7 * dayMs);
  const months = kind === 'quarter' ? 3 * by : by;
  return periodAround(kind, Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months));
}

function mondayBefore(day: number): number {
  const midnight = day - (((day % dayMs) + dayMs) % dayMs);
  return midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * dayMs;
}
