/** The state in one file of the data folder, by `node:sqlite`. */
import { backup, DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { SqliteDialect, sql } from 'kysely';
import { EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import { fillReserve, keepReserve } from '../reserve.ts';
import type { StateDriver } from './driver.ts';
import { sqliteTextIndex } from './sqlite-text-index.ts';

export interface SqlitePlace {
  driver: 'sqlite';
  /** Or `:memory:`. */
  file: string;
  /** For what only looks at it: nothing can be changed, and it must be there. */
  isReadOnly?: boolean;
}

/** Per step, which holds up statements: 200 pages are 0.8 MB. */
const pagesPerStep = 200;

/** On the connection that writes: from another one, a copy begins anew at each commit. */
const copier = (database: DatabaseSync) => async (file: string, progress: (done: number, total: number) => void) => {
  await backup(database, file, {
    rate: pagesPerStep,
    progress: ({ totalPages, remainingPages }) => progress(totalPages - remainingPages, totalPages),
  });
};

const nothing = async () => {};

export const sqlite: StateDriver<SqlitePlace> = {
  columns: { id: 'integer primary key', int: 'integer', amount: 'integer', real: 'real', text: 'text', isFirst: true },
  nameOf: ({ file }) => file,
  async connect({ file, isReadOnly = false }) {
    const database = new DatabaseSync(file, { readOnly: isReadOnly, timeout: 2000 });
    if (!isReadOnly) database.exec('pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on');
    const verdict = database.prepare('pragma quick_check(1)').get() as { quick_check: string };
    if (verdict.quick_check !== 'ok') throw new Error(verdict.quick_check);
    return {
      dialect: new SqliteDialect({ database: adapt(database) as never }),
      migrating: nothing,
      ready: nothing,
      copy: copier(database),
    };
  },
  refusalOf: ({ file }, thrown) => fail('DATA_CORRUPT', { path: file, reason: reasonOf(causeOf(thrown)) }, thrown),
  attend: (_place, state, log) => keepReserve({ state, log }),
  async shred(state) {
    await sql`vacuum`.execute(state);
    const { rows } = await sql<{ busy: number }>`pragma wal_checkpoint(truncate)`.execute(state);
    // Another process reads it at this moment, such as a backup.
    if (rows[0]?.busy) throw fail('STATE_UNAVAILABLE');
    await fillReserve(state);
  },
  // Statistics for the query planner; SQLite advises to refresh them from time to time.
  maintain: (state) => sql`pragma optimize`.execute(state),
  textIndex: sqliteTextIndex,
};

const noRollback = { reader: false, all: () => [], run: () => ({ changes: 0, lastInsertRowid: 0 }) };

/** Statements kept prepared. More texts than these are lists of many lengths, which seldom come again. */
const preparedAtMost = 200;

/** Kysely's SQLite dialect is made for better-sqlite3; this adapts `node:sqlite`, which has most of its interface. */
function adapt(database: DatabaseSync) {
  /** By text, in order of last use: preparing a statement costs as much as running it. */
  const prepared = new Map<string, ReturnType<typeof prepare>>();

  function prepare(text: string) {
    const statement = coded(() => database.prepare(text));
    const reader = statement.columns().length > 0;
    if (reader) statement.setReturnArrays(true);
    // The last row of an index of terms has a number of its own, beyond what a JavaScript number holds.
    else statement.setReadBigInts(true);
    return {
      reader,
      all: (parameters: readonly unknown[]) => {
        const rows = coded(() => statement.all(...(parameters as SQLInputValue[]))) as unknown as unknown[][];
        // After the rows: a table may have changed below the statement.
        const names = rows.length > 0 ? statement.columns().map(({ name }) => name) : [];
        return rows.map((values) => rowOf(names, values));
      },
      run: (parameters: readonly unknown[]) => coded(() => statement.run(...(parameters as SQLInputValue[]))),
    };
  }

  return {
    close: () => database.close(),
    prepare(text: string) {
      // A full disk makes SQLite roll back by itself; a second rollback would fail and hide the first error.
      if (text === 'rollback' && !database.isTransaction) return noRollback;
      const statement = prepared.get(text) ?? prepare(text);
      prepared.delete(text);
      prepared.set(text, statement);
      if (prepared.size > preparedAtMost) prepared.delete(prepared.keys().next().value as string);
      return statement;
    },
  };
}

/** The error of SQLite behind an error with a code of ours. */
const causeOf = (thrown: unknown) => (thrown instanceof EvenkeelError ? thrown.cause : thrown);

/** SQLite's primary result codes that pass by themselves: BUSY, LOCKED, IOERR, FULL. */
const passing = new Set([5, 6, 10, 13]);

function coded<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    const code = (thrown as { errcode?: unknown }).errcode;
    throw typeof code === 'number' && passing.has(code & 0xff) ? fail('STATE_UNAVAILABLE', {}, thrown) : thrown;
  }
}

/** Rows as `node:sqlite` makes them have no shape: reading them takes twice as long, and copying one fifty times. */
function rowOf(names: readonly string[], values: readonly unknown[]): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (let n = 0; n < names.length; n++) row[names[n] as string] = values[n];
  return row;
}
