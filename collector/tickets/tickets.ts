/**
 * Actions of people on tickets. Every change is an event row; a change to a ticket that has left the state in which it
 * was read is a CONFLICT, never a silent overwrite. What the monitor does is in save.ts.
 */
import { randomBytes } from 'node:crypto';
import type { Selectable, Updateable } from 'kysely';
import type { TicketRow } from '../../shared/api.ts';
import { businessMinutes } from '../../shared/calendar.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { bucketOf } from '../../shared/topics.ts';
import { readCalendars } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import { priorityOf, type TicketLevel } from './priority.ts';

export type TicketStateName = TicketRow['state'];
type StoredTicket = Selectable<Database['tickets']>;

/** An action of a person on a ticket of the monitor; an event of the policy. */
export type PersonAction = { key: string; at: number } & (
  | { type: 'touch' | 'reopen' }
  | { type: 'close'; mutedUntil: number | null }
);

export interface NewTicket {
  title: string;
  text: string | null;
  endpoint: string | null;
  impact: TicketLevel;
  urgency: TicketLevel;
  by: string;
}

/** All but `create` throw EvenkeelError NOT_FOUND, or CONFLICT where the state of the ticket does not allow it. */
export interface Tickets {
  /** @returns the number of the new ticket */
  create(ticket: NewTicket): Promise<number>;
  comment(id: number, by: string, text: string): Promise<void>;
  assign(id: number, by: string, assignee: string | null): Promise<void>;
  /** @param wontFixUntil ms UTC; until then the alert opens no ticket */
  resolve(id: number, by: string, text: string | null, wontFixUntil?: number | null): Promise<void>;
  reopen(id: number, by: string, text: string | null): Promise<void>;
  /** Any other transition of the life cycle; on_hold and cancelled need a reason. */
  setState(id: number, by: string, to: TicketStateName, text: string | null): Promise<void>;
  /** The listener is called after the change was saved. */
  onPerson(listener: (action: PersonAction) => void): void;
  /** Closes tickets resolved for five business days; until then they can be reopened. @returns how many */
  closeOld(): Promise<number>;
}

/** The transitions open to a person. Closed and cancelled are final: later problems get a new ticket. */
const ways: Record<TicketStateName, readonly TicketStateName[]> = {
  new: ['in_progress', 'on_hold', 'resolved', 'cancelled'],
  in_progress: ['on_hold', 'resolved', 'cancelled'],
  on_hold: ['in_progress', 'resolved', 'cancelled'],
  resolved: ['in_progress', 'closed'],
  closed: [],
  cancelled: [],
};
/** Five days of eight hours. */
const closedAfterMinutes = 5 * 8 * 60;

export function createTickets(parts: {
  state: State;
  clock: Clock;
  changeFeed: ChangeFeed;
  /** Report zone, IANA. */
  zone: string;
}): Tickets {
  const { state, clock, changeFeed, zone } = parts;
  const listeners: ((action: PersonAction) => void)[] = [];

  function done(row: StoredTicket, action: PersonAction | null): void {
    changeFeed.publish({ kind: 'ticket', ticket: row.id });
    if (action && row.kind !== 'person') for (const listener of listeners) listener(action);
  }

  /** Reads, changes and notes in one transaction. @returns the ticket as it was before */
  function change(
    id: number,
    work: (db: StateTransaction, row: StoredTicket, now: number) => Promise<void>,
  ): Promise<StoredTicket> {
    return state.transaction().execute(async (db) => {
      const row = await db.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst();
      if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
      await work(db, row, clock.now());
      return row;
    });
  }

  function move(id: number, by: string, to: TicketStateName, text: string | null, mutedUntil: number | null = null) {
    return change(id, async (db, row, now) => {
      if (!ways[row.state].includes(to)) throw conflict(`ticket ${id} is ${row.state}, and cannot become ${to}`);
      if ((to === 'on_hold' || to === 'cancelled') && !text) throw conflict(`a reason is needed to make it ${to}`);
      const set = columnsFor(row, to, by, now);
      if (set.open_key) await refuseSecondOpen(db, row);
      await save(db, row, { ...set, touched_at: row.touched_at ?? now, muted_until: mutedUntil, updated_at: now });
      const kind = row.state === 'resolved' && to === 'in_progress' ? 'reopened' : 'state';
      await note(db, id, now, by, kind, {
        from_state: row.state,
        to_state: to,
        text,
        data: mutedUntil === null ? null : JSON.stringify({ wontFixUntil: mutedUntil }),
      });
    });
  }

  /** A comment or an owner: from now on only a person resolves the ticket. */
  async function touch(
    id: number,
    work: (db: StateTransaction, now: number) => Promise<Updateable<Database['tickets']>>,
  ): Promise<void> {
    const row = await change(id, async (db, row, now) => {
      if (row.state === 'closed' || row.state === 'cancelled')
        throw conflict(`ticket ${id} is ${row.state}; open a new one that refers to it`);
      await save(db, row, { ...(await work(db, now)), touched_at: row.touched_at ?? now, updated_at: now });
    });
    done(row, { type: 'touch', key: row.key, at: clock.now() });
  }

  async function resolve(id: number, by: string, text: string | null, wontFixUntil: number | null = null) {
    const row = await move(id, by, 'resolved', text, wontFixUntil);
    done(row, { type: 'close', key: row.key, at: clock.now(), mutedUntil: wontFixUntil });
  }

  return {
    create: (ticket) => createByPerson(state, changeFeed, ticket, clock.now()),
    comment: (id, by, text) =>
      touch(id, async (db, now) => {
        await note(db, id, now, by, 'comment', { text });
        return {};
      }),
    assign: (id, by, assignee) =>
      touch(id, async (db, now) => {
        await note(db, id, now, by, 'assigned', { text: assignee });
        return { assignee };
      }),
    resolve,
    async reopen(id, by, text) {
      const current = await state.selectFrom('tickets').select('state').where('id', '=', id).executeTakeFirst();
      if (current && current.state !== 'resolved')
        throw conflict(`ticket ${id} is ${current.state}; only a resolved one can be reopened`);
      const row = await move(id, by, 'in_progress', text);
      done(row, { type: 'reopen', key: row.key, at: clock.now() });
    },
    async setState(id, by, to, text) {
      if (to === 'resolved') return resolve(id, by, text);
      const row = await move(id, by, to, text);
      const at = clock.now();
      if (to === 'closed') done(row, null);
      else if (to === 'cancelled') done(row, { type: 'close', key: row.key, at, mutedUntil: null });
      else done(row, { type: row.state === 'resolved' ? 'reopen' : 'touch', key: row.key, at });
    },
    onPerson: (listener) => void listeners.push(listener),
    closeOld: () => closeOld(state, changeFeed, zone, clock.now()),
  };
}

async function createByPerson(state: State, changeFeed: ChangeFeed, ticket: NewTicket, now: number): Promise<number> {
  const { title, text, endpoint, impact, urgency, by } = ticket;
  const own = { kind: 'person' as const, title, endpoint, impact, urgency, priority: priorityOf(impact, urgency) };
  const id = await state.transaction().execute(async (db) => {
    const row = await db
      .insertInto('tickets')
      .values({ ...blankTicket(`person/${randomBytes(8).toString('hex')}`, now), ...own, touched_at: now })
      .returning('id')
      .executeTakeFirstOrThrow();
    await note(db, row.id, now, by, 'opened', { to_state: 'new', text });
    return row.id;
  });
  changeFeed.publish({ kind: 'ticket', ticket: id });
  return id;
}

async function closeOld(state: State, changeFeed: ChangeFeed, zone: string, now: number): Promise<number> {
  const calendarOf = await readCalendars(state, zone);
  const old = await state.transaction().execute(async (db) => {
    const resolved = await db
      .selectFrom('tickets')
      .select(['id', 'site', 'resolved_at'])
      .where('state', '=', 'resolved')
      .execute();
    const closed = resolved.filter(
      ({ site, resolved_at }) =>
        businessMinutes(calendarOf(site, 'support').calendar, resolved_at ?? now, now) >= closedAfterMinutes,
    );
    for (const { id } of closed) {
      await db
        .updateTable('tickets')
        .set({ state: 'closed', closed_at: now, updated_at: now })
        .where('id', '=', id)
        .execute();
      await note(db, id, now, 'monitor', 'state', { from_state: 'resolved', to_state: 'closed' });
    }
    return closed;
  });
  for (const { id } of old) changeFeed.publish({ kind: 'ticket', ticket: id });
  return old.length;
}

const conflict = (problem: string) => fail('CONFLICT', { problem });

/** The columns that follow from the state. */
function columnsFor(
  row: StoredTicket,
  to: TicketStateName,
  user: string,
  now: number,
): Updateable<Database['tickets']> {
  if (to === 'resolved') return { state: to, open_key: null, resolved_at: now, resolved_by: user };
  if (to === 'cancelled' || to === 'closed') return { state: to, open_key: null, closed_at: now };
  if (row.state === 'resolved') return { state: to, open_key: row.key, resolved_at: null, resolved_by: null };
  return { state: to };
}

/** The unique key would refuse it anyway; this error names the ticket in the way. */
async function refuseSecondOpen(db: StateTransaction, row: StoredTicket): Promise<void> {
  const other = await db.selectFrom('tickets').select('id').where('open_key', '=', row.key).executeTakeFirst();
  if (other) throw conflict(`ticket ${other.id} is open for the same alert`);
}

/** Changes the ticket if it is still in the state that it was read in. */
async function save(db: StateTransaction, row: StoredTicket, set: Updateable<Database['tickets']>): Promise<void> {
  const result = await db
    .updateTable('tickets')
    .set(set)
    .where('id', '=', row.id)
    .where('state', '=', row.state)
    .executeTakeFirst();
  if (result.numUpdatedRows !== 1n) throw conflict(`ticket ${row.id} was changed by somebody else just now`);
}

type EventColumns = Partial<Pick<Database['ticket_events'], 'from_state' | 'to_state' | 'text' | 'data'>>;

/** One row in the history of a ticket. */
export async function note(
  db: StateTransaction,
  ticket: number,
  at: number,
  actor: string,
  kind: Database['ticket_events']['kind'],
  columns: EventColumns = {},
): Promise<void> {
  const row = { ticket, at, actor, kind, from_state: null, to_state: null, text: null, data: null, ...columns };
  await insertRows(db, 'ticket_events', [row]);
}

/** A new ticket without any facts yet. */
export function blankTicket(key: string, now: number) {
  return {
    key,
    bucket: bucketOf(key),
    open_key: key,
    kind: 'alert' as const,
    title: null,
    state: 'new' as const,
    priority: 5,
    impact: 3,
    urgency: 3,
    tier: 1,
    endpoint: null,
    site: null,
    rule: null,
    instance: '',
    alert: null,
    assignee: null,
    touched_at: null,
    opened_at: now,
    resolved_at: null,
    resolved_by: null,
    restored_at: null,
    closed_at: null,
    fires: 0,
    flapping_since: null,
    muted_until: null,
    follows: null,
    updated_at: now,
  };
}
