/**
 * Endpoints that were erased by the leader: what the journal of this collector has of them goes as well, now or at its next start, and so
 * do samples that only now reach the backend.
 */

import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import type { KnownEndpoints } from './known.ts';

export interface ErasedElsewhere {
  /** Resolves when nothing of them is left, or it was logged what is: that is tried again. */
  look(): Promise<void>;
  /** Something about it has changed: it may be that. */
  changed(id: string): void;
  close(): void;
}

/** What was missed, or could not be erased because the backend was away. */
const lookEveryMs = 300_000;
/** A row may be in sight so much later than it says. */
const lateMs = 3_600_000;

export function createErasedElsewhere(parts: {
  state: State;
  series: Pick<SeriesStore, 'holds' | 'erase'>;
  known: Pick<KnownEndpoints, 'get'>;
  log: Log;
}): ErasedElsewhere {
  const { state, series, known, log } = parts;
  let since = 0;
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function erase(): Promise<void> {
    let held: string[] = [];
    try {
      const rows = await state
        .selectFrom('endpoints')
        .select(['id', 'erased_at'])
        .where('erased_at', '>=', since)
        .execute();
      // What is erased is held no longer: looking again costs the query alone.
      held = rows.flatMap(({ id }) => (series.holds(id) ? id : []));
      for (const id of held) await series.erase(id);
      since = rows.reduce((latest, { erased_at }) => Math.max(latest, (erased_at ?? 0) - lateMs), since);
      if (held.length > 0) log.info({ endpoints: held }, 'Erased here what was erased at the leader');
    } catch (thrown) {
      log.warn(
        { endpoints: held, reason: reasonOf(thrown) },
        'What was erased at the leader is not erased here yet; tried again',
      );
    }
  }

  function look(): Promise<void> {
    if (!running) {
      running = erase().finally(() => {
        running = null;
      });
      return running;
    }
    // One that was asked for during a run is not in it.
    next ??= running.then(() => {
      next = null;
      return look();
    });
    return next;
  }

  const timer = setInterval(() => void look(), lookEveryMs);
  timer.unref();
  return {
    look,
    changed(id) {
      if (!known.get(id) && series.holds(id)) void look();
    },
    close: () => clearInterval(timer),
  };
}
