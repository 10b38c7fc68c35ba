import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Which endpoints people were told of as new: those that are there already are no news. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('endpoints', { announced_at: 'int?' });
  await sql`update endpoints set announced_at = enrolled_at`.execute(db);
}
