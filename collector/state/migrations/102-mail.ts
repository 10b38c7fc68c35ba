import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Messages that were taken out of the mailbox of the desk: each once. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create(
    'mail_messages',
    {
      ...{ id: 'id', mailbox: 'text', validity: 'text', uid: 'int', hash: 'text', at: 'int', size: 'int' },
      ...{ sender: 'text?', subject: 'text?', outcome: 'text in ticket|comment|bounce|aside', why: 'text?' },
      ...{ ticket: 'int?', language: 'text?', message_id: 'text?', is_auto: 'int = 0', is_answered: 'int = 0' },
    },
    { unique: ['mailbox', 'validity', 'uid'] },
  );
  await tables.index('mail_messages_hash', 'mail_messages', 'hash');
  await tables.index('mail_messages_at', 'mail_messages', 'at');
  await tables.index('mail_messages_ticket', 'mail_messages', 'ticket');
}
