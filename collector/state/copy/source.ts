/** The file of an SQLite state, read row by row: what is in it, in an order in which rows find what they refer to. */
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import type { Database } from '../database.ts';
import type { CopiedCell } from './tally.ts';

/** As the database calls it that takes the values. */
export type ColumnType = 'bigint' | 'double precision' | 'text';

export interface CopiedTable {
  name: string;
  columns: { name: string; type: ColumnType }[];
  /** Columns of the primary key, in its order. */
  key: string[];
}

/** A value that the other database would not take. */
export interface UnfitCell {
  column: string;
  problem: string;
  /** NUL characters, in whose place something else may stand. */
  isNul: boolean;
}

export interface SourceRow {
  cells: CopiedCell[];
  /** Its place in the order of the key. */
  key: CopiedCell[];
  unfit: UnfitCell[];
}

/** Of collectors that run at the moment, not of what they keep. Every other table is copied, also one that is new. */
const leftOut: readonly (keyof Database)[] = ['collectors', 'leases'];
/** Rows that belong to the file: the room that `../reserve.ts` keeps in it, where its process was killed. */
const only: Partial<Record<keyof Database, string>> = { settings: `key <> 'reserve'` };

const quoted = (name: string) => `"${name}"`;
const list = (names: readonly string[]) => names.map(quoted).join(', ');

export type CopySourceFile = ReturnType<typeof openSource>;

export function openSource(file: string) {
  const database = new DatabaseSync(file, { readOnly: true, readBigInts: true });
  const all = <T>(text: string, ...values: SQLInputValue[]) => database.prepare(text).all(...values) as T[];

  return {
    /** @param typesOf the types of the other database, by column. @throws Error where the two have other tables */
    tables(typesOf: (table: string) => ReadonlyMap<string, ColumnType>): CopiedTable[] {
      const names = all<{ name: string }>(
        // Of what is searched each database has an index of its own, which is made anew where it is missing.
        `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%' and name not like 'kysely_%'
          and name not like 'search_index%' order by name`,
      ).map(({ name }) => name);
      const parents = new Map(
        names.map((name) => [
          name,
          all<{ table: string }>('select "table" from pragma_foreign_key_list(?)', name).map(({ table }) => table),
        ]),
      );
      return parentsFirst(names, parents)
        .filter((name) => !leftOut.includes(name as keyof Database))
        .map((name) => {
          const types = typesOf(name);
          const columns = all<{ name: string; pk: bigint }>('select name, pk from pragma_table_info(?)', name);
          const key = columns.filter(({ pk }) => pk > 0n).sort((a, b) => Number(a.pk - b.pk));
          return {
            name,
            columns: columns.map((column) => ({ name: column.name, type: typeOf(types, name, column.name) })),
            key: key.map((column) => column.name),
          };
        });
    },
    count({ name }: CopiedTable): number {
      return Number(all<{ n: bigint }>(`select count(*) as n from ${quoted(name)}${conditionOf(name)}`)[0]?.n);
    },
    /** @param after the key of the last row that is not asked for */
    *rows({ name, columns, key }: CopiedTable, after: readonly CopiedCell[] | null = null): Generator<SourceRow> {
      const names = columns.map((column) => column.name);
      const places = key.map((one) => names.indexOf(one));
      const isInt = (at: number) => columns[at]?.type === 'bigint';
      const from = after && `(${list(key)}) > (${key.map(() => '?').join(', ')})`;
      const values = (after ?? []).map((cell, i) => (isInt(places[i] ?? -1) ? BigInt(cell ?? 0) : cell));
      const statement = database.prepare(
        `select ${list(names)} from ${quoted(name)}${conditionOf(name, from)} order by ${list(key)}`,
      );
      statement.setReturnArrays(true);
      for (const row of statement.iterate(...values) as unknown as Iterable<unknown[]>) {
        const unfit: UnfitCell[] = [];
        const cells = row.map((value, i) => {
          const column = columns[i] as CopiedTable['columns'][number];
          const { cell, problem, isNul = false } = cellOf(value, column.type);
          if (problem !== undefined) unfit.push({ column: column.name, problem, isNul });
          return cell;
        });
        yield { cells, unfit, key: places.map((at) => cells[at] ?? null) };
      }
    },
    close: () => database.close(),
  };
}

function conditionOf(table: string, more: string | null = null): string {
  const conditions = [only[table as keyof Database], more].filter((one) => one);
  return conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
}

function typeOf(types: ReadonlyMap<string, ColumnType>, table: string, column: string): ColumnType {
  const type = types.get(column);
  // Both schemas were made by the same migrations.
  if (type === undefined) throw new Error(`${table}.${column} is not in the other database`);
  return type;
}

function parentsFirst(names: readonly string[], parents: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const add = (name: string): void => {
    if (order.includes(name)) return;
    for (const parent of parents.get(name) ?? []) if (parent !== name) add(parent);
    order.push(name);
  };
  for (const name of names) add(name);
  return order;
}

/** What stands for a NUL in the other database, as its driver writes it for a collector (`../drivers/postgres-session.ts`). */
const inPlaceOfNul = '\ufffd';

/** Text that says the same of a value in both databases. */
function cellOf(value: unknown, type: ColumnType): { cell: CopiedCell; problem?: string; isNul?: boolean } {
  if (value === null) return { cell: null };
  if (value instanceof Uint8Array) return { cell: null, problem: `holds ${value.length} bytes that are no text` };
  if (type === 'text') {
    const text = String(value);
    if (!text.includes('\0')) return { cell: text };
    const at = text.indexOf('\0');
    return {
      cell: text.replaceAll('\0', inPlaceOfNul),
      problem: `has a NUL character at ${at + 1}, after ${JSON.stringify(text.slice(Math.max(0, at - 20), at))}`,
      isNul: true,
    };
  }
  if (typeof value === 'string') return { cell: null, problem: `holds the text ${JSON.stringify(value.slice(0, 40))}` };
  if (type === 'double precision') return { cell: String(Number(value)) };
  return typeof value === 'bigint'
    ? { cell: String(value) }
    : { cell: null, problem: `holds ${value}, no whole number` };
}
