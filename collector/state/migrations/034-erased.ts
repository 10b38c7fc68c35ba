import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** When what was known of an endpoint was erased here, and when in the files of its series as well. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('endpoints', { erased_at: 'int?', erased_all_at: 'int?' });
}
