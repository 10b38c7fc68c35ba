import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What a join code binds its machines to, what came of it, and who trusts which authority. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('enrollments', { tags: 'text = []', ranges: 'text = []' });
  await tables.add('endpoints', { enrollment: 'text?', attempt: 'text?', trust: 'int?' });
}
