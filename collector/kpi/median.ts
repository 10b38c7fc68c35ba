/** What a mean hides: the median, its confidence interval, and the long tail. All of sorted numbers. */

export function median(sorted: readonly number[]): number | null {
  const { length: n } = sorted;
  if (n === 0) return null;
  const middle = (n - 1) / 2;
  return ((sorted[Math.floor(middle)] as number) + (sorted[Math.ceil(middle)] as number)) / 2;
}

/** Nearest rank. @param share 0 to 1 */
export function percentile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}

/**
 * The 95 % interval by order statistics: from the k-th lowest to the k-th highest, k being the largest with
 * P(Bin(n, ½) ≤ k − 1) ≤ 0.025. Null below six, which have none.
 */
export function medianInterval(sorted: readonly number[]): [low: number, high: number] | null {
  const { length: n } = sorted;
  // In logarithms: 2 to the power of −n vanishes beyond n = 1074.
  let term = -n * Math.LN2;
  let tail = 0;
  let k = 0;
  for (; k < n; k++) {
    tail += Math.exp(term);
    if (tail > 0.025) break;
    term += Math.log((n - k) / (k + 1));
  }
  return k === 0 ? null : [sorted[k - 1] as number, sorted[n - k] as number];
}
