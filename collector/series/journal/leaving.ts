/** Series that have not come for days leave memory: a start and a scrape then take what is live, not what was ever sent. */
import type { Clock } from '../../../shared/clock.ts';
import type { Dictionary } from './dictionary.ts';
import type { LatestValues } from './latest.ts';
import type { SeriesNames } from './names.ts';

/** Slow checks come once per day. Values older than this are not looked for at start either. */
export const liveMs = 3 * 86_400_000;
const everyMs = 3_600_000;

export interface Leaving {
  /** @param isDue now, and not only once per hour */
  run(isDue: boolean): Promise<void>;
  close(): void;
}

/** @param parts.keptMs the longest retention: no sample is older */
export function createLeaving(parts: {
  latest: Pick<LatestValues, 'prune' | 'has'>;
  dictionary: Pick<Dictionary, 'holds'>;
  /** At the start the newest values of all endpoints were read: what has none had left meanwhile. */
  isWhole: boolean;
  names: Pick<SeriesNames, 'left' | 'leftMeanwhile' | 'dropLeftBefore'>;
  endpoints(): readonly number[];
  clock: Pick<Clock, 'now'>;
  keptMs: number;
}): Leaving {
  const { latest, dictionary, names, clock } = parts;
  let ranAt: number | null = null;
  let isClosed = false;

  return {
    async run(isDue) {
      const now = clock.now();
      if (!isDue && ranAt !== null && now - ranAt < everyMs) return;
      const isFirst = ranAt === null;
      ranAt = now;
      const isOver = () => isClosed;
      await names.left(latest.prune(now - liveMs), isOver);
      if (isFirst && parts.isWhole) await names.leftMeanwhile(parts.endpoints(), latest.has, now, isOver);
      await names.dropLeftBefore(now - parts.keptMs, latest.has, dictionary.holds, isOver);
    },
    close() {
      isClosed = true;
    },
  };
}
