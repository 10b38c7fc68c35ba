import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Maintenance that a machine asked for itself: its id. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('maintenance_windows', { asked_by: 'text?' });
  await tables.add('maintenance_occurrences', { asked_by: 'text?' });
}
