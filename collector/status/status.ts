/**
 * Status pages: whether it works, for people who may not see the fleet. They say what an admin named and what a person
 * wrote, and the state of servers behind a name; never a host, a ticket or an author. Off until an admin turns one on.
 */
import type { Selectable } from 'kysely';
import type { OutwardChange, StatusAnswer, StatusNotice, StatusPageRow } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { nameKey, shownName } from '../../shared/place-name.ts';
import { unknownName } from '../../shared/words/refusal.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../fleet/groups.ts';
import { type ChangeBy, changesOf, noteChange } from '../reports/changes.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { currentState, type PartServer, silentTogether } from './current.ts';
import { createPartDays } from './days.ts';
import { type WatchedParts, watchedPart } from './watched.ts';

export type StatusFields = Pick<
  StatusPageRow,
  'slug' | 'title' | 'intro' | 'access' | 'enabled' | 'zone' | 'components'
>;

export interface NewNotice {
  /** Id of a component; empty for all. */
  component: string;
  title: string;
  beganAt: number;
  words: string;
  nextAt: number | null;
}

export interface StatusUpdate {
  words: string;
  nextAt: number | null;
  endedAt: number | null;
}

export interface StatusPages {
  list(): Promise<StatusPageRow[]>;
  /** @throws EvenkeelError BAD_ZONE, CONFLICT when the address is taken, NOT_FOUND for a site or group; so does `edit` */
  create(fields: StatusFields, by: string, reason: string): Promise<StatusPageRow>;
  edit(id: string, fields: Partial<StatusFields>, by: string, reason: string): Promise<StatusPageRow>;
  /** With what was said on it. @throws EvenkeelError NOT_FOUND */
  remove(id: string, by: string, reason: string): Promise<void>;
  /** Newest first. */
  changes(id: string): Promise<OutwardChange[]>;
  /** What a person says; it is on the page at once. @throws EvenkeelError NOT_FOUND */
  notice(id: string, notice: NewNotice, by: string): Promise<void>;
  update(id: string, notice: number, update: StatusUpdate, by: string): Promise<void>;
  /** The same refusal whether there is none, it is off, or a stranger may not see it. @throws EvenkeelError NOT_FOUND */
  answer(slug: string, isLoggedIn: boolean): Promise<{ answer: StatusAnswer; isPublic: boolean }>;
}

interface StatusParts {
  state: State;
  clock: Clock;
  fleet: Pick<Fleet, 'all'>;
  groups: Pick<Groups, 'groupsOf'>;
  watched: WatchedParts;
}

type PageRow = Selectable<Database['status_pages']>;
type Part = StatusPageRow['components'][number];

/** For so long strangers are answered from memory. */
const answerKeptMs = 15_000;
const noticesShown = 50;
const yearMs = 366 * 86_400_000;
const ofServers = { basis: 'servers' as const, outages: [], work: [] };
/** The clock of the browser may be behind. */
const nowMs = 60_000;

/** @throws EvenkeelError BAD_REQUEST for a year typed wrong */
function refuseSenseless(name: string, at: number, { from, to }: { from: number; to: number }): void {
  if (at < from) throw fail('BAD_REQUEST', { problem: `${name} lies too far in the past` });
  if (at > to) throw fail('BAD_REQUEST', { problem: `${name} is more than a year away` });
}

const refuseSenselessNext = (at: number | null, now: number): void =>
  at === null ? undefined : refuseSenseless('nextAt', at, { from: now - nowMs, to: now + yearMs });

/** @throws EvenkeelError NOT_FOUND */
async function requirePart(state: State, { services, targets }: WatchedParts, { of, target }: Part): Promise<void> {
  if (of === 'service' || of === 'target') {
    if (!(of === 'service' ? services : targets).subject(target)) throw fail('NOT_FOUND', { what: of, id: target });
    return;
  }
  const place = state
    .selectFrom(of === 'site' ? 'sites' : 'groups')
    .select('id')
    .where('id', '=', target);
  if (!(await place.executeTakeFirst())) throw await unknownPlace(state, of, target);
}

/** A place is named by its id; who writes its name is shown the id. */
async function unknownPlace(state: State, of: 'site' | 'group', target: string): Promise<EvenkeelError> {
  const places = await state
    .selectFrom(of === 'site' ? 'sites' : 'groups')
    .select(['id', 'name'])
    .execute();
  const named = places.find(({ name }) => nameKey(name) === nameKey(target));
  if (named)
    return fail('NOT_FOUND', {
      what: of,
      id: `with the id ${shownName(target)}; ${named.name} has the id ${named.id}`,
    });
  return unknownName(
    of,
    target,
    places.map(({ id, name }) => `${id} (${name})`),
  );
}

export function createStatusPages({ state, clock, fleet, groups, watched }: StatusParts): StatusPages {
  const daysOf = createPartDays({ state, clock });
  const kept = new Map<string, { at: number; answer: Promise<StatusAnswer> }>();

  async function find(id: string): Promise<PageRow> {
    const row = await state.selectFrom('status_pages').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'status page', id });
    return row;
  }

  async function save(id: string, fields: StatusFields, isNew: boolean, by: string, reason: string) {
    const at = clock.now();
    for (const part of fields.components) await requirePart(state, watched, part);
    const { components, enabled, zone, ...rest } = fields;
    const row = {
      ...{ ...rest, zone: zoneNamed(zone), enabled: enabled ? (1 as const) : (0 as const) },
      ...{ components: JSON.stringify(components), updated_at: at, updated_by: by },
    };
    await state.transaction().execute(async (db) => {
      const other = db.selectFrom('status_pages').select('id').where('slug', '=', fields.slug).where('id', '!=', id);
      if (await other.executeTakeFirst())
        throw fail('CONFLICT', { problem: `another status page has the address ${fields.slug}` });
      if (isNew)
        await db
          .insertInto('status_pages')
          .values({ id, ...row, created_at: at, created_by: by })
          .execute();
      else await db.updateTable('status_pages').set(row).where('id', '=', id).execute();
      await noteChange(db, id, fields, { by, reason, at });
    });
    kept.clear();
  }

  const noticesOf = (id: string) => readNotices(state, id);

  async function rowOf(row: PageRow): Promise<StatusPageRow> {
    return {
      ...{ id: row.id, slug: row.slug, title: row.title, intro: row.intro, access: row.access, zone: row.zone },
      ...{ enabled: row.enabled === 1, components: JSON.parse(row.components) as Part[] },
      notices: await noticesOf(row.id),
      ...{ updatedAt: row.updated_at, updatedBy: row.updated_by },
    };
  }

  async function say(db: State, notice: number, { words, nextAt, endedAt }: StatusUpdate, by: string): Promise<void> {
    const row = { notice, at: clock.now(), by_user: by, words, next_at: endedAt === null ? nextAt : null };
    await db.insertInto('status_updates').values(row).execute();
    if (endedAt !== null)
      await db.updateTable('status_notices').set({ ended_at: endedAt }).where('id', '=', notice).execute();
    kept.clear();
  }

  async function compute(row: PageRow): Promise<StatusAnswer> {
    const now = clock.now();
    const sites = await state.selectFrom('sites').select(['id', 'name']).execute();
    const inWork = await maintained(state, now);
    const silent = silentTogether(fleet.all());
    const notices = await noticesOf(row.id);
    const open = notices.filter(({ endedAt }) => endedAt === null);
    const parts: StatusAnswer['components'] = [];
    for (const { id, name, of, target } of JSON.parse(row.components) as Part[]) {
      const own = open.filter(({ component, beganAt }) => beganAt <= now && (component === id || component === ''));
      const began = own.length === 0 ? null : Math.min(...own.map(({ beganAt }) => beganAt));
      if (of === 'service' || of === 'target') {
        parts.push({ id, name, ...(await watchedPart(watched, of, target, row.zone, began)) });
        continue;
      }
      const site = sites.find((one) => one.id === target)?.name;
      const isIn = (one: { id: string; site: string | null }) =>
        of === 'site' ? site !== undefined && one.site === site : groups.groupsOf(one.id).includes(target);
      const servers = [...fleet.all()]
        .filter((one) => one.kind === 'server' && isIn(one))
        .map(
          (one): PartServer => ({
            ...{ state: silent.has(one.id) ? 'unknown' : one.state, stateSince: one.stateSince },
            isMaintained: inWork.has(one.id),
          }),
        );
      const current = currentState(servers, began);
      const past =
        of === 'site' && site === undefined
          ? { days: [], availability: null }
          : await daysOf(of === 'site' ? { site: site as string } : { group: target }, row.zone, current.since);
      parts.push({ id, name, ...current, ...past, ...ofServers });
    }
    return {
      ...{ title: row.title, intro: row.intro, zone: row.zone, asOf: now, components: parts },
      next: nextWord(open, now),
      hasWord: open.length > 0,
      notices: notices.map(withoutAuthors),
    };
  }

  return {
    async list() {
      const rows = await state.selectFrom('status_pages').selectAll().orderBy('slug').execute();
      return Promise.all(rows.map(rowOf));
    },
    async create(fields, by, reason) {
      const id = makeId('p');
      await save(id, fields, true, by, reason);
      return rowOf(await find(id));
    },
    async edit(id, fields, by, reason) {
      const { slug, title, intro, access, enabled, zone, components } = await rowOf(await find(id));
      await save(id, { ...{ slug, title, intro, access, enabled, zone, components }, ...fields }, false, by, reason);
      return rowOf(await find(id));
    },
    async remove(id, by, reason) {
      await find(id);
      await removePage(state, id, { by, reason, at: clock.now() });
      kept.clear();
    },
    changes: (id) => changesOf(state, 'status page', id),
    async notice(id, { component, title, beganAt, words, nextAt }, by) {
      const page = await rowOf(await find(id));
      if (component !== '' && !page.components.some((one) => one.id === component))
        throw fail('NOT_FOUND', { what: 'part of the status page', id: component });
      const at = clock.now();
      refuseSenseless('beganAt', beganAt, { from: at - yearMs, to: at + yearMs });
      refuseSenselessNext(nextAt, at);
      await state.transaction().execute(async (db) => {
        const row = { page: id, component, title, began_at: beganAt, ended_at: null, created_at: at, created_by: by };
        const made = await db.insertInto('status_notices').values(row).returning('id').executeTakeFirstOrThrow();
        await say(db, made.id, { words, nextAt, endedAt: null }, by);
      });
    },
    async update(id, notice, update, by) {
      const query = state.selectFrom('status_notices').select('id').where('id', '=', notice).where('page', '=', id);
      if (!(await query.executeTakeFirst())) throw fail('NOT_FOUND', { what: 'notice', id: notice });
      refuseSenselessNext(update.nextAt, clock.now());
      await state.transaction().execute((db) => say(db, notice, update, by));
    },
    async answer(slug, isLoggedIn) {
      const row = await state.selectFrom('status_pages').selectAll().where('slug', '=', slug).executeTakeFirst();
      if (!row || row.enabled === 0 || (row.access === 'login' && !isLoggedIn))
        throw fail('NOT_FOUND', { what: 'status page', id: slug });
      const now = clock.now();
      let found = kept.get(slug);
      if (!found || Math.abs(now - found.at) > answerKeptMs) {
        found = { at: now, answer: compute(row) };
        found.answer.catch(() => kept.delete(slug));
        kept.set(slug, found);
      }
      return { answer: await found.answer, isPublic: row.access === 'public' };
    },
  };
}

/** Who wrote it is nobody's business outside. */
const withoutAuthors = ({ updates, ...notice }: StatusNotice): StatusAnswer['notices'][number] => ({
  ...notice,
  updates: updates.map(({ at, words, nextAt }) => ({ at, words, nextAt })),
});

/** When the next word is promised: the soonest that has not passed. */
function nextWord(open: readonly StatusNotice[], now: number): number | null {
  const words = open.flatMap(({ updates }) => updates.at(-1)?.nextAt ?? []).filter((at) => at > now);
  return words.length === 0 ? null : Math.min(...words);
}

function removePage(state: State, id: string, change: ChangeBy): Promise<void> {
  return state.transaction().execute(async (db) => {
    const notices = db.selectFrom('status_notices').select('id').where('page', '=', id);
    await db.deleteFrom('status_updates').where('notice', 'in', notices).execute();
    await db.deleteFrom('status_notices').where('page', '=', id).execute();
    await db.deleteFrom('status_pages').where('id', '=', id).execute();
    await noteChange(db, id, null, change);
  });
}

/** Newest first, each with what was said of it, oldest first. */
async function readNotices(state: State, page: string): Promise<StatusNotice[]> {
  const rows = await state
    .selectFrom('status_notices')
    .selectAll()
    .where('page', '=', page)
    .orderBy('began_at', 'desc')
    .limit(noticesShown)
    .execute();
  if (rows.length === 0) return [];
  const updates = await state
    .selectFrom('status_updates')
    .selectAll()
    .where(
      'notice',
      'in',
      rows.map(({ id }) => id),
    )
    .orderBy('id')
    .execute();
  return rows.map(({ id, component, title, began_at: beganAt, ended_at: endedAt }) => ({
    ...{ id, component, title, beganAt, endedAt },
    updates: updates
      .filter(({ notice }) => notice === id)
      .map(({ at, by_user: by, words, next_at: nextAt }) => ({ at, by, words, nextAt })),
  }));
}

/** Servers that a maintenance covers now. */
async function maintained(state: State, now: number): Promise<Set<string>> {
  const rows = await state
    .selectFrom('maintenance_members as m')
    .innerJoin('maintenance_occurrences as o', 'o.id', 'm.occurrence')
    .select('m.endpoint')
    .where('o.start_at', '<=', now)
    .where('o.end_at', '>', now)
    .where((eb) => eb.or([eb('m.to_at', 'is', null), eb('m.to_at', '>', now)]))
    .execute();
  return new Set(rows.map(({ endpoint }) => endpoint));
}
