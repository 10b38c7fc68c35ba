import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Files of tickets. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('attachments', {
    ...{ id: 'id', ticket: 'int -> tickets', hash: 'text', name: 'text', type: 'text', size: 'int' },
    ...{ is_public: 'int', at: 'int', by_user: 'text' },
  });
  await tables.index('attachments_ticket', 'attachments', 'ticket');
  await tables.index('attachments_hash', 'attachments', 'hash');
}
