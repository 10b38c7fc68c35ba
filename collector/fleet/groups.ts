/**
 * Groups: endpoints that belong together whatever their site, such as a cluster. An endpoint may be in several.
 * Memberships are cached in memory, because every change of rules looks up every endpoint.
 */
import type { EndpointRow } from '../../shared/api.ts';
import { nameKey } from '../../shared/place-name.ts';
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
  placeOf,
  uses,
} from './places.ts';
import { moveRuleScope } from './rule-scopes.ts';

export interface Groups extends Places<Place> {
  /** Ids of the groups that an endpoint is in, in the order of their names. From memory. */
  groupsOf(endpoint: string): readonly string[];
  /** The id of a group given by id or name. From memory. */
  named(text: string): string | undefined;
  /** From memory. */
  nameOf(id: string): string | undefined;
  /** The same with names, for rows. */
  namedGroupsOf(endpoint: string): EndpointRow['groups'];
  /** Reads the groups of some endpoints again: after an edit of them. */
  reload(endpoints: readonly string[]): Promise<void>;
}

/** Sets all groups of an endpoint, inside the transaction of an edit. @throws EvenkeelError NOT_FOUND */
export async function setGroups(db: State, endpoint: string, ids: readonly string[], by: string, at: number) {
  await db.deleteFrom('group_members').where('endpoint', '=', endpoint).execute();
  for (const id of new Set(ids)) {
    await findPlace(db, 'groups', id);
    await db.insertInto('group_members').values({ group_id: id, endpoint, added_at: at, added_by: by }).execute();
  }
}

/** Existing members keep the date at which they joined. */
export async function addMembers(db: State, id: string, endpoints: readonly string[], by: string, at: number) {
  for (const some of chunks(endpoints)) {
    const rows = some.map((endpoint) => ({ group_id: id, endpoint, added_at: at, added_by: by }));
    await db
      .insertInto('group_members')
      .values(rows)
      .onConflict((is) => is.doNothing())
      .execute();
  }
}

const none: readonly string[] = [];

export interface GroupsDeps {
  state: State;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  now: () => number;
  /** Rules scoped to a group may have moved. Called before its endpoints are published. */
  onScopesMoved(): Promise<void>;
}

export async function createGroups({ state, fleet, changeFeed, now, onScopesMoved }: GroupsDeps): Promise<Groups> {
  const names = new Map<string, string>();
  const memberships = new Map<string, readonly string[]>();

  async function readNames(): Promise<void> {
    const rows = await state.selectFrom('groups').select(['id', 'name']).orderBy('name_key').execute();
    names.clear();
    for (const { id, name } of rows) names.set(id, name);
  }

  /** All of them, or those of some endpoints. */
  async function readMembers(endpoints?: readonly string[]): Promise<void> {
    let query = state
      .selectFrom('group_members')
      .innerJoin('groups', 'groups.id', 'group_members.group_id')
      .select(['endpoint', 'group_id'])
      .orderBy('name_key');
    if (endpoints) query = query.where('endpoint', 'in', endpoints);
    const found = new Map<string, string[]>();
    for (const { endpoint, group_id } of await query.execute())
      found.set(endpoint, [...(found.get(endpoint) ?? []), group_id]);
    for (const endpoint of endpoints ?? []) if (!found.has(endpoint)) memberships.delete(endpoint);
    for (const [endpoint, ids] of found) memberships.set(endpoint, ids);
  }

  async function reload(endpoints: readonly string[]): Promise<void> {
    for (const some of chunks(endpoints)) await readMembers(some);
  }

  /** Updates memory after the commit, before the change is published. */
  async function follow(endpoints: readonly string[]): Promise<void> {
    await readNames();
    await reload(endpoints);
    await announce(
      fleet,
      changeFeed,
      endpoints.filter((id) => fleet.get(id)),
    );
  }

  const groupsOf = (endpoint: string) => memberships.get(endpoint) ?? none;
  const membersOf = (id: string) =>
    [...fleet.all()].filter((one) => groupsOf(one.id).includes(id)).map((one) => one.id);
  /** Retired ones too. */
  const everIn = (db: State, id: string) =>
    db.selectFrom('group_members').select('endpoint').where('group_id', '=', id);
  const get = async (id: string) => placeOf(await findPlace(state, 'groups', id));
  await readNames();
  await readMembers();

  return {
    groupsOf,
    named(text) {
      if (names.has(text)) return text;
      const key = nameKey(text);
      for (const [id, name] of names) if (nameKey(name) === key) return id;
      return undefined;
    },
    nameOf: (id) => names.get(id),
    namedGroupsOf: (endpoint) => groupsOf(endpoint).map((id) => ({ id, name: names.get(id) ?? id })),
    reload,

    list: async () => (await state.selectFrom('groups').selectAll().orderBy('name_key').execute()).map(placeOf),
    get,

    async create(fields, by) {
      const id = await state.transaction().execute((db) => insertPlace(db, 'groups', fields, by, now()));
      await follow([]);
      changeFeed.publish({ kind: 'group', group: id });
      return get(id);
    },

    async edit(id, fields, by) {
      const [before, after] = await state.transaction().execute((db) => editPlace(db, 'groups', id, fields, by, now()));
      await follow(before === after ? [] : membersOf(id));
      changeFeed.publish({ kind: 'group', group: id });
      return get(id);
    },

    async members(id) {
      await get(id);
      return membersOf(id);
    },

    async change(id, change, by) {
      checkChange(fleet, change);
      await state.transaction().execute(async (db) => {
        await findPlace(db, 'groups', id);
        await addMembers(db, id, change.add, by, now());
        for (const some of chunks(change.remove))
          await db.deleteFrom('group_members').where('group_id', '=', id).where('endpoint', 'in', some).execute();
      });
      await follow([...change.add, ...change.remove]);
    },

    async remove(id, moveTo, by) {
      const moved = await state.transaction().execute(async (db) => {
        const group = await findPlace(db, 'groups', id);
        const members = (await everIn(db, id).execute()).map(({ endpoint }) => endpoint);
        const living = members.filter((one) => fleet.get(one));
        const heir = await heirOf(db, 'groups', group, moveTo, uses(living.length, 'endpoint'));
        if (heir) await addMembers(db, heir.id, members, by, now());
        await db.deleteFrom('group_members').where('group_id', '=', id).execute();
        await moveRuleScope(db, 'group', id, heir?.id ?? null, 'group_removed', by, now());
        await db.deleteFrom('groups').where('id', '=', id).execute();
        return members;
      });
      await onScopesMoved();
      await follow(moved);
      changeFeed.publish({ kind: 'group', group: id });
    },
  };
}
