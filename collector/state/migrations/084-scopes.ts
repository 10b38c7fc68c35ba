import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** To which sites a person or a token is limited: a JSON list of ids; null: to none. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('users', { sites: 'text?' });
  await tables.add('tokens', { sites: 'text?' });
}
