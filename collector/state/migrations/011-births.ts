import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Facts that an agent reports when it signs on: its process, the machine's uptime, sleep, its last shutdown. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('signals', { birth: 'text?' });
}
