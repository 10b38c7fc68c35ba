/**
 * Sees when the data folder is taken away under a running collector: deleted, moved, unmounted, replaced or made read-only.
 * Open files go on working then, and what is written into them is gone when the process ends: nothing may be
 * acknowledged any more.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { relative } from 'node:path';
import { type EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';

export interface DataGuard {
  /** Watches this file, or folder, too. It must be there. */
  keep(path: string): void;
  /** Why nothing can be kept now; null when all is in place. A few system calls. */
  problem(): EvenkeelError | null;
  close(): void;
}

const lookEveryMs = 2000;

export function guardData(folder: string, log: Log): DataGuard {
  const files = new Map<string, string>();
  let reported: string | null = null;

  function find(): EvenkeelError | null {
    const changed = [...files].find(([path, id]) => idOf(path) !== id)?.[0];
    if (changed !== undefined) {
      const what = whatHappened(folder, changed);
      return fail('DATA_LOST', { path: folder, what });
    }
    try {
      accessSync(folder, constants.W_OK);
      return null;
    } catch (thrown) {
      const isReadOnly = (thrown as NodeJS.ErrnoException).code === 'EROFS';
      const reason = isReadOnly ? 'its file system has become read-only' : reasonOf(thrown);
      return fail('DATA_NOT_WRITABLE', { path: folder, reason }, thrown);
    }
  }

  function problem(): EvenkeelError | null {
    const found = find();
    const reason = found?.message ?? null;
    if (reason !== reported) {
      if (found) log.error({ hint: found.hint }, found.message);
      else log.info({ was: reported }, 'The data folder is in place again');
      reported = reason;
    }
    return found;
  }

  const timer = setInterval(problem, lookEveryMs);
  timer.unref();
  return {
    keep: (path) => void files.set(path, idOf(path) ?? ''),
    problem,
    close: () => clearInterval(timer),
  };
}

/** Device and file number; null when it cannot be found. */
function idOf(path: string): string | null {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    // Whatever the reason, it is not where it was.
    return null;
  }
}

function whatHappened(folder: string, file: string): string {
  if (idOf(folder) === null) return 'it was deleted, moved or unmounted';
  const name = relative(folder, file) || 'it';
  return idOf(file) === null ? `${name} is no longer there` : `${name} was replaced`;
}
