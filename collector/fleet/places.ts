/** What sites and groups have in common: rows with a name and a note, and member endpoints. */
import { setImmediate } from 'node:timers/promises';
import type { Selectable } from 'kysely';
import { fail } from '../../shared/errors.ts';
import { nameFault, nameKey, shownName, tidyName } from '../../shared/place-name.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { zoneNamed } from '../../shared/zone.ts';
import { makeId } from '../accounts/secret.ts';
import { type CalendarUse, calendarColumn, calendarUses } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { Fleet } from './fleet.ts';

export interface Place {
  id: string;
  name: string;
  note: string;
  createdAt: number;
  createdBy: string;
  updatedAt: number;
  updatedBy: string;
}

export interface PlaceFields {
  name: string;
  note?: string | undefined;
  /** The rest for sites only. IANA; null: the report zone. */
  zone?: string | null | undefined;
  /** How many work there; null: not known. */
  people?: number | null | undefined;
  /** Ids; null: the default. */
  calendars?: Partial<Record<CalendarUse, string | null>> | undefined;
}

/** Ids of endpoints. Repeating a change changes nothing. */
export interface MemberChange {
  add: readonly string[];
  remove: readonly string[];
}

/** Operations on sites and groups. Every change is saved first, then published. */
export interface Places<One extends Place> {
  /** In the order of the names. */
  list(): Promise<One[]>;
  /** @throws EvenkeelError NOT_FOUND; so do the others */
  get(id: string): Promise<One>;
  /** @throws EvenkeelError BAD_NAME, BAD_ZONE, CONFLICT when the name is taken */
  create(fields: PlaceFields, by: string): Promise<One>;
  edit(id: string, fields: Partial<PlaceFields>, by: string): Promise<One>;
  /** Ids of its endpoints that are not retired. */
  members(id: string): Promise<string[]>;
  /** All or nothing. @throws EvenkeelError NOT_FOUND for an unknown endpoint */
  change(id: string, change: MemberChange, by: string): Promise<void>;
  /**
   * @param moveTo id of the one that takes the endpoints over, `none` to leave them without, null where there are none
   * @throws EvenkeelError CONFLICT when it is in use and `moveTo` is null
   */
  remove(id: string, moveTo: string | null, by: string): Promise<void>;
}

export type PlaceTable = 'sites' | 'groups';
const words: Record<PlaceTable, string> = { sites: 'site', groups: 'group' };
/** Both tables have the columns; the types of a union of tables cannot say so. */
const asSites = (table: PlaceTable) => table as 'sites';

/** @throws EvenkeelError BAD_NAME */
export function placeName(table: PlaceTable, text: string): string {
  const problem = nameFault(text);
  if (problem !== null) throw refusal('BAD_NAME', problem, { what: words[table], name: shownName(text) });
  return tidyName(text);
}

export async function findPlace(db: State, table: PlaceTable, id: string) {
  const row = await db.selectFrom(asSites(table)).selectAll().where('id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: words[table], id });
  return row;
}

/** The columns that `fields` sets. @throws EvenkeelError BAD_NAME, BAD_ZONE, CONFLICT */
async function columnsOf(db: State, table: PlaceTable, id: string, fields: Partial<PlaceFields>) {
  const { name, note, zone, people, calendars = {} } = fields;
  const tidy = name === undefined ? undefined : placeName(table, name);
  if (tidy !== undefined) {
    const other = db.selectFrom(asSites(table)).select('name').where('name_key', '=', nameKey(tidy));
    const taken = await other.where('id', '<>', id).executeTakeFirst();
    if (taken)
      throw fail('CONFLICT', { problem: `there is a ${words[table]} called ${shownName(taken.name)} already` });
  }
  return {
    ...(tidy === undefined ? {} : { name: tidy, name_key: nameKey(tidy) }),
    ...(note === undefined ? {} : { note: note.trim() }),
    ...(zone === undefined ? {} : { zone: zone === null ? null : zoneNamed(zone) }),
    ...(people === undefined ? {} : { people }),
    ...(await calendarColumns(db, calendars)),
  };
}

/** @throws EvenkeelError NOT_FOUND for a calendar that is not there */
async function calendarColumns(db: State, calendars: NonNullable<PlaceFields['calendars']>) {
  const columns: Partial<Record<(typeof calendarColumn)[CalendarUse], string | null>> = {};
  for (const use of calendarUses) {
    const id = calendars[use];
    if (id === undefined) continue;
    if (id !== null && !(await db.selectFrom('calendars').select('id').where('id', '=', id).executeTakeFirst()))
      throw fail('NOT_FOUND', { what: 'calendar', id });
    columns[calendarColumn[use]] = id;
  }
  return columns;
}

/** @returns the id */
export async function insertPlace(db: State, table: PlaceTable, fields: PlaceFields, by: string, at: number) {
  const id = makeId(table === 'sites' ? 's' : 'g');
  const columns = await columnsOf(db, table, id, { ...fields, note: fields.note ?? '' });
  const made = { created_at: at, created_by: by, updated_at: at, updated_by: by };
  await db
    .insertInto(asSites(table))
    .values({ id, ...columns, ...made } as never)
    .execute();
  return id;
}

/** @returns the name before and after */
export async function editPlace(
  db: State,
  table: PlaceTable,
  id: string,
  fields: Partial<PlaceFields>,
  by: string,
  at: number,
): Promise<[before: string, after: string]> {
  const { name } = await findPlace(db, table, id);
  const columns = await columnsOf(db, table, id, fields);
  await db
    .updateTable(asSites(table))
    .set({ ...columns, updated_at: at, updated_by: by })
    .where('id', '=', id)
    .execute();
  return [name, columns.name ?? name];
}

type StoredPlace = Awaited<ReturnType<typeof findPlace>>;

export const placeOf = (row: Pick<StoredPlace, keyof Selectable<Database['groups']>>): Place => ({
  id: row.id,
  name: row.name,
  note: row.note,
  createdAt: row.created_at,
  createdBy: row.created_by,
  updatedAt: row.updated_at,
  updatedBy: row.updated_by,
});

/** @throws EvenkeelError NOT_FOUND for the first endpoint that is unknown or retired, BAD_REQUEST for one on both sides */
export function checkChange(fleet: Fleet, { add, remove }: MemberChange): void {
  const added = new Set(add);
  for (const id of [...add, ...remove]) if (!fleet.get(id)) throw fail('NOT_FOUND', { what: 'endpoint', id });
  const both = remove.find((id) => added.has(id));
  if (both !== undefined) throw fail('BAD_REQUEST', { problem: `the endpoint ${both} is both to add and to remove` });
}

/** The one that takes over; null where none does. @throws EvenkeelError NOT_FOUND, BAD_REQUEST, CONFLICT */
export async function heirOf(
  db: State,
  table: PlaceTable,
  { id, name }: { id: string; name: string },
  moveTo: string | null,
  uses: readonly string[],
): Promise<StoredPlace | null> {
  const what = words[table];
  if (moveTo === null && uses.length > 0) {
    const problem = `the ${what} ${shownName(name)} is in use by ${uses.join(' and ')}; say with moveTo which ${what} takes over, or "none"`;
    throw fail('CONFLICT', { problem });
  }
  if (moveTo === null || moveTo === 'none') return null;
  if (moveTo === id) throw fail('BAD_REQUEST', { problem: `moveTo names the ${what} that is to be removed` });
  return findPlace(db, table, moveTo);
}

/** `12 endpoints`; nothing for none. */
export const uses = (n: number, what: string): string[] => (n === 0 ? [] : [`${n} ${what}${n === 1 ? '' : 's'}`]);

/** After a commit: updates memory and publishes. Yields, because thousands would block the event loop for reports. */
export async function announce(fleet: Fleet, changeFeed: ChangeFeed, endpoints: readonly string[]): Promise<void> {
  for (const some of chunks(endpoints)) {
    for (const endpoint of some) {
      await fleet.reload(endpoint);
      changeFeed.publish({ kind: 'endpoint', endpoint });
    }
    await setImmediate();
  }
}
