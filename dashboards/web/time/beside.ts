/** Days and instants of pages about a period: a day in the zone of the period, an instant in that of the reader. */

import { time } from '../../../shared/words/format.ts';
import type { Language } from '../../../shared/words/index.ts';
import { readersZone } from './readers-zone.ts';

/** The day on which something of the period happened, such as its closing. */
export const dayIn = (at: number, { zone }: { zone: string }, language: Language): string =>
  time(at, language, 'date', zone);

/** `28 Nov 2026, 02:48 (Asia/Tokyo)`: the zone of the reader is named where that of the period is another one. */
export function instantBeside(
  at: number,
  period: { zone: string },
  language: Language,
  reader: string = readersZone(),
): string {
  const text = time(at, language, 'long', reader);
  return reader === period.zone ? text : `${text} (${reader})`;
}
