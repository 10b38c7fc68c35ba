import type { Kysely } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Browsers in which people have switched messages on. */
export async function up(_db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('push_subscriptions', {
    ...{ id: 'text key', user_name: 'text', name: 'text', endpoint: 'text', p256dh: 'text', auth: 'text' },
    ...{ created_at: 'int', last_at: 'int?', last_error: 'text?', last_message: 'text?' },
  });
  await tables.index('push_subscriptions_user', 'push_subscriptions', 'user_name');
}
