/**
 * Puts a copy of the state from before an update back in its place, in the data folder that it comes from. All that follows from it is
 * older than the world, as after any restore. The state that was there stays beside it.
 */
import { existsSync, linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import { openUnchanged } from '../series/copy.ts';
import { isKnownSchema, newestSchema, openState } from '../state/open.ts';
import { copyFile, giveToOwner, syncFolder } from './files.ts';
import { names } from './note.ts';
import { markRestored } from './restored.ts';

export interface StateRequest {
  file: string;
  /** Held by the caller. */
  data: string;
  now(): number;
  signal: AbortSignal;
}

export interface RestoredFile {
  /** Where the state is that was there. */
  replaced: string;
  madeAt: number;
}

export const isStateFile = (path: string): boolean =>
  existsSync(path) && lstatSync(path).isFile() && path.endsWith('.db');

/** @throws EvenkeelError BACKUP_UNUSABLE, RESTORE_REFUSED */
export async function restoreState({ file, data, now, signal }: StateRequest): Promise<RestoredFile> {
  const state = join(data, names.state);
  if (!existsSync(state))
    throw fail('RESTORE_REFUSED', {
      path: data,
      reason: 'there is no state of a collector in it, which the copy could replace',
      todo: 'A copy of the state alone goes back to the data folder that it comes from: name that one with --data.',
    });
  refuseUnfit(file);
  const fresh = join(data, 'state-restoring.db');
  const clean = () => {
    for (const end of ['', '-wal', '-shm']) rmSync(`${fresh}${end}`, { force: true });
  };
  try {
    clean();
    await copyFile(file, fresh, { signal, moved() {} });
    const madeAt = Math.round(lstatSync(file).mtimeMs);
    const erased = erasedIn(state);
    const opened = await openState(fresh);
    try {
      await markRestored(opened, { at: now(), madeAt, from: basename(file), erased, isWhole: false });
    } finally {
      await opened.destroy();
    }
    const replaced = freeName(data);
    await giveToOwner(fresh, data);
    linkSync(state, replaced);
    renameSync(fresh, state);
    await syncFolder(data);
    return { replaced, madeAt };
  } catch (thrown) {
    clean();
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail(
      'RESTORE_REFUSED',
      { path: data, reason: reasonOf(thrown), todo: 'The state is as it was. Correct that and try again.' },
      thrown,
    );
  }
}

function refuseUnfit(file: string): void {
  const refuse = (reason: string, todo: string) => fail('BACKUP_UNUSABLE', { path: file, reason, todo });
  let schema: string;
  try {
    const copy = openUnchanged(file);
    try {
      const verdict = copy.prepare('pragma integrity_check(1)').get()?.integrity_check;
      if (verdict !== 'ok') throw new Error(String(verdict));
      schema = String(copy.prepare('select name from kysely_migration order by name desc limit 1').get()?.name);
    } finally {
      copy.close();
    }
  } catch (thrown) {
    throw refuse(
      `it is damaged, or no copy of a state: ${reasonOf(thrown)}`,
      'Nothing was changed. Take another copy.',
    );
  }
  if (!isKnownSchema(schema))
    throw refuse(
      `a newer version made it (schema ${schema}; this version knows ${newestSchema})`,
      'Nothing was changed. Start the newer version.',
    );
}

/** Of the state that is replaced. All of it is in its file afterwards, and not in its log. */
function erasedIn(state: string): string[] {
  try {
    const old = new DatabaseSync(state);
    try {
      old.exec('pragma wal_checkpoint(truncate)');
      const rows = old.prepare('select id from endpoints where erased_at is not null').all();
      return rows.map(({ id }) => String(id));
    } finally {
      old.close();
    }
  } catch (thrown) {
    throw fail(
      'RESTORE_REFUSED',
      {
        path: state,
        reason: `what was erased since cannot be read from the state that is there: ${reasonOf(thrown)}`,
        todo: 'Restore a whole backup to a new folder: npm run collector -- restore BACKUP --data NEWFOLDER',
      },
      thrown,
    );
  }
}

function freeName(data: string): string {
  for (let n = 1; ; n++) {
    const path = join(data, `state-replaced-${n}.db`);
    if (!existsSync(path)) return path;
  }
}
