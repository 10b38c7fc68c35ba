/** Months as `2026-11`. Pure. */
export function periodOf(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, '0')}`;
}

/** The month of the query, or the present one; a month that has not begun cannot be chosen. */
export function chosenPeriod(text: string | null, now: number): string {
  const present = periodOf(now);
  return text !== null && /^\d{4}-(0[1-9]|1[0-2])$/.test(text) && text <= present ? text : present;
}

export function movedPeriod(period: string, months: number): string {
  const [year = 0, month = 1] = period.split('-').map(Number);
  const count = year * 12 + month - 1 + months;
  return `${String(Math.floor(count / 12)).padStart(4, '0')}-${String((count % 12) + 1).padStart(2, '0')}`;
}

/** A moment inside the month, for its name; noon of the 15th is in it everywhere. */
export function middleOf(period: string): number {
  return Date.parse(`${period}-15T12:00:00Z`);
}
