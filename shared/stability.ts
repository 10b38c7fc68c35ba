/** What the sentences about the stability index say, on the page and in the mail. Pure. */
import type { Stability } from './api.ts';

/** Points that nobody would tell apart. */
const alike = 0.5;

/** The part with the lowest score, and those that took the most points or nearly so: none hides another. Most first. */
export function limitingParts({ index, parts }: Pick<Stability, 'index' | 'parts'>): Stability['parts'] {
  if (index.limitedBy === null) return [];
  const least = Math.max(...parts.map(({ lost }) => lost)) - alike;
  return parts
    .filter(({ part, lost }) => part === index.limitedBy?.part || (lost > 0 && lost >= least))
    .sort((a, b) => b.lost - a.lost);
}

/** Why a difference is not clear: late facts may change either number, or it is within their ranges. */
export const unclearBecause = ({ provisional, compared }: Pick<Stability, 'provisional' | 'compared'>) =>
  provisional || compared?.provisional ? 'provisional' : 'range';
