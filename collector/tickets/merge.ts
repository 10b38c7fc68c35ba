/** One ticket becomes part of another, and is one of its own again; a part of one becomes another. */
import { randomBytes } from 'node:crypto';
import { fail } from '../../shared/errors.ts';
import { askByMail, commentByMail, type TicketNotifying, wayTo } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { conflict, type StoredTicket, save, type TicketChanges } from './change.ts';
import { blankTicket, noHold, note } from './events.ts';
import { dataOf } from './history.ts';
import type { TicketLevel } from './priority.ts';
import { weight } from './priority.ts';
import { askFor } from './ratings.ts';
import { addWatcher } from './watchers.ts';
import { noteOpening } from './weighed.ts';

export interface SplitTicket {
  title: string;
  text: string | null;
  /** Numbers of comments of the ticket that belong to the part: they stay where they are, and are shown there too. */
  comments: readonly number[];
}

/** Each throws EvenkeelError NOT_FOUND, BAD_REQUEST, or CONFLICT where the state of a ticket does not allow it. */
export interface Merging {
  /** @param text for whoever asked for it, who is told; of a ticket that nobody asked for it is internal */
  merge(id: number, by: string, into: number, text: string): Promise<void>;
  /** Until the other one is closed or cancelled. */
  unmerge(id: number, by: string): Promise<void>;
  /** @returns the number of the new ticket */
  split(id: number, by: string, part: SplitTicket): Promise<number>;
}

/** While its alert goes on, it opens no other ticket: the one it was merged into is that ticket. That ends with that one. */
const quietMs = 366 * 86_400_000;

interface MergingParts {
  state: State;
  changes: TicketChanges;
  notify: TicketNotifying | undefined;
}

export function createMerging({
  state,
  changes,
  notify,
}: MergingParts): Merging & { ended(id: number): Promise<void> } {
  const { change, touch, done } = changes;
  return {
    async merge(id, by, into, text) {
      let isMailed = false;
      let at = 0;
      let mutedUntil: number | null = null;
      let other: StoredTicket | undefined;
      const row = await change(id, async (db, row, now) => {
        at = now;
        other = await openTarget(db, row, into);
        mutedUntil = row.kind === 'person' ? null : now + quietMs;
        await linkOnce(db, { ticket: id, kind: 'duplicate', target: String(into), at: now, by_user: by });
        const { requester } = row;
        if (requester !== null) {
          await note(db, id, now, by, 'comment', { text, is_public: 1, data: JSON.stringify({ mergedInto: into }) });
          if (notify && by !== requester) isMailed = await commentByMail(db, notify, { id, requester, at: now });
        }
        const ended = { state: 'cancelled' as const, open_key: null, closed_at: now, updated_at: now };
        await save(db, row, { ...ended, ...noHold, touched_at: row.touched_at ?? now, muted_until: mutedUntil });
        const data = JSON.stringify({ reason: 'merged', mergedInto: into });
        const internal = requester === null ? text : null;
        await note(db, id, now, by, 'state', { from_state: row.state, to_state: 'cancelled', text: internal, data });
        await takeHelpers(db, { from: id, to: into, at: now, by });
        const watchers = db.selectFrom('ticket_watchers').selectAll().where('ticket', '=', id);
        for (const watcher of await watchers.execute()) await addWatcher(db, { ...watcher, ticket: into, at: now });
        await note(db, into, now, by, 'merged', { data: JSON.stringify({ from: id }) });
        await save(db, other, { updated_at: now, touched_at: other.touched_at ?? now });
      });
      if (isMailed) notify?.wake();
      done(row, { type: 'close', key: row.key, at, mutedUntil });
      if (other) done(other, { type: 'touch', key: other.key, at });
    },

    async unmerge(id, by) {
      let at = 0;
      let into = 0;
      const row = await change(id, async (db, row, now) => {
        at = now;
        into = await mergedInto(db, row);
        const target = await db.selectFrom('tickets').select('state').where('id', '=', into).executeTakeFirst();
        if (target && (target.state === 'closed' || target.state === 'cancelled'))
          throw conflict(`ticket ${into}, into which ${id} was merged, is ${target.state}; open a new ticket instead`);
        const clash = await db.selectFrom('tickets').select('id').where('open_key', '=', row.key).executeTakeFirst();
        if (clash) throw conflict(`ticket ${clash.id} is open for the same alert`);
        await save(db, row, {
          ...{ state: 'in_progress', open_key: row.key, closed_at: null, muted_until: null, updated_at: now },
        });
        const data = JSON.stringify({ unmergedFrom: into });
        await note(db, id, now, by, 'reopened', { from_state: 'cancelled', to_state: 'in_progress', data });
        await db
          .deleteFrom('ticket_links')
          .where('ticket', '=', id)
          .where('kind', '=', 'duplicate')
          .where('target', '=', String(into))
          .execute();
        if (!target) return;
        await note(db, into, now, by, 'unmerged', { data: JSON.stringify({ from: id }) });
        await db.updateTable('tickets').set({ updated_at: now }).where('id', '=', into).execute();
      });
      done(row, { type: 'reopen', key: row.key, at });
      done({ ...row, id: into, kind: 'person' }, null);
    },

    async split(id, by, { title, text, comments }) {
      let made = 0;
      await touch(id, async (db, row, now) => {
        const events = db
          .selectFrom('ticket_events')
          .select('id')
          .where('ticket', '=', id)
          .where('kind', '=', 'comment');
        const known = new Set((await events.execute()).map((event) => event.id));
        const unknown = comments.find((event) => !known.has(event));
        if (unknown !== undefined)
          throw fail('BAD_REQUEST', {
            problem: `${unknown} is no comment of ticket ${id}; choose from those on its page`,
          });
        const weights = weight(row.impact as TicketLevel, row.urgency as TicketLevel);
        const { endpoint, site, category, tier, tags } = row;
        const own = {
          ...blankTicket(`person/${randomBytes(8).toString('hex')}`, now),
          ...{ kind: 'person' as const, title, endpoint, site, category, tier, tags, ...weights, touched_at: now },
          ...{ requester: row.requester ?? by, channel: row.channel === 'monitor' ? ('portal' as const) : row.channel },
        };
        const { id: part } = await db.insertInto('tickets').values(own).returning('id').executeTakeFirstOrThrow();
        const facts = { splitFrom: id, comments };
        await noteOpening(db, notify, { ticket: part, at: now, actor: by }, { priority: own.priority, text, facts });
        await linkOnce(db, { ticket: part, kind: 'related', target: String(id), at: now, by_user: by });
        await note(db, id, now, by, 'split', { data: JSON.stringify({ to: part, comments }) });
        made = part;
        return {};
      });
      done({ id: made, kind: 'person' }, null);
      notify?.wake();
      return made;
    },

    /** Nothing stands for the alerts of what was merged into it any more: each opens a ticket of its own where it fires. */
    async ended(id) {
      const merged = await state
        .selectFrom('tickets as t')
        .innerJoin('ticket_links as l', 'l.ticket', 't.id')
        .selectAll('t')
        .where('l.kind', '=', 'duplicate')
        .where('l.target', '=', String(id))
        .where('t.state', '=', 'cancelled')
        .where('t.muted_until', 'is not', null)
        .execute();
      for (const source of merged) {
        await state.updateTable('tickets').set({ muted_until: null }).where('id', '=', source.id).execute();
        const other = state.selectFrom('tickets').select('id').where('open_key', '=', source.key);
        if (await other.executeTakeFirst()) continue;
        done(source, { type: 'close', key: source.key, at: changes.now(), mutedUntil: null });
      }
    },
  };
}

/** Which of them are worked on as part of another one: into which, since when. */
export async function mergedOf(
  state: State,
  tickets: readonly number[],
): Promise<Map<number, { into: number; at: number }>> {
  const ends = await state
    .selectFrom('ticket_events as e')
    .innerJoin('tickets as t', 't.id', 'e.ticket')
    .select(['e.ticket', 'e.data', 'e.at'])
    .where('e.ticket', 'in', [...tickets])
    .where('e.to_state', '=', 'cancelled')
    .where('t.state', '=', 'cancelled')
    .orderBy('e.id')
    .execute();
  const last = new Map(ends.map((event) => [event.ticket, { at: event.at, ...dataOf(event) }]));
  return new Map(
    [...last].flatMap(([ticket, { at, ...data }]) => {
      const { reason, mergedInto: into } = data as { reason?: unknown; mergedInto?: unknown };
      return reason === 'merged' && typeof into === 'number' ? [[ticket, { into, at }] as const] : [];
    }),
  );
}

/** Longer chains of merges are a mistake, or a circle. */
const mergesAtMost = 20;

/** What a ticket goes on as: the last into which it was merged, and since when it was part of another. */
export async function continuedAs(state: State, ticket: number): Promise<{ ticket: number; since: number } | null> {
  let [last, since]: [number, number | null] = [ticket, null];
  for (let n = 0; n < mergesAtMost; n++) {
    const next = (await mergedOf(state, [last])).get(last);
    if (next === undefined) break;
    [last, since] = [next.into, since ?? next.at];
  }
  return since === null ? null : { ticket: last, since };
}

/** Who asked for what was merged into it, and into those, each with the ticket that they know. */
async function mergedRequesters(db: State, into: number): Promise<{ id: number; requester: string }[]> {
  const found = new Map<number, { id: number; requester: string | null }>();
  for (let some = [into]; some.length > 0; ) {
    const links = db
      .selectFrom('ticket_links as l')
      .innerJoin('tickets as t', 't.id', 'l.ticket')
      .select(['t.id', 't.requester'])
      .where('l.kind', '=', 'duplicate')
      .where('t.state', '=', 'cancelled')
      .where('l.target', 'in', some.map(String));
    const next = (await links.execute()).filter(({ id }) => id !== into && !found.has(id));
    for (const row of next) found.set(row.id, row);
    some = next.map(({ id }) => id);
  }
  return [...found.values()].flatMap(({ id, requester }) => (requester === null ? [] : [{ id, requester }]));
}

interface MergedInto {
  into: number;
  at: number;
}

/** The last comment of a ticket, for who asked for what is worked on with it. @returns whether a mail is on its way */
export async function tellMerged(db: StateTransaction, notify: TicketNotifying, { into, at }: MergedInto) {
  let isMailed = false;
  for (const other of await mergedRequesters(db, into))
    isMailed = (await commentByMail(db, notify, { ...other, at, writtenIn: into })) || isMailed;
  return isMailed;
}

/** They learn that it is resolved, and are asked as the others. @returns whether a mail is on its way */
export async function askMerged(db: StateTransaction, notify: TicketNotifying, { into, at }: MergedInto) {
  let isMailed = false;
  for (const other of await mergedRequesters(db, into)) {
    if (wayTo(notify.routes, other.requester) === null) continue;
    const question = { ...other, at, rating: (await askFor(db, into, at)).id };
    isMailed = (await askByMail(db, notify, question)) || isMailed;
  }
  return isMailed;
}

async function openTarget(db: StateTransaction, row: StoredTicket, into: number): Promise<StoredTicket> {
  if (row.id === into) throw conflict(`ticket ${into} cannot be merged into itself`);
  if (row.open_key === null) throw conflict(`ticket ${row.id} is ${row.state}; only an open one is merged`);
  const other = await db.selectFrom('tickets').selectAll().where('id', '=', into).executeTakeFirst();
  if (!other) throw fail('NOT_FOUND', { what: 'ticket', id: into });
  if (other.open_key === null)
    throw conflict(`ticket ${into} is ${other.state}; merge into one that is open, or reopen it first`);
  return other;
}

/** @throws EvenkeelError CONFLICT where it was not merged */
async function mergedInto(db: StateTransaction, row: StoredTicket): Promise<number> {
  const states = db.selectFrom('ticket_events').select(['data', 'to_state']).where('ticket', '=', row.id);
  const last = await states
    .where('to_state', 'is not', null)
    .where('kind', '=', 'state')
    .orderBy('id', 'desc')
    .executeTakeFirst();
  const { reason, mergedInto: into } = last ? dataOf(last) : {};
  if (row.state !== 'cancelled' || reason !== 'merged' || typeof into !== 'number')
    throw conflict(`ticket ${row.id} is ${row.state}, and was not merged into another`);
  return into;
}

type NewLink = { ticket: number; kind: 'duplicate' | 'related'; target: string; at: number; by_user: string };

async function linkOnce(db: StateTransaction, link: NewLink): Promise<void> {
  const { ticket, kind, target, at, by_user } = link;
  const same = db.selectFrom('ticket_links').select('id').where('ticket', '=', ticket).where('kind', '=', kind);
  if (await same.where('target', '=', target).executeTakeFirst()) return;
  await db.insertInto('ticket_links').values(link).execute();
  await note(db, ticket, at, by_user, 'linked', { data: JSON.stringify({ kind, target }) });
}

/** Who helps with the one helps with the other. */
async function takeHelpers(
  db: StateTransaction,
  { from, to, at, by }: { from: number; to: number; at: number; by: string },
): Promise<void> {
  const helping = (ticket: number) =>
    db
      .selectFrom('ticket_participants')
      .select(['person', 'swarm'])
      .where('ticket', '=', ticket)
      .where('left_at', 'is', null)
      .execute();
  const there = new Set((await helping(to)).map(({ person }) => person));
  for (const { person, swarm } of await helping(from)) {
    if (there.has(person)) continue;
    await db
      .insertInto('ticket_participants')
      .values({ ticket: to, person, swarm, joined_at: at, left_at: null })
      .execute();
    await note(db, to, at, by, 'joined', { text: person, data: JSON.stringify({ kind: swarm }) });
  }
}
