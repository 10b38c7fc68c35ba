import { type Kysely, sql } from 'kysely';

/** What tells one machine from another, beside its credential. */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}

const statements = [
  // The name that the machine gives itself, and hashes of what it is made of.
  'alter table endpoints add column hostname text',
  'alter table endpoints add column fingerprint text',
  // Retired because it was the same machine as another endpoint, which goes on for both.
  'alter table endpoints add column moved_to text',
  `create table machines (endpoint text not null, instance text not null, hostname text, address text not null,
    first_at integer not null, last_at integer not null, shared_at integer, primary key (endpoint, instance))`,
  `create table replacements (moved text primary key, endpoint text not null, at integer not null, by_user text not null,
    old_hostname text, new_hostname text)`,
  'create index replacements_by_endpoint on replacements (endpoint, at)',
];
