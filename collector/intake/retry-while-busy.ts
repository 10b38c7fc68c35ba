/** Retries while the disk is full or the database is away: neither may lose a message. */
import { setTimeout as pause } from 'node:timers/promises';
import { EvenkeelError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';

const againMs = 1000;

export type RetryWhileBusy = <T>(work: () => Promise<T>) => Promise<T>;

/** @param log one line at the first failure, one at recovery */
export function createRetryWhileBusy(log: Log): RetryWhileBusy {
  let troubled = false;
  return async (work) => {
    for (;;) {
      try {
        const result = await work();
        if (troubled) log.info({}, 'The state of the collector can be saved again');
        troubled = false;
        return result;
      } catch (thrown) {
        if (!willPass(thrown)) throw thrown;
        if (!troubled) log.error({ err: thrown }, 'The state of the collector cannot be saved; messages wait');
        troubled = true;
        await pause(againMs, undefined, { ref: false });
      }
    }
  };
}

export const willPass = (thrown: unknown): boolean => thrown instanceof EvenkeelError && thrown.retryable;
