import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Who is told of what happens to a ticket, and what waits to be told. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'ticket_watchers',
    { ticket: 'int', person: 'text', at: 'int', by_user: 'text' },
    { key: ['ticket', 'person'] },
  );
  await tables.create('ticket_news', {
    ...{ id: 'id', ticket: 'int', person: 'text', event: 'int', why: 'text', at: 'int' },
  });
  await tables.index('ticket_news_at', 'ticket_news', 'at');
}
