import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { nameKey, repairedName } from '../../../shared/place-name.ts';

/**
 * Sites and groups become rows. Until now a site was any text at an endpoint or a join code: each of these texts becomes
 * a site, spellings of one name become one, and the endpoints and join codes get the name of their site.
 */
export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
  await fillSites(db);
}

const who =
  'created_at integer not null, created_by text not null, updated_at integer not null, updated_by text not null';

const statements = [
  `create table sites (id text primary key, name text not null, name_key text not null unique, note text not null,
    zone text, ${who})`,
  `create table groups (id text primary key, name text not null, name_key text not null unique, note text not null,
    ${who})`,
  `create table group_members (group_id text not null references groups(id), endpoint text not null references endpoints(id),
    added_at integer not null, added_by text not null, primary key (group_id, endpoint))`,
  'create index group_members_by_endpoint on group_members (endpoint)',
  'create index endpoints_by_site on endpoints (site)',
];

async function fillSites(db: Kysely<never>): Promise<void> {
  const { rows } = await sql<{ site: string; n: number }>`select site, sum(n) as n from (
      select site, count(*) as n from endpoints where site is not null group by site
      union all select site, 0 as n from enrollments where site is not null group by site
    ) as texts group by site order by n desc, site`.execute(db);
  const names = new Map<string, string>();
  const now = Date.now();
  for (const { site } of rows) {
    const name = repairedName(site);
    const key = name === null ? '' : nameKey(name);
    // The spelling of most endpoints comes first, and stays.
    if (name !== null && !names.has(key)) {
      names.set(key, name);
      const id = `s${randomUUID().replaceAll('-', '').slice(0, 15)}`;
      await sql`insert into sites (id, name, name_key, note, zone, created_at, created_by, updated_at, updated_by)
        values (${id}, ${name}, ${key}, '', null, ${now}, 'upgrade', ${now}, 'upgrade')`.execute(db);
    }
    const kept = names.get(key) ?? null;
    if (kept === site) continue;
    await sql`update endpoints set site = ${kept} where site = ${site}`.execute(db);
    await sql`update enrollments set site = ${kept} where site = ${site}`.execute(db);
  }
}
