import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Months that are closed, with all revisions, and the versions of what the index is made of. Only added to. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'closed_months',
    {
      month: 'text',
      site: 'text',
      revision: 'int',
      closed_at: 'int',
      by_user: 'text',
      reason: 'text',
      content: 'text',
    },
    { key: ['month', 'site', 'revision'] },
  );
  await tables.create('index_definitions', {
    version: 'int key',
    at: 'int',
    by_user: 'text',
    reason: 'text',
    parts: 'text',
  });
}
