import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Links by which calendar programs read the shifts of a user. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('on_call_feeds', { user_name: 'text key', secret_hash: 'text unique', created_at: 'int' });
}
