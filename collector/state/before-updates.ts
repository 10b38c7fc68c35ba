/**
 * Copies of the state from before it was brought to a newer schema: the way back to an older version. Three are kept, named by the
 * migration that was the newest in them.
 */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Connected } from './drivers/driver.ts';
import type { StatePlace } from './drivers/index.ts';

const kept = 3;
const name = /^state-(\d{3}-[\w-]+)\.(?:db|pgdump)$/;

/** Beside the file; null: nowhere, as for a state in memory. @param data folder for copies of another database */
const folderOf = (place: StatePlace, data: string | null): string | null => {
  const beside = place.driver === 'sqlite' ? (place.file === ':memory:' ? null : dirname(place.file)) : data;
  return beside && join(beside, 'before-updates');
};

/** The newest first. */
function copiesIn(folder: string): { file: string; schema: string }[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .flatMap((file) => {
      const schema = name.exec(file)?.[1];
      return schema === undefined ? [] : [{ file: join(folder, file), schema }];
    })
    .sort((a, b) => (a.schema < b.schema ? 1 : -1));
}

/**
 * @param schema the newest migration in it
 * @returns the file; null where there is no place for one
 * @throws EvenkeelError BACKUP_REFUSED: nothing was changed yet
 */
export async function keepCopy(
  place: StatePlace,
  data: string | null,
  schema: string,
  copy: Connected['copy'],
): Promise<string | null> {
  const folder = folderOf(place, data);
  if (folder === null) return null;
  const file = join(folder, `state-${schema}.${place.driver === 'sqlite' ? 'db' : 'pgdump'}`);
  const half = `${file}.partial`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    rmSync(half, { force: true });
    await copy(half, () => {});
    renameSync(half, file);
    for (const old of copiesIn(folder).slice(kept)) rmSync(old.file, { force: true });
    return file;
  } catch (thrown) {
    rmSync(half, { force: true });
    throw fail(
      'BACKUP_REFUSED',
      {
        what: `the state before the update, to ${file}`,
        reason: reasonOf(thrown),
        todo: 'The state is as it was. Correct that (free some space, install what is missing), and start again.',
      },
      thrown,
    );
  }
}

/** What a person does whose state is of a version that this one does not know. @param isOfUse copies with which schema */
export function wayBack(place: StatePlace, data: string | null, isOfUse: (schema: string) => boolean): string {
  const folder = folderOf(place, data);
  const copy = folder === null ? undefined : copiesIn(folder).find(({ schema }) => isOfUse(schema));
  const forward = 'Start the version that wrote it again';
  if (!copy)
    return `${forward}, or restore a backup from before the update: npm run collector -- restore BACKUP --data NEWFOLDER`;
  if (place.driver === 'postgres')
    return `${forward}, or give an empty database in \`state\` and fill it from before the update: pg_restore --no-owner -d NEWDATABASE ${copy.file}`;
  const of = dirname(dirname(copy.file));
  return `${forward}, or go back to the state from before the update (what came since is lost to it, and kept as ${basename(place.file, '.db')}-replaced-1.db): npm run collector -- restore ${copy.file} --data ${of}`;
}
