import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What was seen when a target or a service changed: why it was down is told with each outage, also later. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('watched_states', { seen: 'text?' });
}
