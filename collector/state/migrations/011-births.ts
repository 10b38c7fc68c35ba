import { type Kysely, sql } from 'kysely';

/** What an agent says when it signs on: its process, the machine's uptime, sleep, how the machine went down. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw('alter table signals add column birth text').execute(db);
}
