/** Token buckets by key: a burst, and a rate per second. */
export interface Allowances {
  /** ms until the key may go on; 0 when it may now. */
  waitFor(key: string): number;
  /** Takes `cost` tokens; the bucket may go below zero, which makes the next one wait. @returns `waitFor` before that */
  take(key: string, cost: number): number;
}

export function createAllowances(rule: { perSecond: number; burst: number; monotonic: () => number }): Allowances {
  const { perSecond, burst, monotonic } = rule;
  const buckets = new Map<string, { tokens: number; at: number }>();
  let sweptAt = monotonic();
  /** A bucket this old is full again, so it need not be remembered. */
  const fullAfterMs = (2000 * burst) / perSecond;

  function sweep(now: number): void {
    if (now - sweptAt < fullAfterMs) return;
    sweptAt = now;
    for (const [key, bucket] of buckets) if (now - bucket.at > fullAfterMs) buckets.delete(key);
  }

  const waitOf = (tokens: number) => Math.max(0, ((1 - tokens) * 1000) / perSecond);

  function bucketOf(key: string) {
    const now = monotonic();
    let bucket = buckets.get(key);
    if (bucket) {
      bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000);
      bucket.at = now;
    } else {
      sweep(now);
      bucket = { tokens: burst, at: now };
      buckets.set(key, bucket);
    }
    return bucket;
  }

  return {
    waitFor: (key) => waitOf(bucketOf(key).tokens),
    take(key, cost) {
      const bucket = bucketOf(key);
      const waitMs = waitOf(bucket.tokens);
      bucket.tokens -= cost;
      return waitMs;
    },
  };
}
