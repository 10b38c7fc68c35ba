/** Sites: locations of endpoints. An endpoint is at one site or at none; its row holds the site's name. */
import { nameKey } from '../../shared/place-name.ts';
import type { CalendarUse } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { Fleet } from './fleet.ts';
import {
  announce,
  checkChange,
  editPlace,
  findPlace,
  heirOf,
  insertPlace,
  type Place,
  type Places,
  placeName,
  placeOf,
  uses,
} from './places.ts';

import { moveRuleScope, type ScopeMove } from './rule-scopes.ts';

export interface Site extends Place {
  /** IANA; null: the report zone. */
  zone: string | null;
  /** How many work there; null: not known. */
  people: number | null;
  /** Ids; null: the default. */
  calendars: Record<CalendarUse, string | null>;
  /** Join codes that can still be used and put endpoints here. */
  joinCodes: number;
}

/** A site found by name. `made`: its id, when it had to be created. */
export interface NamedSite {
  name: string;
  made: string | null;
}

/**
 * The name of the site, as it is written where the site is there already: names are found whatever their case.
 * @throws EvenkeelError BAD_NAME
 */
export async function siteName(db: State, text: string): Promise<{ name: string; isThere: boolean }> {
  // One of before a rule of names is still found by its name.
  const there = await db.selectFrom('sites').select('name').where('name_key', '=', nameKey(text)).executeTakeFirst();
  return there ? { name: there.name, isThere: true } : { name: placeName('sites', text), isThere: false };
}

/**
 * Finds a site by name, or creates it, inside the caller's transaction.
 * @throws EvenkeelError BAD_NAME
 */
export async function ensureSite(db: State, text: string, by: string, at: number): Promise<NamedSite> {
  const { name, isThere } = await siteName(db, text);
  if (isThere) return { name, made: null };
  return { name, made: await insertPlace(db, 'sites', { name }, by, at) };
}

const usableCodes = (db: State, now: number) =>
  db
    .selectFrom('enrollments')
    .where('revoked_at', 'is', null)
    .where('expires_at', '>', now)
    .whereRef('uses', '<', 'max_uses');

/** Every column that holds a site's name. */
async function rename(db: State, from: string, to: string, why: ScopeMove, by: string, at: number): Promise<void> {
  await db.updateTable('endpoints').set({ site: to }).where('site', '=', from).execute();
  await db.updateTable('enrollments').set({ site: to }).where('site', '=', from).execute();
  await moveRuleScope(db, 'site', from, to, why, by, at);
  await db.updateTable('tickets').set({ site: to }).where('site', '=', from).execute();
}

export interface SitesDeps {
  state: State;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  now: () => number;
  /** Rules scoped to a site may have moved. Called before its endpoints are published. */
  onScopesMoved(): Promise<void>;
}

export function createSites({ state, fleet, changeFeed, now, onScopesMoved }: SitesDeps): Places<Site> {
  const at = (name: string) => [...fleet.all()].filter(({ site }) => site === name).map(({ id }) => id);

  async function joinCodes(): Promise<Map<string | null, number>> {
    const counted = usableCodes(state, now()).select(['site', (f) => f.fn.countAll<number>().as('n')]);
    return new Map((await counted.groupBy('site').execute()).map(({ site, n }) => [site, Number(n)]));
  }

  type Row = Awaited<ReturnType<typeof findPlace>>;
  const siteOf = (row: Row, codes: Map<string | null, number>): Site => ({
    ...placeOf(row),
    zone: row.zone,
    people: row.people,
    calendars: { service: row.service_calendar, working: row.working_calendar, support: row.support_calendar },
    joinCodes: codes.get(row.name) ?? 0,
  });
  const get = async (id: string) => siteOf(await findPlace(state, 'sites', id), await joinCodes());

  return {
    async list() {
      const codes = await joinCodes();
      const rows = await state.selectFrom('sites').selectAll().orderBy('name_key').execute();
      return rows.map((row) => siteOf(row, codes));
    },

    get,

    async create(fields, by) {
      const id = await state.transaction().execute((db) => insertPlace(db, 'sites', fields, by, now()));
      changeFeed.publish({ kind: 'site', site: id });
      return get(id);
    },

    async edit(id, fields, by) {
      const [before, after] = await state.transaction().execute(async (db) => {
        const names = await editPlace(db, 'sites', id, fields, by, now());
        if (names[0] !== names[1]) await rename(db, ...names, 'site_renamed', by, now());
        return names;
      });
      await onScopesMoved();
      changeFeed.publish({ kind: 'site', site: id });
      if (before !== after) await announce(fleet, changeFeed, at(before));
      return get(id);
    },

    members: async (id) => at((await findPlace(state, 'sites', id)).name),

    async change(id, change) {
      checkChange(fleet, change);
      await state.transaction().execute(async (db) => {
        const { name } = await findPlace(db, 'sites', id);
        for (const ids of chunks(change.add))
          await db.updateTable('endpoints').set({ site: name }).where('id', 'in', ids).execute();
        for (const ids of chunks(change.remove))
          await db
            .updateTable('endpoints')
            .set({ site: null })
            .where('id', 'in', ids)
            .where('site', '=', name)
            .execute();
      });
      await announce(fleet, changeFeed, [...change.add, ...change.remove]);
    },

    async remove(id, moveTo, by) {
      const name = await state.transaction().execute(async (db) => {
        const site = await findPlace(db, 'sites', id);
        const heir = await heirOf(db, 'sites', site, moveTo, await usesOf(db, site.name, now()));
        if (heir) await rename(db, site.name, heir.name, 'site_removed', by, now());
        else {
          await leave(db, site.name, now());
          await moveRuleScope(db, 'site', site.name, null, 'site_removed', by, now());
        }
        await db.deleteFrom('sites').where('id', '=', id).execute();
        await db.deleteFrom('dependencies').where('endpoint', '=', id).execute();
        return site.name;
      });
      await onScopesMoved();
      changeFeed.publish({ kind: 'site', site: id });
      await announce(fleet, changeFeed, at(name));
    },
  };
}

async function usesOf(db: State, site: string, now: number): Promise<string[]> {
  const living = db.selectFrom('endpoints').where('retired_at', 'is', null).where('site', '=', site);
  const { n } = await living.select((f) => f.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  const codes = await usableCodes(db, now).where('site', '=', site).select('id').execute();
  return [...uses(Number(n), 'endpoint'), ...uses(codes.length, 'usable join code')];
}

/** Retired endpoints and codes that are used up keep the name: it says where they were. */
async function leave(db: State, site: string, now: number): Promise<void> {
  const nowhere = { site: null };
  await db.updateTable('endpoints').set(nowhere).where('site', '=', site).where('retired_at', 'is', null).execute();
  const codes = usableCodes(db, now).select('id');
  await db.updateTable('enrollments').set(nowhere).where('site', '=', site).where('id', 'in', codes).execute();
}
