import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Links in messages, each of which does one thing to the alerts of its message. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('act_links', {
    ...{ token_hash: 'text key', purpose: 'text', alerts: 'text', user_name: 'text?' },
    ...{ made_at: 'int', expires_at: 'int', used_at: 'int?' },
  });
  await tables.index('act_links_expiry', 'act_links', 'expires_at');
}
