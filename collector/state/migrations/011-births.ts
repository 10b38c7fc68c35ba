import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What an agent says when it signs on: its process, the machine's uptime, sleep, how the machine went down. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('signals', { birth: 'text?' });
}
