import { type Kysely, sql } from 'kysely';

/** Good backup runs as they were told, so that a run can be compared with those before it. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(
      `create table backup_runs (endpoint text not null, product text not null, job text not null, ended_at integer not null,
        bytes integer, files integer, duration real, primary key (endpoint, product, job, ended_at))`,
    )
    .execute(db);
}
