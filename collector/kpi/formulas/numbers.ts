/** Shares of few items, and what may be concluded from them. Percent is 0 to 100; null without a whole, never 0 and never 100. */
/** Whether this many items are enough for one number. */
export const enough = (n: number) => (n < 5 ? 'insufficient' : n < 30 ? 'low_n' : 'ok');

/** Of the normal distribution: 95 % lie within. */
export const z95 = 1.959964;

/** Of counts: 100 times first, so that 18 of 500 is 3.6 and not a bit less. */
export const percentOf = (part: number, whole: number): number | null => (whole > 0 ? (100 * part) / whole : null);

/** The 95 % interval of a share by Wilson, in percent: it has a width also at 0 and at 100 %. Null without items. */
function wilson(count: number, n: number): [low: number, high: number] | null {
  if (n <= 0) return null;
  const p = count / n;
  const square = z95 ** 2;
  const center = (p + square / (2 * n)) / (1 + square / n);
  const half = (z95 * Math.sqrt((p * (1 - p)) / n + square / (4 * n * n))) / (1 + square / n);
  // At its ends the share itself is a bound, which the two roots miss by a rounding.
  return [count === 0 ? 0 : 100 * (center - half), count === n ? 100 : 100 * (center + half)];
}

/** A share that items either have or have not. */
export interface Share {
  count: number;
  n: number;
  pct: number | null;
  ci95: [low: number, high: number] | null;
  /** Below 5 the page shows the items and not a percentage. */
  status: 'insufficient' | 'low_n' | 'ok';
}

export const shareOf = (count: number, n: number): Share => ({
  count,
  n,
  pct: percentOf(count, n),
  ci95: wilson(count, n),
  status: enough(n),
});

export const mean = (values: readonly number[]): number | null =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : null;

export const ascending = (a: number, b: number): number => a - b;

/** Facts come at least once: the same one twice is one. */
export function distinct<Item extends { id: string }>(items: readonly Item[]): Item[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}
