/** Token buckets by key: a burst, and a rate per second. Asking alone keeps nothing of a key. */
export interface Allowances {
  /** ms until the key may go on; 0 when it may now. */
  waitFor(key: string): number;
  /** Takes `cost` tokens; the bucket may go below zero, which makes the next one wait. @returns `waitFor` before that */
  take(key: string, cost: number): number;
  /** The same for what is done already. @returns `waitFor` after that */
  spend(key: string, cost: number): number;
}

interface Bucket {
  tokens: number;
  at: number;
}

/** @param rule with `atMost` for keys that strangers choose: that many are kept, and the one least recently taken from is forgotten */
export function createAllowances(rule: {
  perSecond: number;
  burst: number;
  monotonic: () => number;
  atMost?: number;
}): Allowances {
  const { perSecond, burst, monotonic, atMost = Infinity } = rule;
  const buckets = new Map<string, Bucket>();
  let sweptAt = monotonic();
  /** A bucket this old is full again, so it need not be remembered. */
  const fullAfterMs = (2000 * burst) / perSecond;

  function sweep(now: number): void {
    if (now - sweptAt < fullAfterMs) return;
    sweptAt = now;
    for (const [key, bucket] of buckets) if (now - bucket.at > fullAfterMs) buckets.delete(key);
  }

  const waitOf = (tokens: number) => Math.max(0, ((1 - tokens) * 1000) / perSecond);
  const tokensOf = (bucket: Bucket | undefined, now: number) =>
    bucket ? Math.min(burst, bucket.tokens + ((now - bucket.at) * perSecond) / 1000) : burst;

  /** New, or moved to the end of those that are forgotten first. */
  function keep(key: string, bucket: Bucket): void {
    sweep(bucket.at);
    buckets.delete(key);
    buckets.set(key, bucket);
    if (buckets.size > atMost) buckets.delete(buckets.keys().next().value as string);
  }

  /** @returns what it had before */
  function draw(key: string, cost: number): number {
    const now = monotonic();
    const bucket = buckets.get(key);
    const tokens = tokensOf(bucket, now);
    if (bucket && atMost === Infinity) {
      bucket.tokens = tokens - cost;
      bucket.at = now;
    } else keep(key, { tokens: tokens - cost, at: now });
    return tokens;
  }

  return {
    waitFor: (key) => waitOf(tokensOf(buckets.get(key), monotonic())),
    take: (key, cost) => waitOf(draw(key, cost)),
    spend: (key, cost) => waitOf(draw(key, cost) - cost),
  };
}
