import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Restores that a person tested: by whom and when, beside the reports of the backup tools. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  const columns = {
    endpoint: 'text',
    job: 'text',
    at: 'int',
    ok: 'int',
    note: 'text',
    by_user: 'text',
    recorded_at: 'int',
  };
  await tables.create('restore_tests', { id: 'id', ...columns });
  await tables.index('restore_tests_by_endpoint', 'restore_tests', 'endpoint', 'job', 'at');
}
