/** Tables written in short and made by Kysely's schema builder, with the column types of the database at hand. */
import { type ColumnDefinitionBuilder, type Kysely, sql } from 'kysely';
import type { ColumnTypes } from '../drivers/driver.ts';

/**
 * By column: a type of `Columns`, `?` where it may be null, then other constraints, in this order: `key` or `unique`,
 * `-> table` that has the id, `= default`, `in a|b|c`.
 */
export type Spec = Readonly<Record<string, string>>;

export interface TableMaker {
  create(table: string, columns: Spec, over?: { key?: string[]; unique?: string[] }): Promise<void>;
  add(table: string, columns: Spec): Promise<void>;
  index(name: string, table: string, ...columns: string[]): Promise<void>;
  isFirst: boolean;
}

export function tablesIn(db: Kysely<never>, types: ColumnTypes): TableMaker {
  const { schema } = db;
  return {
    isFirst: types.isFirst,
    async create(table, columns, { key, unique } = {}) {
      let making = schema.createTable(table);
      for (const [name, spec] of Object.entries(columns))
        making = making.addColumn(name, ...columnOf(name, spec, types));
      if (key) making = making.addPrimaryKeyConstraint(`${table}_key`, key as never[]);
      if (unique) making = making.addUniqueConstraint(`${table}_unique`, unique as never[]);
      await making.execute();
    },
    async add(table, columns) {
      for (const [name, spec] of Object.entries(columns))
        await schema
          .alterTable(table)
          .addColumn(name, ...columnOf(name, spec, types))
          .execute();
    },
    async index(name, table, ...columns) {
      await schema.createIndex(name).on(table).columns(columns).execute();
    },
  };
}

const form = /^(id|int|amount|real|text)(\?)?( key| unique)?(?: -> (\w+))?(?: = (\S*))?(?: in ([\w|]+))?$/;

function columnOf(name: string, spec: string, types: ColumnTypes) {
  const [, type, isNullable, mark, other, standard, values] = form.exec(spec) ?? [];
  if (type === undefined) throw new Error(`column ${name}: "${spec}" is not in the form of a column`);
  const build = (column: ColumnDefinitionBuilder): ColumnDefinitionBuilder => {
    if (type === 'id') return column;
    let built = mark === ' key' ? column.primaryKey() : isNullable ? column : column.notNull();
    if (mark === ' unique') built = built.unique();
    if (other) built = built.references(`${other}.id`);
    if (standard !== undefined) built = built.defaultTo(type === 'text' ? standard : Number(standard));
    if (values) built = built.check(sql`${sql.ref(name)} in (${sql.join(values.split('|').map(sql.lit))})`);
    return built;
  };
  return [sql.raw(types[type as 'id']), build] as const;
}
