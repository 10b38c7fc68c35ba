import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What users use, made of endpoints and targets. How it was is in `watched_states`, beside that of targets. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('services', {
    ...{ id: 'text key', name: 'text unique', note: 'text', parts: 'text', need: 'int?' },
    ...{ created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' },
  });
}
