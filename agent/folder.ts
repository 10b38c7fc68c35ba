/**
 * Detects that the agent's own folder was deleted or moved while it runs: what is written into deleted files is lost
 * when it ends.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type EvenkeelError, fail } from '../shared/errors.ts';

/** @returns a function that returns what has happened to the folder since; null while all is in place */
export function watchFolder(data: string, files: readonly string[]): () => EvenkeelError | null {
  const opened = idOf(data);
  return () => {
    const missing = files.find((name) => !existsSync(join(data, name)));
    const now = idOf(data);
    if (now === opened && missing === undefined) return null;
    const what =
      now === null
        ? 'it was deleted, moved or unmounted'
        : now === opened
          ? `${missing} is no longer there`
          : 'it was replaced';
    return fail('AGENT_FOLDER_LOST', { path: data, what });
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
