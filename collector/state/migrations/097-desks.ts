import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Ticket desks of others, and which of their tickets stand for ours. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('desks', { id: 'text key', marker: 'text', from_ticket: 'int', cursor: 'text?' });
  await tables.create(
    'desk_links',
    {
      ...{ id: 'id', desk: 'text', ticket: 'int -> tickets', state: 'text in opening|linked|gone|done' },
      ...{ remote: 'text?', remote_name: 'text?', remote_state: 'text?', remote_assignee: 'text?', url: 'text?' },
      ...{ agreed_state: 'text?', agreed_assignee: 'text?', sent_event: 'int', seen: 'text?', look: 'int' },
      ...{ attempts: 'int', tried_at: 'int?', next_at: 'int', last_error: 'text?' },
    },
    { unique: ['desk', 'ticket'] },
  );
  await tables.index('desk_links_by_remote', 'desk_links', 'desk', 'remote');
  await tables.index('desk_links_by_ticket', 'desk_links', 'ticket');
}
