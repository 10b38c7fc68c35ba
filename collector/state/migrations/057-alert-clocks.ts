import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What alerts count by between two changes: a restart takes out the time that nobody watched, and no more. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('alert_clocks', {
    key: 'text key',
    endpoint: 'text',
    bucket: 'text = ',
    owner: 'text = collector',
    content: 'text',
    updated_at: 'int',
  });
}
