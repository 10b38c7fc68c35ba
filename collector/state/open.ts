import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { Kysely, SqliteDialect } from 'kysely';
import { Migrator } from 'kysely/migration';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Database } from './database.ts';
import * as first from './migrations/001-first.ts';
import * as restoreTests from './migrations/002-restore-tests.ts';
import * as backupRuns from './migrations/003-backup-runs.ts';
import * as identity from './migrations/004-identity.ts';
import * as places from './migrations/005-places.ts';
import * as secondHalf from './migrations/010-second-half.ts';
import * as births from './migrations/011-births.ts';
import * as refusedParts from './migrations/012-refused-parts.ts';

export type State = Kysely<Database>;

/** In order; the name is what the data folder remembers. Add a file and a line. */
const migrations = {
  '001-first': { up: first.up },
  '002-restore-tests': { up: restoreTests.up },
  '003-backup-runs': { up: backupRuns.up },
  '004-identity': { up: identity.up },
  '005-places': { up: places.up },
  '010-second-half': { up: secondHalf.up },
  '011-births': { up: births.up },
  '012-refused-parts': { up: refusedParts.up },
};

const noRollback = { reader: false, all: () => [], run: () => ({ changes: 0, lastInsertRowid: 0 }) };

/** Statements kept prepared. More texts than these are lists of many lengths, which seldom come again. */
const preparedAtMost = 200;

/** Kysely's SQLite dialect speaks better-sqlite3; this is the part of it that `node:sqlite` already has. */
function adapt(database: DatabaseSync) {
  /** By text, the last used last: to prepare a statement costs as much as to run it. */
  const prepared = new Map<string, ReturnType<typeof prepare>>();

  function prepare(text: string) {
    const statement = database.prepare(text);
    return {
      reader: statement.columns().length > 0,
      all: (parameters: readonly unknown[]) => statement.all(...(parameters as SQLInputValue[])),
      run: (parameters: readonly unknown[]) => statement.run(...(parameters as SQLInputValue[])),
    };
  }

  return {
    close: () => database.close(),
    prepare(text: string) {
      // A full disk makes SQLite roll back by itself; a second rollback would fail and hide what had happened.
      if (text === 'rollback' && !database.isTransaction) return noRollback;
      const statement = prepared.get(text) ?? prepare(text);
      prepared.delete(text);
      prepared.set(text, statement);
      if (prepared.size > preparedAtMost) prepared.delete(prepared.keys().next().value as string);
      return statement;
    },
  };
}

/**
 * Opens the state in `file` (or `:memory:`) and brings it to the newest schema.
 * @throws EvenkeelError DATA_NEWER when a newer version wrote it, DATA_CORRUPT when it is no database of ours
 */
export async function openState(file: string): Promise<State> {
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(file);
    database.exec(
      'pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on; pragma busy_timeout = 2000',
    );
    const verdict = database.prepare('pragma quick_check(1)').get() as { quick_check: string };
    if (verdict.quick_check !== 'ok') throw new Error(verdict.quick_check);
  } catch (thrown) {
    throw fail('DATA_CORRUPT', { path: file, reason: reasonOf(thrown) }, thrown);
  }
  const state = new Kysely<Database>({ dialect: new SqliteDialect({ database: adapt(database) as never }) });
  const migrator = new Migrator({ db: state, provider: { getMigrations: async () => migrations as never } });
  const known = Object.keys(migrations);
  const newer = (await appliedMigrations(database)).filter((name) => !known.includes(name));
  if (newer.length > 0) {
    await state.destroy();
    throw fail('DATA_NEWER', { path: file, found: newer.at(-1) ?? '?', known: known.at(-1) ?? '?' });
  }
  const { error } = await migrator.migrateToLatest();
  if (error) throw fail('DATA_CORRUPT', { path: file, reason: reasonOf(error) }, error);
  return state;
}

async function appliedMigrations(database: DatabaseSync): Promise<string[]> {
  const table = database.prepare("select 1 from sqlite_master where name = 'kysely_migration'").get();
  if (!table) return [];
  return database
    .prepare('select name from kysely_migration order by name')
    .all()
    .map((row) => String(row.name));
}
