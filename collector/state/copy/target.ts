/** The PostgreSQL database that is filled: rows in, one page per transaction with how far that is, and out again to compare. */
import { CompiledQuery, sql } from 'kysely';
import type { State } from '../database.ts';
import { type CopyMark, markKey, writeMark } from './mark.ts';
import type { ColumnType, CopiedTable } from './source.ts';
import type { CopiedCell } from './tally.ts';

const quoted = (name: string) => `"${name}"`;
const columnsOf = ({ columns }: CopiedTable) => columns.map(({ name }) => quoted(name)).join(', ');
/** Its own row is no row of the state. */
const condition = ({ name }: CopiedTable) => (name === 'settings' ? `key <> '${markKey}'` : 'true');

/** By table, of all there are. */
export async function readTypes(state: State): Promise<Map<string, Map<string, ColumnType>>> {
  const { rows } = await sql<{ table: string; column: string; type: ColumnType }>`select table_name as "table",
    column_name as "column", data_type as type from information_schema.columns
    where table_schema = current_schema()`.execute(state);
  const types = new Map<string, Map<string, ColumnType>>();
  for (const { table, column, type } of rows)
    types.set(table, (types.get(table) ?? new Map<string, ColumnType>()).set(column, type));
  return types;
}

/** @returns the first of the tables that has a row */
export async function filledTable(state: State, tables: readonly CopiedTable[]): Promise<string | null> {
  for (const table of tables) {
    const text = `select exists(select from ${quoted(table.name)} where ${condition(table)}) as filled`;
    const { rows } = await state.executeQuery<{ filled: boolean }>(CompiledQuery.raw(text));
    if (rows[0]?.filled) return table.name;
  }
  return null;
}

/** Empties what an earlier copy has filled, and begins anew. */
export async function beginAnew(state: State, tables: readonly CopiedTable[], mark: CopyMark): Promise<void> {
  await state.transaction().execute(async (db) => {
    await db.executeQuery(CompiledQuery.raw(`truncate ${tables.map(({ name }) => quoted(name)).join(', ')}`));
    await writeMark(db, mark);
  });
}

/** One commit: these rows, and that they are there. */
export async function putPage(
  state: State,
  table: CopiedTable,
  rows: readonly (readonly CopiedCell[])[],
  mark: CopyMark,
): Promise<void> {
  const columns = columnsOf(table);
  // One parameter, whatever the number of rows; every value as text, which loses no digit.
  const text = `insert into ${quoted(table.name)} (${columns}) select ${columns} from json_populate_recordset(null::${quoted(table.name)}, $1::json)`;
  const named = rows.map((cells) => Object.fromEntries(table.columns.map(({ name }, i) => [name, cells[i]])));
  await state.transaction().execute(async (db) => {
    if (rows.length > 0) await db.executeQuery(CompiledQuery.raw(text, [JSON.stringify(named)]));
    await writeMark(db, mark);
  });
}

/** Numbers that the database gives go on after the highest that was copied. */
export async function setSequences(state: State, tables: readonly CopiedTable[]): Promise<void> {
  for (const { name, columns } of tables) {
    if (!columns.some((column) => column.name === 'id' && column.type === 'bigint')) continue;
    const text = `select setval(pg_get_serial_sequence($1, 'id'), coalesce(max(id), 1), max(id) is not null) from ${quoted(name)}`;
    await state.executeQuery(CompiledQuery.raw(text, [quoted(name)]));
  }
}

/** Page by page, in the order of the key. @param atOnce rows of a page */
export async function* readBack(state: State, table: CopiedTable, atOnce: number): AsyncGenerator<CopiedCell[][]> {
  const { name, columns, key } = table;
  const own = (column: string) => `t.${quoted(column)}`;
  const places = key.map((one) => columns.findIndex((column) => column.name === one));
  const order = key.map(own).join(', ');
  const asText = columns.map((column) => `${own(column.name)}::text as ${quoted(column.name)}`).join(', ');
  let after: CopiedCell[] | null = null;
  for (;;) {
    const from: string = after ? ` and (${order}) > (${key.map((_, i) => `$${i + 1}`).join(', ')})` : '';
    const text = `select ${asText} from ${quoted(name)} as t where ${condition(table)}${from} order by ${order} limit ${atOnce}`;
    const { rows }: { rows: Record<string, CopiedCell>[] } = await state.executeQuery(
      CompiledQuery.raw(text, after ?? []),
    );
    const page: CopiedCell[][] = rows.map((row) =>
      columns.map((column) => cellOf(row[column.name] ?? null, column.type)),
    );
    if (page.length > 0) yield page;
    if (page.length < atOnce) return;
    after = places.map((at) => page.at(-1)?.[at] ?? null);
  }
}

/** PostgreSQL writes fractions with other digits than JavaScript does. */
const cellOf = (text: CopiedCell, type: ColumnType): CopiedCell =>
  text === null || type !== 'double precision' ? text : String(Number(text));

export const removeMark = (state: State) => state.deleteFrom('settings').where('key', '=', markKey).execute();
