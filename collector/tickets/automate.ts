/**
 * Carries out what the policy has decided, inside the transaction of the alert change that caused it. The unique
 * `open_key` is the last word on "one key, one open ticket": who loses the race counts into the winner's ticket.
 */
import type { Transaction } from 'kysely';
import type { Database } from '../state/database.ts';
import type { Action } from './policy.ts';
import { impactOf, priorityOf, type Third, toThird } from './priority.ts';
import { blankTicket, note } from './tickets.ts';

/** What a ticket is to say about the alert behind a key. */
export interface Subject {
  alert: string;
  /** Id of the family's mildest rule. */
  rule: string;
  ruleName: string;
  urgency: number;
  endpoint: { id: string; name: string; kind: 'server' | 'workstation' } | null;
  /** `/var`, `nightly` …; empty when there is only one. */
  instance: string;
}

export interface Outcome {
  /** Tickets that changed. */
  changed: Set<number>;
  /** The ticket in which the alert of a key now is. */
  ticketOf: Map<string, number>;
}

type Db = Transaction<Database>;
type Found = Pick<Database['tickets'], 'key' | 'state' | 'fires'> & { id: number };
const actor = 'monitor';

export async function carryOut(
  db: Db,
  actions: readonly Action[],
  subjectOf: (key: string) => Subject | undefined,
): Promise<Outcome> {
  const outcome: Outcome = { changed: new Set(), ticketOf: new Map() };
  for (const action of actions) {
    const id = await carryOutOne(db, action, subjectOf(action.key), outcome);
    if (id !== null) outcome.changed.add(id);
  }
  return outcome;
}

async function carryOutOne(db: Db, action: Action, subject: Subject | undefined, outcome: Outcome) {
  switch (action.type) {
    case 'open':
    case 'open-parent':
      return link(outcome, action.key, await open(db, action, subject));
    case 'reopen':
      return link(outcome, action.key, await reopen(db, action, subject));
    case 'attach':
      return attach(db, action, subject, outcome);
    case 'count':
      return count(db, action, subject, outcome);
    case 'recovered':
      return onOpen(db, action.key, async ({ id }) => {
        await set(db, id, { restored_at: action.at, updated_at: action.at });
        await note(db, id, action.at, actor, 'cleared', {
          data: JSON.stringify({ touched: action.touched, alert: subject?.alert ?? null }),
        });
      });
    case 'flapping':
      return onOpen(db, action.key, ({ id }) =>
        note(db, id, action.at, actor, 'fired', { data: JSON.stringify({ flapping: true }) }),
      );
    case 'resolve':
      return resolve(db, action);
    // The reminder is a notice; the ticket itself does not change.
    case 'remind':
      return (await openTicket(db, action.key))?.id ?? null;
  }
}

function link(outcome: Outcome, key: string, id: number): number {
  outcome.ticketOf.set(key, id);
  return id;
}

function openTicket(db: Db, key: string): Promise<Found | undefined> {
  return db
    .selectFrom('tickets')
    .select(['id', 'key', 'state', 'fires'])
    .where('open_key', '=', key)
    .executeTakeFirst();
}

async function onOpen(db: Db, key: string, work: (ticket: Found) => Promise<void>): Promise<number | null> {
  const ticket = await openTicket(db, key);
  if (!ticket) return null;
  await work(ticket);
  return ticket.id;
}

async function set(db: Db, id: number, columns: Partial<Omit<Database['tickets'], 'id'>>): Promise<void> {
  await db.updateTable('tickets').set(columns).where('id', '=', id).execute();
}

function lastTicket(db: Db, key: string): Promise<Found | undefined> {
  return db
    .selectFrom('tickets')
    .select(['id', 'key', 'state', 'fires'])
    .where('key', '=', key)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
}

type Opening = Extract<Action, { type: 'open' | 'open-parent' }>;

async function open(db: Db, action: Opening, subject: Subject | undefined): Promise<number> {
  const { key, at } = action;
  const fires = action.type === 'open' ? action.count : 0;
  const before = await lastTicket(db, key);
  const row = await db
    .insertInto('tickets')
    .values({
      ...blankTicket(key, at),
      ...(action.type === 'open' ? aboutOne(subject, key) : aboutMany(action)),
      source: 'monitor',
      fires,
      follows: before?.id ?? null,
    })
    .onConflict((clash) => clash.column('open_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row) {
    await note(db, row.id, at, actor, 'opened', {
      to_state: 'new',
      data: JSON.stringify({ alert: subject?.alert ?? null, fires }),
    });
    return row.id;
  }
  const winner = await openTicket(db, key);
  if (!winner) throw new Error(`the ticket of ${key} is open and cannot be found`);
  await set(db, winner.id, { fires: winner.fires + fires, updated_at: at });
  return winner.id;
}

function aboutOne(subject: Subject | undefined, key: string) {
  if (!subject) return { title: key };
  const urgency = toThird(subject.urgency);
  const impact = impactOf(subject.endpoint?.kind ?? 'server');
  const instance = subject.instance ? ` (${subject.instance})` : '';
  return {
    title: `${subject.ruleName}${instance} – ${subject.endpoint?.name ?? 'collector'}`.slice(0, 200),
    endpoint: subject.endpoint?.id ?? null,
    rule: subject.rule,
    alert: subject.alert,
    ...weight(impact, urgency),
  };
}

function aboutMany({ check, site }: Extract<Action, { type: 'open-parent' }>) {
  const title =
    check === 'budget'
      ? 'More alerts than tickets allowed in an hour'
      : `Several endpoints at once: ${check}${site === null ? '' : ` – ${site}`}`;
  return { title: title.slice(0, 200), rule: check === 'budget' ? null : check, ...weight(impactOf('site'), 2) };
}

const weight = (impact: Third, urgency: Third) => ({ impact, urgency, priority: priorityOf(impact, urgency) });

async function reopen(
  db: Db,
  action: Extract<Action, { type: 'reopen' }>,
  subject: Subject | undefined,
): Promise<number> {
  const { key, at, why } = action;
  const last = await lastTicket(db, key);
  // Closed for good, or cancelled: what comes later is a new ticket that follows the old one.
  if (last?.state !== 'resolved')
    return open(db, { type: 'open', key, at, follows: last !== undefined, count: 1 }, subject);
  await set(db, last.id, {
    state: 'in_progress',
    open_key: key,
    resolved_at: null,
    resolved_by: null,
    restored_at: null,
    fires: last.fires + (why === 'fired' ? 1 : 0),
    updated_at: at,
    ...(subject ? { alert: subject.alert } : {}),
  });
  await note(db, last.id, at, actor, 'reopened', {
    from_state: 'resolved',
    to_state: 'in_progress',
    data: JSON.stringify({ why, alert: subject?.alert ?? null }),
  });
  return last.id;
}

/** The same trouble again: it belongs to the ticket that is open, which is then about the alert of now. */
async function count(db: Db, action: Action, subject: Subject | undefined, outcome: Outcome): Promise<number | null> {
  return onOpen(db, action.key, async ({ id, fires }) => {
    const alert = subject ? { alert: subject.alert } : {};
    await set(db, id, { fires: fires + 1, restored_at: null, updated_at: action.at, ...alert });
    await note(db, id, action.at, actor, 'fired', { data: JSON.stringify(alert) });
    link(outcome, action.key, id);
  });
}

/** Puts an alert on the list of a storm ticket; its own ticket, where it had one, is cancelled as merged. */
async function attach(
  db: Db,
  action: Extract<Action, { type: 'attach' }>,
  subject: Subject | undefined,
  outcome: Outcome,
): Promise<number | null> {
  const { key, at } = action;
  const parent = await openTicket(db, action.parent);
  if (!parent) return null;
  const own = action.merged ? await openTicket(db, key) : undefined;
  if (own) {
    await set(db, own.id, { state: 'cancelled', open_key: null, closed_at: at, updated_at: at });
    await note(db, own.id, at, actor, 'state', {
      from_state: own.state,
      to_state: 'cancelled',
      data: JSON.stringify({ mergedInto: parent.id }),
    });
    outcome.changed.add(own.id);
  }
  await set(db, parent.id, { fires: parent.fires + 1, restored_at: null, updated_at: at });
  await note(db, parent.id, at, actor, 'fired', {
    data: JSON.stringify({
      key,
      alert: subject?.alert ?? null,
      endpoint: subject?.endpoint ?? null,
      merged: own?.id ?? null,
    }),
  });
  return link(outcome, key, parent.id);
}

async function resolve(db: Db, action: Action): Promise<number | null> {
  return onOpen(db, action.key, async ({ id, state }) => {
    const done = await db
      .updateTable('tickets')
      .set({ state: 'resolved', open_key: null, resolved_at: action.at, resolved_by: actor, updated_at: action.at })
      .where('id', '=', id)
      // A person was quicker: it is theirs, and the policy hears of it in a moment.
      .where('touched_at', 'is', null)
      .executeTakeFirst();
    if (done.numUpdatedRows === 0n) return;
    await note(db, id, action.at, actor, 'state', { from_state: state, to_state: 'resolved' });
  });
}
