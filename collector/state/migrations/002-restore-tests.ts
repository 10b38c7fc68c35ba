import { type Kysely, sql } from 'kysely';

/** Restores that a person tried out: with who and when, beside what the backup tools say of themselves. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql
    .raw(
      `create table restore_tests (id integer primary key, endpoint text not null, job text not null, at integer not null,
        ok integer not null, note text not null, by_user text not null, recorded_at integer not null)`,
    )
    .execute(db);
  await sql.raw('create index restore_tests_by_endpoint on restore_tests (endpoint, job, at)').execute(db);
}
