/**
 * One change of many endpoints, in one transaction: of each is said what is done or why not, and what would bring it back.
 * Saves only; the caller reloads the fleet and publishes.
 */
import type { BulkAct, BulkEditOutcome, BulkLine } from '../../shared/bulk.ts';
import { fail } from '../../shared/errors.ts';
import { nameKey } from '../../shared/place-name.ts';
import { type Reason, reason } from '../../shared/reason.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';
import { retireEndpoints } from './edit.ts';
import { addMembers } from './groups.ts';
import { findPlace, placeName } from './places.ts';
import { restorableOf, restoreEndpoint } from './retired.ts';
import { ensureSite } from './sites.ts';
import { usesOf } from './uses.ts';

/** Tags of one endpoint, as where one alone is changed. */
export const tagsAtMost = 50;
/** More ways back than this are no click any more: the change log says what was. */
const undoAtMost = 20;

export type BulkValue = string | null | readonly string[];

export interface BulkWish {
  ids: readonly string[];
  act: BulkAct;
  value: BulkValue;
}

interface BulkBy {
  by: string;
  reason: string;
}

export interface BulkDone extends BulkEditOutcome {
  /** Ids of those that are other now. */
  changed: string[];
  /** Id of the site that was made for it. */
  madeSite: string | null;
}

interface BulkSubject {
  id: string;
  name: string;
  kind: string;
  site: string | null;
  tags: string[];
  groups: Set<string>;
}

/** What becomes of one, and how to undo it. */
interface Planned {
  before: string | null;
  after: string | null;
  why?: readonly Reason[];
  refused?: Reason;
  /** Null: there is no way back. */
  undo: readonly { act: BulkAct; value: BulkValue }[] | null;
  write: (() => Promise<unknown>) | null;
}

interface BulkPlan {
  /** Undefined: it is so already. */
  of(one: BulkSubject): Planned | undefined;
  /** After all others, for those that change. */
  write?(db: State, ids: readonly string[]): Promise<void>;
  madeSite?: string | null;
}

/**
 * @param author null: nothing is written
 * @throws EvenkeelError BAD_REQUEST for a value that does not fit, BAD_NAME of a site, NOT_FOUND of a group
 */
export async function bulkEdit(state: State, wish: BulkWish, author: BulkBy | null, now: number): Promise<BulkDone> {
  return state.transaction().execute(async (db) => {
    const ids = [...new Set(wish.ids)];
    const found = await read(db, ids, wish.act === 'take_back');
    const plan = await planOf(db, wish, [...found.keys()], author, now);
    const lines: BulkLine[] = [];
    const changed: string[] = [];
    const ways = new Map<string, { ids: string[]; act: BulkAct; value: BulkValue }>();
    let isUndoable = true;
    for (const id of ids) {
      const one = found.get(id);
      const planned = one && plan.of(one);
      const line = { id, name: one?.name ?? id, before: planned?.before ?? null, after: planned?.after ?? null };
      if (!one) lines.push({ ...line, does: 'refused', why: [reason('bulk_gone')] });
      else if (planned?.refused) lines.push({ ...line, does: 'refused', why: [planned.refused] });
      else if (!planned) lines.push({ ...line, does: 'same', why: [] });
      else {
        lines.push({ ...line, does: 'change', why: [...(planned.why ?? [])] });
        changed.push(id);
        isUndoable &&= planned.undo !== null;
        for (const way of planned.undo ?? []) {
          const key = JSON.stringify(way);
          ways.set(key, { ...way, ids: [...(ways.get(key)?.ids ?? []), id] });
        }
        if (author) await planned.write?.();
      }
    }
    if (author && changed.length > 0) await plan.write?.(db, changed);
    const count = (does: BulkLine['does']) => lines.filter((line) => line.does === does).length;
    return {
      applied: author !== null,
      ...{ change: count('change'), same: count('same'), refused: count('refused'), lines, changed },
      undo:
        isUndoable && ways.size > 0 && ways.size <= undoAtMost
          ? [...ways.values()].map((way) => ({
              ...way,
              value: Array.isArray(way.value) ? [...way.value] : (way.value as string | null),
              reason: author?.reason ?? '',
            }))
          : null,
      madeSite: plan.madeSite ?? null,
    };
  });
}

/** Those that are there and not retired, or those that are retired. */
async function read(db: State, ids: readonly string[], areRetired: boolean): Promise<Map<string, BulkSubject>> {
  const found = new Map<string, BulkSubject>();
  for (const some of chunks(ids)) {
    const rows = db.selectFrom('endpoints').select(['id', 'name', 'kind', 'site', 'tags']).where('id', 'in', some);
    for (const row of await (areRetired
      ? rows.where('retired_at', '>', 0)
      : rows.where('retired_at', 'is', null)
    ).execute())
      found.set(row.id, { ...row, tags: JSON.parse(row.tags) as string[], groups: new Set() });
    const members = db.selectFrom('group_members').select(['endpoint', 'group_id']).where('endpoint', 'in', some);
    for (const { endpoint, group_id } of await members.execute()) found.get(endpoint)?.groups.add(group_id);
  }
  return found;
}

async function planOf(
  db: State,
  { act, value }: BulkWish,
  ids: readonly string[],
  author: BulkBy | null,
  now: number,
): Promise<BulkPlan> {
  switch (act) {
    case 'site':
      return planSite(db, textOrNull(act, value), author, now);
    case 'kind':
      return planKind(value, author);
    case 'add_tags':
    case 'remove_tags':
      return planTags(db, act, tagsIn(act, value));
    case 'add_group':
    case 'remove_group':
      return planGroup(db, act, value, author, now);
    case 'rotate':
    case 're_enrol':
      // Done by credentials.ts, once it is known which.
      return { of: () => ({ before: null, after: act, undo: null, write: null }) };
    case 'retire':
      return planRetire(db, ids, author, now);
    case 'take_back':
      return planTakeBack(db, ids, author, now);
  }
}

async function planSite(db: State, text: string | null, author: BulkBy | null, now: number): Promise<BulkPlan> {
  const there =
    text === null
      ? undefined
      : await db.selectFrom('sites').select('name').where('name_key', '=', nameKey(text)).executeTakeFirst();
  const made = author && text !== null ? await ensureSite(db, text, author.by, now) : null;
  const site = text === null ? null : (made?.name ?? there?.name ?? placeName('sites', text));
  return {
    madeSite: made?.made ?? null,
    of: (one) =>
      one.site === site
        ? undefined
        : { before: one.site, after: site, undo: [{ act: 'site', value: one.site }], write: null },
    async write(tx, ids) {
      for (const some of chunks(ids)) await tx.updateTable('endpoints').set({ site }).where('id', 'in', some).execute();
    },
  };
}

function planKind(value: BulkValue, author: BulkBy | null): BulkPlan {
  if (value !== 'server' && value !== 'workstation') throw wrongValue('kind', value, '"server" or "workstation"');
  return {
    of: (one) =>
      one.kind === value
        ? undefined
        : { before: one.kind, after: value, undo: [{ act: 'kind', value: one.kind }], write: null },
    async write(tx, ids) {
      const kind_why = JSON.stringify([reason('kind_set_by', { by: author?.by ?? '' })]);
      for (const some of chunks(ids))
        await tx.updateTable('endpoints').set({ kind: value, kind_why }).where('id', 'in', some).execute();
    },
  };
}

function planTags(db: State, act: 'add_tags' | 'remove_tags', tags: readonly string[]): BulkPlan {
  const isAdded = act === 'add_tags';
  const back = isAdded ? 'remove_tags' : 'add_tags';
  return {
    of(one) {
      const own = new Set(one.tags);
      const moved = tags.filter((tag) => own.has(tag) !== isAdded);
      if (moved.length === 0) return undefined;
      const next = isAdded ? [...one.tags, ...moved].sort() : one.tags.filter((tag) => !moved.includes(tag));
      const shown = { before: one.tags.join(', '), after: next.join(', ') };
      const undo = [{ act: back, value: moved } as const];
      if (next.length > tagsAtMost) {
        const refused = reason('bulk_many_tags', { count: next.length, limit: tagsAtMost });
        return { ...shown, after: shown.before, refused, undo, write: null };
      }
      const write = () => updateRow(db as never, 'endpoints', one.id, { tags: JSON.stringify(next) });
      return { ...shown, undo, write };
    },
  };
}

/** A group is not made by the way, as a site is: a name that was mistyped would be one of its own. */
async function planGroup(
  db: State,
  act: 'add_group' | 'remove_group',
  value: BulkValue,
  author: BulkBy | null,
  now: number,
): Promise<BulkPlan> {
  if (typeof value !== 'string') throw wrongValue(act, value, 'the id or the name of a group');
  const named = db.selectFrom('groups').select(['id', 'name']).where('name_key', '=', nameKey(value));
  const { id: group, name } = (await named.executeTakeFirst()) ?? (await findPlace(db, 'groups', value));
  const isAdded = act === 'add_group';
  const back = isAdded ? 'remove_group' : 'add_group';
  return {
    of: (one) =>
      one.groups.has(group) === isAdded
        ? undefined
        : {
            before: isAdded ? null : name,
            after: isAdded ? name : null,
            undo: [{ act: back, value: group }],
            write: null,
          },
    async write(tx, ids) {
      if (isAdded) await addMembers(tx, group, ids, author?.by ?? '', now);
      else
        for (const some of chunks(ids))
          await tx.deleteFrom('group_members').where('group_id', '=', group).where('endpoint', 'in', some).execute();
    },
  };
}

const back = { act: 'take_back', value: null } as const;

async function planRetire(db: State, ids: readonly string[], author: BulkBy | null, now: number): Promise<BulkPlan> {
  const uses = await usesOf(db, ids, now);
  return {
    of: ({ id }) => ({ before: null, after: 'retired', why: uses.get(id) ?? [], undo: [back], write: null }),
    async write(tx, changed) {
      await retireEndpoints(tx, changed, author?.by ?? '', now);
    },
  };
}

async function planTakeBack(db: State, ids: readonly string[], author: BulkBy | null, now: number): Promise<BulkPlan> {
  const restorable = await restorableOf(db, ids, now);
  return {
    of: ({ id }) => ({
      ...{ before: 'retired', after: null, undo: null },
      ...(restorable.has(id) ? {} : { refused: reason('bulk_not_back') }),
      write: author && (() => restoreEndpoint(db, id, author.by, now)),
    }),
  };
}

function textOrNull(act: BulkAct, value: BulkValue): string | null {
  if (value !== null && typeof value !== 'string') throw wrongValue(act, value, 'a name, or null for none');
  return value;
}

function tagsIn(act: BulkAct, value: BulkValue): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw wrongValue(act, value, 'a list of tags, at least one');
  return [...new Set(value as readonly string[])];
}

const wrongValue = (act: BulkAct, value: BulkValue, wanted: string) =>
  fail('BAD_REQUEST', {
    problem: `value ${JSON.stringify(value)} does not fit the act "${act}": it has to be ${wanted}`,
  });
