import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What is promised for tickets of each priority, every version of it. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('ticket_targets', {
    ...{ version: 'int key', at: 'int', by_user: 'text', reason: 'text', from_at: 'int', targets: 'text' },
  });
}
