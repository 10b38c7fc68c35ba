import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** When a session was used last and its password last asked for; when a token ends, and what alone it opens. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('sessions', { seen_at: 'int = 0', confirmed_at: 'int = 0' });
  await sql`update sessions set seen_at = created_at, confirmed_at = created_at`.execute(db);
  await tables.add('tokens', { expires_at: 'int?', only_for: 'text? in metrics' });
}
