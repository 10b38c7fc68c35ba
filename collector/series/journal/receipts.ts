/** Makes receipts durable outside the blocks before blocks are trimmed, and drops those that are no longer needed. */
import type { Clock } from '../../../shared/clock.ts';
import type { Log } from '../../../shared/log.ts';
import type { Dictionary } from './dictionary.ts';
import { type Epochs, rangesOfEndpoint, rowOf } from './epochs.ts';
import type { Journal } from './journal.ts';

/** An epoch without new reports for this long has ended, or its endpoint is off. */
const restAfterMs = 3_600_000;
/** Receipts saved per commit: reports that arrive meanwhile wait for it. */
const receiptsACommit = 500;

export interface ReceiptKeeper {
  /**
   * Saves what has changed so far. Trimming is allowed only afterwards; that later receipts are saved with it does no
   * harm, because they are durable as blocks already, and adding a range twice changes nothing.
   */
  save(): Promise<void>;
  /** An agent's spool does not outlive the longest retention; its receipts need not either. */
  dropOld(): void;
}

/** @param parts.keptMs the longest retention */
export function createReceiptKeeper(parts: {
  journal: Journal;
  epochs: Epochs;
  clock: Clock;
  keptMs: number;
  dictionary: Pick<Dictionary, 'endpointName'>;
  log: Log;
}): ReceiptKeeper {
  const { journal, epochs, clock, dictionary, log } = parts;
  return {
    async save() {
      for (let left = epochs.changedCount; left > 0; ) {
        const some = epochs.takeChanged(Math.min(left, receiptsACommit));
        if (some.length === 0) return;
        left -= some.length;
        try {
          journal.saveReceipts(some.map(rowOf));
        } catch (thrown) {
          epochs.giveBack(some);
          throw thrown;
        }
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
    dropOld() {
      for (const [endpoint, ranges] of epochs.takeForgotten())
        log.warn(
          { endpoint: dictionary.endpointName(endpoint), ranges, limit: rangesOfEndpoint },
          'The numbers of reports have too many gaps: in epochs used long ago it is forgotten which came beyond the first gap. What of them comes again is stored twice',
        );
      const before = clock.now() - parts.keptMs;
      epochs.dropSeenBefore(before);
      journal.dropReceipts(before, epochs.takeDropped());
      epochs.restSeenBefore(clock.now() - restAfterMs);
    },
  };
}
