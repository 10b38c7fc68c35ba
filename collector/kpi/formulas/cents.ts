/** Whole cents of costs, spread so that they add up to what was paid. */

export interface SpreadCost {
  /** Per month, per year, or paid once for `months` of use. */
  kind: 'monthly' | 'annual' | 'capital';
  cents: number;
  /** capital: months of life. */
  months?: number;
}

/** Half a cent up. The small addition is what sums of thirds fall short by. */
export const wholeCents = (cents: number) => Math.floor(cents + 0.5 + 1e-6);

/**
 * What has become due of a cost in whole cents, so many months after it began: the difference of two such sums is the cost
 * of the time between them, and all of them add up to what was paid.
 * @param passed may end within a month
 */
export function centsAfter({ kind, cents, months = 1 }: SpreadCost, passed: number) {
  if (kind === 'monthly') return wholeCents(cents * passed);
  const life = kind === 'annual' ? 12 : Math.max(1, months);
  const lives = kind === 'annual' ? Math.floor(passed / life) : 0;
  return lives * cents + wholeCents((cents * Math.min(passed - lives * life, life)) / life);
}
