import { type Kysely, sql } from 'kysely';

/** How many parts of a message were refused while the rest was stored; its sample holds them. Null: the whole message. */
export async function up(db: Kysely<never>): Promise<void> {
  await sql.raw('alter table quarantine add column parts integer').execute(db);
}
