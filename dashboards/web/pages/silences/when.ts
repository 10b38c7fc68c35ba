/** Until when a silence lasts, as people say it. Pure. */
import { wallInstant, wallText } from '../../time/wall.ts';

export const lengths = ['1h', '2h', '4h', '24h', 'morning', 'monday', '7d', 'until'] as const;
export type Length = (typeof lengths)[number];

const hour = 3_600_000;
const day = 24 * hour;
const spans: Partial<Record<Length, number>> = {
  '1h': hour,
  '2h': 2 * hour,
  '4h': 4 * hour,
  '24h': day,
  '7d': 7 * day,
};
const morning = 'T08:00';

/** @param until of the choice `until`, as a `datetime-local` input holds it; null: it is no time */
export function endOf(length: Length, until: string, start: number, zone: string): number | null {
  const span = spans[length];
  if (span !== undefined) return start + span;
  if (length === 'until') return wallInstant(until, zone, 'close');
  const today = wallText(start, zone).slice(0, 10);
  for (let n = 0; n <= 7; n++) {
    const date = new Date(Date.parse(`${today}Z`) + n * day);
    const at = wallInstant(`${date.toISOString().slice(0, 10)}${morning}`, zone, 'open');
    if (at !== null && at > start && (length === 'morning' || date.getUTCDay() === 1)) return at;
  }
  return null;
}
