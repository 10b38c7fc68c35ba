import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** An entry is written before the change that it is about. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('audit_log', { outcome: 'text = done in begun|done' });
}
