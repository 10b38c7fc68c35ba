import type { ReasonCode } from './reason.ts';

/** The known word that a mistyped one most likely meant, or undefined when none is close. Upper case, `_` and `-` do not count. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const given = plain(word);
  const far = Math.max(2, Math.floor(given.length / 3));
  let best: { word: string; cost: number } | undefined;
  for (const candidate of known) {
    const other = plain(candidate);
    const steps = distance(given, other);
    const isShort = isShortFor(given, other);
    if (!isShort && !isShortFor(other, given) && (steps > far || steps >= other.length)) continue;
    // Letters are left out in clumps, so they count half.
    const cost = isShort ? steps / 2 : steps;
    if (!best || cost < best.cost) best = { word: candidate, cost };
  }
  return best?.word;
}

/** So many names are listed; the others are counted. */
const namedAtMost = 12;

/**
 * The values of a reason about an unknown name, whose sentence ends in `{{there}}`: the name that was most likely meant,
 * and those that there are. Nobody is to take the near ones for all.
 */
export function namesThere(
  word: string,
  all: readonly string[],
): { there: ReasonCode } & Record<string, string | number> {
  const [first] = all;
  if (first === undefined) return { there: 'names_none' };
  if (all.length === 1) return { there: 'names_one', known: first };
  const known = all.slice(0, namedAtMost).join(', ');
  const more = all.length - namedAtMost;
  const meant = nearest(word, all);
  if (meant === undefined) return more > 0 ? { there: 'names_more', known, more } : { there: 'names_all', known };
  return more > 0 ? { there: 'names_meant_more', meant, known, more } : { there: 'names_meant', meant, known };
}

/** Untrusted input may be long and must not cost CPU: no known name is half as long. */
const plain = (word: string) => word.slice(0, 100).toLowerCase().replace(/[_-]/g, '');

/** `used_pct` is short for `used_percent`: the same first letter, and all letters in their order. */
function isShortFor(short: string, long: string): boolean {
  if (short.length < 3 || short[0] !== long[0]) return false;
  let at = 0;
  for (const letter of long) if (letter === short[at]) at++;
  return at === short.length;
}

/**
 * By hand: `fastest-levenshtein` does not know swapped neighbours, which is the most frequent slip.
 *
 * Damerau-Levenshtein (optimal string alignment): single letters put in, left out or changed, or two neighbours
 * swapped.
 */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(change, swap, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
