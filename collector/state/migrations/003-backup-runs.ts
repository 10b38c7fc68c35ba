import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Good backup runs as reported, so that a run can be compared with those before it. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  const amounts = { bytes: 'amount?', files: 'amount?', duration: 'real?' };
  await tables.create(
    'backup_runs',
    { endpoint: 'text', product: 'text', job: 'text', ended_at: 'int', ...amounts },
    { key: ['endpoint', 'product', 'job', 'ended_at'] },
  );
}
