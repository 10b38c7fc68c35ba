import { randomUUID } from 'node:crypto';
import { type Kysely, sql } from 'kysely';
import { nameKey, repairedName } from '../../../shared/place-name.ts';
import type { TableMaker } from './tables.ts';

/**
 * Sites and groups become rows. Until now a site was any text at an endpoint or a join code: each of these texts becomes
 * a site, spellings of one name become one, and the endpoints and join codes get the name of their site.
 */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  const who = { created_at: 'int', created_by: 'text', updated_at: 'int', updated_by: 'text' };
  const named = { id: 'text key', name: 'text', name_key: 'text unique', note: 'text' };
  await tables.create('sites', { ...named, zone: 'text?', ...who });
  await tables.create('groups', { ...named, ...who });
  await tables.create(
    'group_members',
    { group_id: 'text -> groups', endpoint: 'text -> endpoints', added_at: 'int', added_by: 'text' },
    { key: ['group_id', 'endpoint'] },
  );
  await tables.index('group_members_by_endpoint', 'group_members', 'endpoint');
  await tables.index('endpoints_by_site', 'endpoints', 'site');
  await fillSites(db);
}

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
