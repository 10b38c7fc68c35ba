/** A cron expression in words where there are words for it. Pure. */
export type Rhythm =
  | { of: 'daily'; time: string }
  /** `weekday`: 0 is Sunday. */
  | { of: 'weekly'; time: string; weekday: number }
  | { of: 'monthly'; time: string; day: number }
  | { of: 'nth'; time: string; weekday: number; nth: 1 | 2 | 3 | 4 | 5 };

const weekdays = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const within = (text: string | undefined, least: number, most: number): number | null => {
  if (text === undefined || !/^\d{1,2}$/.test(text)) return null;
  const value = Number(text);
  return value >= least && value <= most ? value : null;
};
const two = (n: number) => String(n).padStart(2, '0');

function weekdayOf(text: string): number | null {
  const at = weekdays.indexOf(text.toUpperCase());
  const value = at >= 0 ? at : within(text, 0, 7);
  return value === 7 ? 0 : value;
}

/** @returns null for what has no words: lists, ranges, steps, months, both kinds of day */
export function rhythmOf(cron: string): Rhythm | null {
  const fields = cron.trim().split(/\s+/);
  const [minutes, hours, day = '', month, dow = ''] = fields;
  const [minute, hour] = [within(minutes, 0, 59), within(hours, 0, 23)];
  if (fields.length !== 5 || minute === null || hour === null || month !== '*') return null;
  const time = `${two(hour)}:${two(minute)}`;
  if (dow === '*') {
    const date = within(day, 1, 31);
    return date !== null ? { of: 'monthly', time, day: date } : day === '*' ? { of: 'daily', time } : null;
  }
  if (day !== '*') return null;
  const [, name = dow, n] = /^(\w+)#([1-5])$/.exec(dow) ?? [];
  const weekday = weekdayOf(name);
  if (weekday === null) return null;
  return n === undefined
    ? { of: 'weekly', time, weekday }
    : { of: 'nth', time, weekday, nth: Number(n) as 1 | 2 | 3 | 4 | 5 };
}
