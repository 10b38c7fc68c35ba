import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Which change of authority an agent could not take, and why, as JSON. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('endpoints', { trust_refused: 'text?' });
}
