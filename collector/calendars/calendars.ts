/**
 * Calendars: when something is promised (service), when people work (working), when the desk answers (support). Made by
 * people, used by sites. Every version stays: a closed month names the one that it was computed with.
 */
import type { Selectable } from 'kysely';
import { type Calendar, officeHours, roundTheClock } from '../../shared/calendar.ts';
import { fail } from '../../shared/errors.ts';
import { nameFault, nameKey, shownName, tidyName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type CalendarContent, calendarFault, isNeverOpen } from './check.ts';
import { regionFault } from './holidays.ts';

export const calendarUses = ['service', 'working', 'support'] as const;
export type CalendarUse = (typeof calendarUses)[number];

export interface StoredCalendar extends CalendarContent {
  id: string;
  name: string;
  /** Where the holidays came from, such as DE-BE. */
  region: string | null;
  version: number;
  /** The sites that use it, and as what. */
  sites: { id: string; name: string; use: CalendarUse }[];
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface CalendarFields extends CalendarContent {
  name: string;
  region: string | null;
}

/** Without an id it is a new one, with all fields. */
export interface CalendarEdit {
  id: string | null;
  fields: Partial<CalendarFields>;
}

export interface CalendarVersion {
  version: number;
  at: number;
  by: string;
  reason: string;
  content: CalendarFields;
}

/** All but `list` throw EvenkeelError NOT_FOUND for an unknown id. */
export interface Calendars {
  /** In the order of the names. */
  list(): Promise<StoredCalendar[]>;
  get(id: string): Promise<StoredCalendar>;
  /** @throws EvenkeelError BAD_NAME, BAD_ZONE, BAD_CALENDAR, CONFLICT when the name is taken; so does `edit` */
  create(fields: CalendarFields, by: string, reason: string): Promise<StoredCalendar>;
  edit(id: string, fields: Partial<CalendarFields>, by: string, reason: string): Promise<StoredCalendar>;
  /** All of them or none. */
  editAll(edits: readonly CalendarEdit[], by: string, reason: string): Promise<void>;
  /** Newest first. */
  versions(id: string): Promise<CalendarVersion[]>;
  /** @throws EvenkeelError CONFLICT while a site uses it */
  remove(id: string): Promise<void>;
}

type Row = Selectable<Database['calendars']>;

/** The column of `sites` for each use. */
export const calendarColumn = {
  service: 'service_calendar',
  working: 'working_calendar',
  support: 'support_calendar',
} as const satisfies Record<CalendarUse, keyof Database['sites']>;

export function createCalendars(parts: { state: State; changeFeed: ChangeFeed; now: () => number }): Calendars {
  const { state, changeFeed, now } = parts;

  async function usesBy(db: State): Promise<(id: string) => StoredCalendar['sites']> {
    const sites = await db.selectFrom('sites').selectAll().orderBy('name_key').execute();
    return (id) =>
      sites.flatMap((site) =>
        calendarUses
          .filter((use) => site[calendarColumn[use]] === id)
          .map((use) => ({ id: site.id, name: site.name, use })),
      );
  }

  async function find(db: State, id: string): Promise<Row> {
    const row = await db.selectFrom('calendars').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'calendar', id });
    return row;
  }

  const get = async (id: string) => shownCalendar(await find(state, id), await usesBy(state));

  async function write(
    db: StateTransaction,
    id: string,
    fields: CalendarFields,
    version: number,
    by: string,
    why: string,
  ) {
    const name = await freeName(db, id, fields.name);
    const content = { ...fields, name, zone: zoneNamed(fields.zone) };
    const hours = calendarFault(content) ?? (isNeverOpen(content) ? reason('calendar_never_open') : null);
    const fault = hours ?? (await regionFault(content.region));
    if (fault !== null) throw refusal('BAD_CALENDAR', fault, { name: shownName(name) });
    const at = now();
    const columns = {
      ...{ name, name_key: nameKey(name), zone: content.zone, region: content.region, version },
      weekly: JSON.stringify(content.weekly),
      holidays: JSON.stringify(content.holidays),
      overrides: JSON.stringify(content.overrides),
      ...{ updated_at: at, updated_by: by },
    };
    if (version === 1)
      await db
        .insertInto('calendars')
        .values({ id, ...columns, created_at: at, created_by: by })
        .execute();
    else await db.updateTable('calendars').set(columns).where('id', '=', id).execute();
    await db
      .insertInto('calendar_versions')
      .values({ calendar: id, version, at, by_user: by, reason: why, content: JSON.stringify(content) })
      .execute();
  }

  async function editAll(edits: readonly CalendarEdit[], by: string, why: string): Promise<void> {
    const ids = await state.transaction().execute(async (db) => {
      const saved: string[] = [];
      for (const { id, fields } of edits) {
        saved.push(id ?? makeId('c'));
        if (id === null) {
          await write(db, saved.at(-1) as string, fields as CalendarFields, 1, by, why);
          continue;
        }
        const row = await find(db, id);
        const before: CalendarFields = { name: row.name, region: row.region, ...contentOf(row) };
        await write(db, id, { ...before, ...fields }, row.version + 1, by, why);
      }
      return saved;
    });
    for (const id of ids) changeFeed.publish({ kind: 'calendar', calendar: id });
  }

  async function saved(id: string): Promise<StoredCalendar> {
    changeFeed.publish({ kind: 'calendar', calendar: id });
    return get(id);
  }

  return {
    async list() {
      const uses = await usesBy(state);
      const rows = await state.selectFrom('calendars').selectAll().orderBy('name_key').execute();
      return rows.map((row) => shownCalendar(row, uses));
    },
    get,
    async create(fields, by, why) {
      const id = makeId('c');
      await state.transaction().execute((db) => write(db, id, fields, 1, by, why));
      return saved(id);
    },
    async edit(id, fields, by, why) {
      await editAll([{ id, fields }], by, why);
      return get(id);
    },
    editAll,
    async versions(id) {
      await find(state, id);
      const rows = await state
        .selectFrom('calendar_versions')
        .selectAll()
        .where('calendar', '=', id)
        .orderBy('version', 'desc')
        .execute();
      return rows.map(({ version, at, by_user, reason: why, content }) => ({
        ...{ version, at, by: by_user, reason: why },
        content: JSON.parse(content) as CalendarFields,
      }));
    },
    async remove(id) {
      await state.transaction().execute(async (db) => {
        const { name } = await find(db, id);
        const [first] = (await usesBy(db))(id);
        if (first) {
          const used = { site: shownName(first.name), calendar: shownName(name) };
          throw refusal('CONFLICT', reason(`calendar_used_${first.use}`, used));
        }
        await db.deleteFrom('calendars').where('id', '=', id).execute();
      });
      changeFeed.publish({ kind: 'calendar', calendar: id });
    },
  };
}

async function freeName(db: StateTransaction, id: string, text: string): Promise<string> {
  const problem = nameFault(text);
  if (problem !== null) throw refusal('BAD_NAME', problem, { what: 'calendar', name: shownName(text) });
  const name = tidyName(text);
  const other = db.selectFrom('calendars').select('name').where('name_key', '=', nameKey(name)).where('id', '<>', id);
  const taken = await other.executeTakeFirst();
  if (taken) throw refusal('CONFLICT', reason('calendar_taken', { name: shownName(taken.name) }));
  return name;
}

const contentOf = (row: Row): CalendarContent => ({
  zone: row.zone,
  weekly: JSON.parse(row.weekly) as CalendarContent['weekly'],
  holidays: JSON.parse(row.holidays) as CalendarContent['holidays'],
  overrides: JSON.parse(row.overrides) as CalendarContent['overrides'],
});

const shownCalendar = (row: Row, sitesOf: (id: string) => StoredCalendar['sites']): StoredCalendar => ({
  id: row.id,
  name: row.name,
  region: row.region,
  version: row.version,
  ...contentOf(row),
  sites: sitesOf(row.id),
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
});

/** As `shared/calendar.ts` computes with it. */
export const calendarIn = (content: CalendarContent): Calendar => ({
  ...content,
  holidays: content.holidays.map(({ date }) => date),
});

/** The calendar of a site for a use, and its version; without a stored one the default, of version 0. */
export interface SiteCalendar {
  id: string;
  version: number;
  calendar: Calendar;
}
export type CalendarOf = (site: string | null, use: CalendarUse) => SiteCalendar;

/**
 * The calendars of all sites, read once. Sites without one: promised around the clock, working and supported from
 * Monday to Friday, 09:00 to 17:00, in the zone of the site.
 * @param reportZone IANA, of endpoints without a site and of sites without a zone
 */
export async function readCalendars(state: State, reportZone: string): Promise<CalendarOf> {
  const rows = await state.selectFrom('calendars').selectAll().execute();
  const stored = new Map(
    rows.map((row) => [row.id, { id: row.id, version: row.version, calendar: calendarIn(contentOf(row)) }]),
  );
  const sites = await state.selectFrom('sites').selectAll().execute();
  const found = new Map<string, SiteCalendar>();
  for (const site of sites)
    for (const use of calendarUses) {
      const own = stored.get(site[calendarColumn[use]] ?? '');
      found.set(`${use} ${site.name}`, own ?? standard(use, site.zone ?? reportZone));
    }
  const others = new Map(calendarUses.map((use) => [use, standard(use, reportZone)]));
  return (site, use) => found.get(`${use} ${site}`) ?? (others.get(use) as SiteCalendar);
}

const standard = (use: CalendarUse, zone: string): SiteCalendar => ({
  id: `default ${use}`,
  version: 0,
  calendar: use === 'service' ? roundTheClock(zone) : officeHours(zone),
});
