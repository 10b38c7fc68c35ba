import { type Kysely, sql } from 'kysely';
import { bucketOf } from '../../../shared/topics.ts';
import type { TableMaker } from './tables.ts';

/**
 * For each row that a collector works on: the bucket of its subject, and the name of the collector. Until several
 * collectors share a state, it is always the same one.
 */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  for (const table of ['alerts', 'tickets', 'incidents', 'notifications', 'deliveries'])
    await tables.add(table, { bucket: 'text = ', owner: 'text = collector' });
  await fill(db, 'alerts', 'endpoint');
  await fill(db, 'tickets', 'coalesce(endpoint, key)');
  await fill(db, 'incidents', 'key');
  await sql`update notifications set bucket = coalesce((select bucket from alerts where id = notifications.alert),
    (select bucket from tickets where id = notifications.ticket), '')`.execute(db);
  await sql`update deliveries set bucket = (select bucket from notifications where id = deliveries.notification)`.execute(
    db,
  );
}

async function fill(db: Kysely<never>, table: string, about: string): Promise<void> {
  const [rows, what] = [sql.table(table), sql.raw(about)];
  const found = await sql<{ about: string }>`select distinct ${what} as about from ${rows}`.execute(db);
  for (const { about: one } of found.rows)
    await sql`update ${rows} set bucket = ${bucketOf(one)} where ${what} = ${one}`.execute(db);
}
