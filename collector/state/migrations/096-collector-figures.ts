import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What each collector says of itself. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('collectors', { started_at: 'int = 0', figures: 'text?' });
}
