import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Accounts of people in chat rooms, the codes that link them, and what was said to us there. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('chat_rooms', { id: 'text key', cursor: 'text?' });
  await tables.create(
    'chat_accounts',
    { id: 'text key', user_id: 'text -> users', room: 'text', account: 'text', shown: 'text', linked_at: 'int' },
    { unique: ['room', 'account'] },
  );
  await tables.create('chat_codes', { user_id: 'text key -> users', code_hash: 'text', expires_at: 'int' });
  await tables.create(
    'chat_events',
    {
      ...{ room: 'text', id: 'text', at: 'int', account: 'text', place: 'text', said: 'text' },
      ...{ state: 'text in taken|done|answered', began_at: 'int?', answer: 'text?' },
    },
    { key: ['room', 'id'] },
  );
  await tables.index('chat_events_waiting', 'chat_events', 'state', 'room');
}
