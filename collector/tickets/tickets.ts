/** What people do with tickets, the transitions of their life, and the end of old ones. */
import { randomBytes } from 'node:crypto';
import type { Updateable } from 'kysely';
import type { CancelReason, HoldReason } from '../../shared/api.ts';
import { businessDaysAfter } from '../../shared/calendar.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { shownInstant } from '../../shared/zone.ts';
import { readCalendars } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { askByMail, commentByMail, confirmByMail, type TicketNotifying, wayFor } from '../notify/of-ticket.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { conflict, createChanges, type PersonAction, type StoredTicket, save } from './change.ts';
import { blankTicket, monitor, noHold, note } from './events.ts';
import type { TicketStateName } from './history.ts';
import { createTicketLinks, parentOf, type TicketLinks } from './links.ts';
import { askMerged, createMerging, type Merging, tellMerged } from './merge.ts';
import { type TicketLevel, weight } from './priority.ts';
import { askFor, createRatings, type Ratings } from './ratings.ts';
import { createTicketTags, type TagChange } from './tags.ts';
import { createTeamwork, type Teamwork } from './teamwork.ts';
import { createWatching, type Watching } from './watchers.ts';
import { noteOpening, notePriority } from './weighed.ts';

export interface NewTicket {
  title: string;
  text: string | null;
  endpoint: string | null;
  impact: TicketLevel;
  urgency: TicketLevel;
  by: string;
  /** Who asked for it: a user's name, or any other. */
  requester: string;
  channel: Exclude<StoredTicket['channel'], 'monitor'>;
  category: StoredTicket['category'];
  tags?: readonly string[];
  /** Whoever asked gets a mail with a link to it, where there is a way. */
  withReceipt?: boolean;
}

export interface Comment {
  text: string;
  /** The requester may read it. */
  isPublic: boolean;
  /** Written down for the requester, who said it on the telephone or by mail. Always public. */
  isFromRequester: boolean;
  /** Where it was written first, and its id there: it is taken once. */
  origin?: string;
  /** What else its event says. */
  facts?: Readonly<Record<string, unknown>>;
}

/** What must be saved with it or not at all, in the same transaction. */
export type AlsoSaved = (db: StateTransaction, ticket: number) => Promise<void>;

export interface TicketTransition {
  to: TicketStateName;
  text: string | null;
  /** Needed on hold. */
  hold?: { reason: HoldReason; until: number; vendorReference?: string };
  /** Of a cancellation. */
  reason?: CancelReason;
}

export interface TicketDetails {
  requester?: string;
  category?: StoredTicket['category'];
}

/** What only whoever resolved a ticket knows; what is left out is not known. */
export interface Solution {
  /** Before a telephone call or a chat had ended. */
  inContact?: boolean;
  /** False: it could not be solved at first contact, such as broken hardware. */
  firstContactPossible?: boolean;
}

/** The secret of the link by which whoever asked can rate the work; null where nobody is asked, or a mail has it. */
type Resolved = { ratingToken: string | null };

/** All but `create` throw EvenkeelError NOT_FOUND, or CONFLICT where the state of the ticket does not allow it. */
export interface Tickets extends Teamwork, TicketLinks, Merging, Watching, Ratings {
  /** @returns the number of the new ticket */
  create(ticket: NewTicket, also?: AlsoSaved): Promise<number>;
  /** An answer of the requester ends the wait for it; a public comment of another goes to them by mail. */
  comment(id: number, by: string, comment: Comment, also?: AlsoSaved): Promise<void>;
  /** Whether mails reach this requester. */
  canMail(requester: string | null): Promise<boolean>;
  /** Where whoever works on it talks; null where the settings name no place. */
  chatOf(id: number): string | null;
  assign(id: number, by: string, assignee: string | null): Promise<void>;
  /** @param wontFixUntil ms UTC; until then the alert opens no ticket */
  resolve(
    id: number,
    by: string,
    text: string | null,
    wontFixUntil?: number | null,
    solution?: Solution,
  ): Promise<Resolved>;
  reopen(id: number, by: string, text: string | null): Promise<void>;
  /** Any other transition of the life cycle. @throws EvenkeelError BAD_REQUEST for a hold without reason or date */
  setState(id: number, by: string, transition: TicketTransition): Promise<Resolved>;
  /** Who asked for it, and what kind it is: what is left out stays. */
  correct(id: number, by: string, details: TicketDetails): Promise<void>;
  setPriority(id: number, by: string, level: { impact: TicketLevel; urgency: TicketLevel }, why: string): Promise<void>;
  tag(id: number, by: string, change: TagChange): Promise<void>;
  /** The listener is called after the change was saved. */
  onPerson(listener: (action: PersonAction) => void): void;
  /** Closes tickets resolved for five business days; until then they can be reopened. @returns how many */
  closeOld(): Promise<number>;
}

/** The transitions open to a person. Closed and cancelled are final: later problems get a new ticket. */
const ways: Record<TicketStateName, readonly TicketStateName[]> = {
  new: ['in_progress', 'on_hold', 'resolved', 'cancelled'],
  in_progress: ['on_hold', 'resolved', 'cancelled'],
  /** Also to another reason or date. */
  on_hold: ['on_hold', 'in_progress', 'resolved', 'cancelled'],
  resolved: ['in_progress', 'closed'],
  closed: [],
  cancelled: [],
};
const closedAfterDays = 5;
/** What waits longer is forgotten. */
const holdAtMostMs = 366 * 86_400_000;
const muteAtMostMs = 3653 * 86_400_000;

export interface TicketsParts {
  state: State;
  clock: Clock;
  changeFeed: ChangeFeed;
  /** Report zone, IANA. */
  zone: string;
  /** Left out, nobody is notified. */
  notify?: TicketNotifying;
  /** Address with `{ticket}` in it. */
  chat?: string | null;
}

export function createTickets(parts: TicketsParts): Tickets {
  const { state, clock, changeFeed, zone } = parts;
  const changes = createChanges(parts);
  const { change, touch, done, onPerson } = changes;
  const { ended, ...merging } = createMerging({ state, changes, notify: parts.notify });

  async function move(
    id: number,
    by: string,
    transition: TicketTransition,
    mutedUntil: number | null = null,
    solution: Solution = {},
  ) {
    const { to, text } = transition;
    let ratingToken: string | null = null;
    let isMailed = false;
    const before = await change(id, async (db, row, now) => {
      if (!ways[row.state].includes(to)) throw conflict(`ticket ${id} is ${row.state}, and cannot become ${to}`);
      const helpers = to === 'resolved' ? await helpersOf(db, id) : [];
      const data = {
        ...(helpers.length > 0 ? { helpers } : {}),
        ...(await whyOf(db, transition, id, { now, zone })),
        ...(mutedUntil === null ? {} : { wontFixUntil: mutedUntil }),
        ...solution,
      };
      const set = columnsFor(row, transition, by, now);
      if (set.open_key) await refuseSecondOpen(db, row);
      await save(db, row, { ...set, touched_at: row.touched_at ?? now, muted_until: mutedUntil, updated_at: now });
      await note(db, id, now, by, row.state === 'resolved' && to === 'in_progress' ? 'reopened' : 'state', {
        ...{ from_state: row.state, to_state: to, text },
        data: Object.keys(data).length === 0 ? null : JSON.stringify(data),
      });
      if (to !== 'resolved') return;
      isMailed = parts.notify !== undefined && (await askMerged(db, parts.notify, { into: id, at: now }));
      if (row.requester === null) return;
      const { id: rating, token } = await askFor(db, id, now);
      const { requester } = row;
      const isAsked = parts.notify && (await askByMail(db, parts.notify, { id, requester, at: now, rating }));
      if (isAsked) isMailed = true;
      else ratingToken = token;
    });
    if (isMailed) parts.notify?.wake();
    return { row: before, ratingToken };
  }

  async function resolve(
    id: number,
    by: string,
    text: string | null,
    wontFixUntil: number | null = null,
    solution: Solution = {},
  ) {
    refuseSenselessMute(id, wontFixUntil, { now: clock.now(), zone });
    const { row, ratingToken } = await move(id, by, { to: 'resolved', text }, wontFixUntil, solution);
    done(row, { type: 'close', key: row.key, at: clock.now(), mutedUntil: wontFixUntil });
    await ended(id);
    return { ratingToken };
  }

  return {
    create: (ticket, also) => createByPerson(parts, ticket, also),
    async comment(id, by, { text, isPublic, isFromRequester, origin, facts: more }, also) {
      let isMailed = false;
      await touch(id, async (db, row, now) => {
        if (isFromRequester && row.requester === null)
          throw conflict(`nobody asked for ticket ${id}; write the comment as your own`);
        const isAnswer = isFromRequester || (isPublic && by === row.requester);
        const isForThem = isFromRequester && by !== row.requester;
        const facts = {
          ...more,
          ...(isForThem ? { fromRequester: true } : {}),
          ...(origin === undefined ? {} : { origin }),
        };
        const data = Object.keys(facts).length === 0 ? null : JSON.stringify(facts);
        await note(db, id, now, by, 'comment', { text, data, is_public: isPublic || isFromRequester ? 1 : 0 });
        await also?.(db, id);
        const { requester } = row;
        if (parts.notify && isPublic && !isAnswer && requester !== null)
          isMailed = await commentByMail(db, parts.notify, { id, requester, at: now });
        if (parts.notify && isPublic && !isAnswer)
          isMailed = (await tellMerged(db, parts.notify, { into: id, at: now })) || isMailed;
        if (!isAnswer || row.hold_reason !== 'awaiting_requester') return {};
        const to = { from_state: 'on_hold', to_state: 'in_progress' };
        await note(db, id, now, by, 'state', { ...to, data: JSON.stringify({ reason: 'requester_answered' }) });
        return { state: 'in_progress', ...noHold };
      });
      if (isMailed) parts.notify?.wake();
    },
    canMail: async (requester) => (await wayFor(parts.state, parts.notify?.routes ?? [], requester)) !== null,
    chatOf: (id) => parts.chat?.replaceAll('{ticket}', String(id)) ?? null,
    assign: (id, by, assignee) =>
      touch(id, async (db, _, now) => {
        await note(db, id, now, by, 'assigned', { text: assignee });
        return { assignee };
      }),
    resolve,
    async reopen(id, by, text) {
      const current = await state.selectFrom('tickets').select('state').where('id', '=', id).executeTakeFirst();
      if (current && current.state !== 'resolved')
        throw conflict(`ticket ${id} is ${current.state}; only a resolved one can be reopened`);
      const { row } = await move(id, by, { to: 'in_progress', text });
      done(row, { type: 'reopen', key: row.key, at: clock.now() });
    },
    async setState(id, by, transition) {
      const { to, text } = transition;
      if (to === 'resolved') return resolve(id, by, text);
      const { row } = await move(id, by, transition);
      const at = clock.now();
      if (to === 'closed') done(row, null);
      else if (to === 'cancelled') done(row, { type: 'close', key: row.key, at, mutedUntil: null });
      else done(row, { type: row.state === 'resolved' ? 'reopen' : 'touch', key: row.key, at });
      if (to === 'cancelled') await ended(id);
      return { ratingToken: null };
    },
    correct: (id, by, details) =>
      touch(id, async (db, row, now) => {
        if (details.requester !== undefined && row.kind !== 'person')
          throw conflict(`nobody asked for ticket ${id}, which the monitor opened; leave the requester out`);
        const names = (['requester', 'category'] as const).filter(
          (name) => details[name] !== undefined && details[name] !== row[name],
        );
        if (names.length === 0) throw conflict(`ticket ${id} has this requester and this category already`);
        const data = JSON.stringify(Object.fromEntries(names.map((name) => [name, [row[name], details[name]]])));
        await note(db, id, now, by, 'corrected', { data });
        return details;
      }),
    async setPriority(id, by, { impact, urgency }, why) {
      await touch(id, async (db, row, now) => {
        const next = weight(impact, urgency);
        const levels = { impact: [row.impact, impact], urgency: [row.urgency, urgency] };
        if (row.impact === impact && row.urgency === urgency)
          throw conflict(`ticket ${id} has impact ${impact} and urgency ${urgency} already`);
        const change = { from: row.priority, to: next.priority, text: why, facts: levels };
        await notePriority(db, parts.notify, { ticket: id, at: now, actor: by }, change);
        return next;
      });
      parts.notify?.wake();
    },
    ...merging,
    ...createTicketTags(changes),
    ...createWatching(changes),
    ...createTeamwork(changes, parts.notify),
    ...createTicketLinks(changes),
    ...createRatings(parts, changes),
    onPerson,
    closeOld: () => closeOld(state, changeFeed, zone, clock.now()),
  };
}

async function createByPerson(parts: TicketsParts, ticket: NewTicket, also?: AlsoSaved): Promise<number> {
  const { state, changeFeed, notify } = parts;
  const now = parts.clock.now();
  const { title, text, endpoint, impact, urgency, by, requester, channel, category, tags = [] } = ticket;
  const own = { kind: 'person' as const, title, endpoint, requester, channel, category, ...weight(impact, urgency) };
  const tagged = JSON.stringify([...new Set(tags)].sort());
  const id = await state.transaction().execute(async (db) => {
    const row = await db
      .insertInto('tickets')
      .values({
        ...blankTicket(`person/${randomBytes(8).toString('hex')}`, now),
        ...own,
        tags: tagged,
        touched_at: now,
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await noteOpening(db, notify, { ticket: row.id, at: now, actor: by }, { priority: own.priority, text });
    await also?.(db, row.id);
    if (ticket.withReceipt && notify) await confirmByMail(db, notify, { id: row.id, requester, at: now });
    return row.id;
  });
  changeFeed.publish({ kind: 'ticket', ticket: id });
  notify?.wake();
  return id;
}

async function closeOld(state: State, changeFeed: ChangeFeed, zone: string, now: number): Promise<number> {
  const calendarOf = await readCalendars(state, zone);
  const old = await state.transaction().execute(async (db) => {
    const resolved = await db
      .selectFrom('tickets')
      .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
      .select(['tickets.id', 'tickets.resolved_at'])
      .select((of) => of.fn.coalesce('tickets.site', 'endpoints.site').as('site'))
      .where('tickets.state', '=', 'resolved')
      .execute();
    const closed = resolved.filter(
      ({ site, resolved_at }) =>
        (businessDaysAfter(calendarOf(site, 'support').calendar, resolved_at ?? now, closedAfterDays) ?? Infinity) <=
        now,
    );
    for (const { id } of closed) {
      await db
        .updateTable('tickets')
        .set({ state: 'closed', closed_at: now, updated_at: now })
        .where('id', '=', id)
        .execute();
      await note(db, id, now, monitor, 'state', { from_state: 'resolved', to_state: 'closed' });
    }
    return closed;
  });
  for (const { id } of old) changeFeed.publish({ kind: 'ticket', ticket: id });
  return old.length;
}

/**
 * What the event of a transition says beside its states.
 * @throws EvenkeelError BAD_REQUEST, CONFLICT where something is missing
 */
async function whyOf(
  db: StateTransaction,
  { to, text, hold, reason }: TicketTransition,
  id: number,
  { now, zone }: { now: number; zone: string },
): Promise<Record<string, unknown>> {
  if (to === 'cancelled') {
    const parent = await parentOf(db, id);
    if (reason === 'merged' && parent === null) throw conflict(`ticket ${id} has no parent; link it to one first`);
    if (reason === 'duplicate')
      throw conflict(`link ticket ${id} as duplicate to the one that it repeats, which cancels it`);
    if (!text && !reason && parent === null) throw conflict(`a reason is needed to make ticket ${id} cancelled`);
    return reason === 'merged' || (!reason && parent !== null)
      ? { reason: 'merged', mergedInto: parent }
      : { reason: reason ?? 'not_an_issue' };
  }
  if (to !== 'on_hold') return {};
  if (!hold) throw badHold(id, 'it needs a reason of the list and a date on which to look at it again');
  if (hold.until <= now) throw badHold(id, `${shownInstant(hold.until, zone)} is over`);
  if (hold.until > now + holdAtMostMs) throw badHold(id, 'the date is more than a year away');
  return { ...hold };
}

/** @throws EvenkeelError BAD_REQUEST */
function refuseSenselessMute(id: number, until: number | null, { now, zone }: { now: number; zone: string }): void {
  if (until === null || (until > now && until <= now + muteAtMostMs)) return;
  const why = until <= now ? 'is over' : 'is more than ten years away';
  throw fail('BAD_REQUEST', {
    problem: `wontFixUntil of ticket ${id}, ${shownInstant(until, zone)}, ${why}; until then its alert would open no ticket`,
  });
}

const badHold = (id: number, why: string) =>
  fail('BAD_REQUEST', { problem: `ticket ${id} cannot be put on hold: ${why}` });

/** Whoever helped is named where it is resolved, even if they have left. */
async function helpersOf(db: StateTransaction, id: number): Promise<string[]> {
  const rows = db.selectFrom('ticket_participants').select('person').where('ticket', '=', id).orderBy('id');
  return [...new Set((await rows.execute()).map(({ person }) => person))];
}

/** The columns that follow from the state. */
function columnsFor(
  row: StoredTicket,
  { to, hold }: TicketTransition,
  user: string,
  now: number,
): Updateable<Database['tickets']> {
  const { vendorReference } = hold ?? {};
  const set = {
    ...{ state: to, hold_reason: hold?.reason ?? null, hold_until: hold?.until ?? null },
    ...(vendorReference === undefined ? {} : { vendor_reference: vendorReference }),
  };
  if (to === 'resolved') return { ...set, ...noHold, open_key: null, resolved_at: now, resolved_by: user };
  if (to === 'cancelled' || to === 'closed') return { ...set, ...noHold, open_key: null, closed_at: now };
  if (row.state === 'resolved') return { ...set, open_key: row.key, resolved_at: null, resolved_by: null };
  return to === 'on_hold' ? set : { ...set, ...noHold };
}

/** The unique key would refuse it anyway; this error names the ticket in the way. */
async function refuseSecondOpen(db: StateTransaction, row: StoredTicket): Promise<void> {
  const other = await db.selectFrom('tickets').select('id').where('open_key', '=', row.key).executeTakeFirst();
  if (other) throw conflict(`ticket ${other.id} is open for the same alert`);
}
