/**
 * Rows of which thousands are written in one transaction: statements without a query builder, which takes several times as
 * long over a row as SQLite does. Their texts are the same each time, so that they are prepared once. Names of columns are
 * those of our own objects, never from outside.
 */
import { CompiledQuery, type Insertable, type Transaction, type Updateable } from 'kysely';
import { breathe } from './breathe.ts';
import type { Database } from './database.ts';

type Db = Transaction<Database>;

/** Of a longer list, the rest goes one by one: two texts per table, however many rows. */
const rowsAtOnce = 25;

/**
 * Inserts rows that all have the same columns, in their order.
 * @param clash what happens to a row that is there already: `on conflict …`
 * @returns the number of the last row
 */
export async function insertRows<T extends keyof Database>(
  db: Db,
  table: T,
  rows: readonly Insertable<Database[T]>[],
  clash = '',
): Promise<number> {
  const columns = Object.keys(rows[0] ?? {}) as (keyof Insertable<Database[T]>)[];
  const one = `(${columns.map(() => '?').join(', ')})`;
  let last = 0n;
  for (let i = 0; i < rows.length; ) {
    const count = rows.length - i < rowsAtOnce ? 1 : rowsAtOnce;
    const values = rows.slice(i, i + count).flatMap((row) => columns.map((column) => row[column]));
    const places = Array(count).fill(one).join(', ');
    const text = `insert into ${table} (${columns.join(', ')}) values ${places} ${clash}`;
    const { insertId } = await db.executeQuery(CompiledQuery.raw(text, values));
    last = insertId ?? last;
    i += count;
    await breathe();
  }
  return Number(last);
}

/** Changes these columns of one row. */
export async function updateRow<T extends 'alerts' | 'endpoints' | 'tickets'>(
  db: Db,
  table: T,
  id: string | number,
  columns: Updateable<Database[T]>,
): Promise<void> {
  const changes = Object.keys(columns).map((column) => `${column} = ?`);
  const text = `update ${table} set ${changes.join(', ')} where id = ?`;
  await db.executeQuery(CompiledQuery.raw(text, [...Object.values(columns), id]));
}
