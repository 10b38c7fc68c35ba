/** The timer of the next connection, and how often it has failed since the last stable one. */
import { delayBefore, stableMs, troubleOf } from './backoff.ts';

export interface Reconnect {
  /** A connection has ended. @returns whether it is the first since a stable one or since `reset` */
  afterEnd(error: { code?: unknown } | null, connectedMs: number): boolean;
  after(ms: number): void;
  cancel(): void;
  /** The next failure starts the backoff from the beginning. */
  reset(): void;
}

export function createReconnect(connect: () => void, random: () => number): Reconnect {
  let timer: NodeJS.Timeout | null = null;
  let tries = 0;
  return {
    afterEnd(error, connectedMs) {
      if (connectedMs >= stableMs) tries = 0;
      timer = setTimeout(connect, delayBefore(tries, troubleOf(error), random()));
      tries += 1;
      return tries === 1;
    },
    after(ms) {
      timer = setTimeout(connect, ms);
    },
    cancel() {
      if (timer) clearTimeout(timer);
      timer = null;
    },
    reset() {
      tries = 0;
    },
  };
}
