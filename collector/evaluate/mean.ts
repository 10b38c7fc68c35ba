/**
 * The mean of a sliding window in five slots: bounded memory however often reports come. For metrics where a
 * single high sample means nothing (CPU), and where one low sample must not restart the wait.
 */
const slots = 5;

export interface Mean {
  /** Slot numbers, sums and counts, `slots + 1` of each: the running slot and five whole ones. */
  numbers: number[];
  sums: number[];
  counts: number[];
  since: number;
  /** The last mean that was known. */
  last: number | null;
}

export function createMean(now: number): Mean {
  return {
    numbers: new Array(slots + 1).fill(-1),
    sums: new Array(slots + 1).fill(0),
    counts: new Array(slots + 1).fill(0),
    since: now,
    last: null,
  };
}

/**
 * Adds a sample.
 * @param span ms
 * @returns the mean over the span, or null while less than nine tenths of it have been seen
 */
export function addToMean(mean: Mean, value: number, now: number, span: number): number | null {
  const number = Math.floor(now / (span / slots));
  const place = number % (slots + 1);
  if (mean.numbers[place] !== number) {
    // A gap as long as the window itself: samples before it are no longer relevant.
    if (number - Math.max(...mean.numbers) > slots) mean.since = now;
    mean.numbers[place] = number;
    mean.sums[place] = 0;
    mean.counts[place] = 0;
  }
  mean.sums[place] = (mean.sums[place] ?? 0) + value;
  mean.counts[place] = (mean.counts[place] ?? 0) + 1;
  if (now - mean.since < span * 0.9) return null;
  let sum = 0;
  let count = 0;
  for (let i = 0; i <= slots; i++) {
    if (number - (mean.numbers[i] ?? -1) > slots) continue;
    sum += mean.sums[i] ?? 0;
    count += mean.counts[i] ?? 0;
  }
  mean.last = sum / count;
  return mean.last;
}
