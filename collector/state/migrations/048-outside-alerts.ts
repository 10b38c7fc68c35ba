import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What came with alerts of other monitoring, and tokens that may only send them. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.create('outside_alerts', {
    key: 'text key',
    endpoint: 'text',
    bucket: 'text = ',
    owner: 'text = collector',
    labels: 'text',
    annotations: 'text',
    url: 'text?',
    sender: 'text',
    ends_at: 'int?',
    updated_at: 'int',
  });
  await tables.add('tokens', { purpose: 'text? in metrics|alerts' });
  await sql`update tokens set purpose = only_for`.execute(db);
  await sql`alter table tokens drop column only_for`.execute(db);
}
