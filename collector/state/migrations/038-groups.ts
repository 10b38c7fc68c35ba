import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Messages about groups of alerts, to channels and to persons. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('deliveries', { recipient: 'text?', receiver: 'text?', user_name: 'text?' });
}
