/**
 * For writing thousands of rows in one transaction: statements without a query builder, which takes several times as
 * long per row as SQLite does. Their texts are the same each time, so that they are prepared once. Column names are
 * those of our own objects, never from outside.
 */
import { CompiledQuery, type Insertable, PostgresAdapter, type Updateable } from 'kysely';
import { breathe } from './breathe.ts';
import type { Database, StateTransaction } from './database.ts';

/** Rows per statement; the rest of a list goes one by one: two texts per table, however many rows. */
const rowsAtOnce = 25;

/**
 * Inserts rows that all have the same columns, in their order.
 * @param more what happens to a row that exists already: `on conflict …`; or `returning id`
 * @returns the number of the last row, where it is asked for
 */
export async function insertRows<T extends keyof Database>(
  db: StateTransaction,
  table: T,
  rows: readonly Insertable<Database[T]>[],
  more = '',
): Promise<number> {
  const columns = Object.keys(rows[0] ?? {}) as (keyof Insertable<Database[T]>)[];
  const mark = markOf(db);
  let last = 0;
  for (let i = 0; i < rows.length; ) {
    const count = rows.length - i < rowsAtOnce ? 1 : rowsAtOnce;
    const values = rows.slice(i, i + count).flatMap((row) => columns.map((column) => row[column]));
    const places = Array.from(
      { length: count },
      (_, n) => `(${columns.map((_, m) => mark(n * columns.length + m)).join(', ')})`,
    );
    const text = `insert into ${table} (${columns.join(', ')}) values ${places.join(', ')} ${more}`;
    const { rows: made } = await db.executeQuery<{ id: number }>(CompiledQuery.raw(text, values));
    last = made.at(-1)?.id ?? last;
    i += count;
    await breathe();
  }
  return last;
}

/** Changes these columns of one row. */
export async function updateRow<T extends 'alerts' | 'endpoints' | 'tickets'>(
  db: StateTransaction,
  table: T,
  id: string | number,
  columns: Updateable<Database[T]>,
): Promise<void> {
  const mark = markOf(db);
  const changes = Object.keys(columns).map((column, n) => `${column} = ${mark(n)}`);
  const text = `update ${table} set ${changes.join(', ')} where id = ${mark(changes.length)}`;
  await db.executeQuery(CompiledQuery.raw(text, [...Object.values(columns), id]));
}

/** The parameter `n`, from 0, in the syntax of the database in use. */
const markOf = (db: StateTransaction): ((n: number) => string) =>
  db.getExecutor().adapter instanceof PostgresAdapter ? (n) => `$${n + 1}` : () => '?';
