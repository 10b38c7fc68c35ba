/** A copy of the store as of one moment. What arrives meanwhile is in it, or not: both are whole. */
import { join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import type { Backend } from './backend.ts';
import type { SeriesCopy } from './series.ts';

/** Per step, which holds up commits: 200 pages are 0.8 MB. */
const pagesPerStep = 200;

/** @param journal the connection that writes: from another one, the copy would begin anew at each commit */
export async function copySeries(
  journal: DatabaseSync,
  backend: Pick<Backend, 'hold'>,
  folder: string,
  to: SeriesCopy,
): Promise<{ isWhole: boolean }> {
  // Before the journal: what its copy names was named then, or later.
  const held = await backend.hold();
  try {
    await backup(journal, to.journal, {
      rate: pagesPerStep,
      progress: ({ totalPages, remainingPages }) => to.progress(totalPages - remainingPages, totalPages),
    });
    if (!held) return { isWhole: false };
    const copy = openUnchanged(to.journal);
    const files = held.named(copy);
    copy.close();
    await to.files(files.map((file) => ({ ...file, from: join(folder, ...file.path.split('/')) })));
    return { isWhole: true };
  } finally {
    held?.release();
  }
}

/** Only read, without the files that SQLite else lays beside it. Nothing may write to it meanwhile. */
export function openUnchanged(file: string): DatabaseSync {
  const url = pathToFileURL(file);
  url.searchParams.set('immutable', '1');
  return new DatabaseSync(url, { readOnly: true });
}
