import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** Channels that people set up, and deliveries that need not be sent any more. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('channels', {
    id: 'text key',
    kind: 'text',
    severities: 'text',
    settings: 'text',
    secrets: 'text',
    created_at: 'int',
    created_by: 'text',
    updated_at: 'int',
    updated_by: 'text',
  });
  await sql`alter table deliveries rename to deliveries_before`.execute(db);
  await tables.create('deliveries', {
    id: 'text key',
    notification: 'int -> notifications',
    channel: 'text',
    dedupe_key: 'text unique',
    about: 'text',
    state: 'text in queued|sent|dead|dropped',
    attempts: 'int',
    next_at: 'int',
    last_error: 'text?',
    created_at: 'int',
    sent_at: 'int?',
    bucket: 'text = ',
    owner: 'text = collector',
    recipient: 'text?',
    receiver: 'text?',
    user_name: 'text?',
  });
  const columns = sql.raw(
    'id, notification, channel, dedupe_key, about, state, attempts, next_at, last_error, created_at, sent_at, bucket, owner, recipient, receiver, user_name',
  );
  await sql`insert into deliveries (${columns}) select ${columns} from deliveries_before`.execute(db);
  await sql`drop table deliveries_before`.execute(db);
  await tables.index('deliveries_due', 'deliveries', 'state', 'created_at');
  await tables.index('deliveries_by_notification', 'deliveries', 'notification');
  await tables.index('deliveries_by_about', 'deliveries', 'about', 'channel');
}
