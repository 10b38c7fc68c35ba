import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Lists of tickets by their last change, without sorting all of them first. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.index('tickets_by_change', 'tickets', 'updated_at', 'id');
  await tables.index('tickets_by_endpoint', 'tickets', 'endpoint');
}
