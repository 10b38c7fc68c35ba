/**
 * What the collector has acknowledged: it leaves the spool. What the broker confirmed but the collector did not
 * acknowledge is sent again, because the ack may have been lost, or the collector's disk: after one minute, then at
 * growing intervals. With a broker that is not the collector's own the PUBACK means nothing at all: it may have thrown the
 * message away, as while no collector listened. Then newer reports are acknowledged and older ones are not.
 */
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Ack } from '../shared/report.ts';
import type { Spool } from './spool.ts';
import { isAfter, type SpoolEntry, type SpoolKey } from './spool-entry.ts';

export const firstResendMs = 60_000;
const maxResendMs = 900_000;

export interface AckTracker {
  /**
   * @param delivered what of the ack was delivered on this connection
   * @param identity for the log
   * @returns whether the spool was renumbered: everything in flight has another number now
   */
  take(ack: Ack, delivered: Ack, identity: { endpoint: string; name: string }): boolean;
  /** The oldest entry when it and all after it are to be sent again; else null. @param connectedAt monotonic, ms */
  takeOverdue(connectedAt: number): SpoolEntry | null;
  state(): { lastAck: number | null; ownAck: number | null; sharedSince: number | null };
}

export interface AckTrackerOptions {
  spool: Pick<Spool, 'ack' | 'after' | 'newest' | 'renumber'>;
  clock: Clock;
  log: Log;
}

export function createAckTracker({ spool, clock, log }: AckTrackerOptions): AckTracker {
  let delayMs = firstResendMs;
  /** Of the last ack or the last resending, monotonic. */
  let lastAt = Number.NEGATIVE_INFINITY;
  /** The oldest entry that was left after the last ack. */
  let front: SpoolKey | null = null;
  let lastAck: number | null = null;
  /** What was there before this process made any. */
  const before = spool.newest();
  let ownAck: number | null = null;
  let sharedSince: number | null = null;

  return {
    take({ epoch, conflict }, delivered, { endpoint, name }) {
      spool.ack(delivered);
      lastAck = clock.now();
      const [oldest] = spool.after(null, 1);
      // An ack that leaves the oldest one where it is does not speak for it.
      if (oldest === undefined || !front || isAfter(oldest, front)) {
        delayMs = firstResendMs;
        lastAt = clock.monotonic();
      }
      front = oldest ? { era: oldest.era, seq: oldest.seq } : null;
      if (delivered.also.some(([, to]) => before?.epoch !== delivered.epoch || to > before.seq)) ownAck ??= lastAck;
      if (conflict === 'shared' && sharedSince === null) {
        sharedSince = lastAck;
        log.warn(
          { endpoint, name },
          'Another machine reports under this identity, too. On the one that is the copy, run: npm run agent -- enroll --again',
        );
      }
      if (conflict !== 'content' || !spool.renumber(epoch)) return false;
      log.warn(
        { epoch },
        'The collector has other reports under these numbers (a copied folder, or one from a backup): reports are renumbered',
      );
      return true;
    },
    takeOverdue(connectedAt) {
      const now = clock.monotonic();
      if (now - Math.max(connectedAt, lastAt) < delayMs) return null;
      const [oldest] = spool.after(null, 1);
      if (!oldest || clock.now() - oldest.at < delayMs) return null;
      delayMs = Math.min(maxResendMs, delayMs * 2);
      lastAt = now;
      return oldest;
    },
    state: () => ({ lastAck, ownAck, sharedSince }),
  };
}
