import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** How many parts of a message were refused while the rest was stored; its sample holds them. Null: all of it. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('quarantine', { parts: 'int?' });
}
