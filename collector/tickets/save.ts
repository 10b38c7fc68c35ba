/**
 * Saves the decisions of the ticket policy: tickets, their events and incidents. The unique `open_key` enforces "one
 * key, one open ticket": whoever loses the race is counted in the winner's ticket.
 */
import { type Selectable, sql, type Updateable } from 'kysely';
import { bucketOf } from '../../shared/topics.ts';
import type { Batch } from '../alerts/batch.ts';
import { breathe } from '../state/breathe.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import { updateRow } from '../state/rows.ts';
import type { Action } from './actions.ts';
import { monitor as actor, blankTicket, messageLink, noHold, note } from './events.ts';
import { parentOf } from './links.ts';
import { budgetKey } from './policy.ts';
import { impactOf, siteImpact, type TicketLevel, toTicketLevel, weight } from './priority.ts';
import type { SwarmNotifying } from './swarm.ts';
import type { AboutTicket } from './ticket-state.ts';
import { noteOpening, notePriority } from './weighed.ts';

const columns = ['id', 'state', 'fires', 'assignee', 'priority', 'impact', 'urgency'] as const;
type FoundTicket = Pick<Selectable<Database['tickets']>, (typeof columns)[number]>;
const ticketsWith = sql<FoundTicket>`select ${sql.raw(columns.join(', '))} from tickets where`;

export async function saveTickets(db: StateTransaction, batch: Batch, notify?: SwarmNotifying): Promise<void> {
  for (const action of batch.actions) {
    const id = await applyAction(db, action, batch, notify);
    if (id !== null) batch.changedTickets.add(id);
    await breathe();
  }
}

async function applyAction(
  db: StateTransaction,
  action: Action,
  batch: Batch,
  notify: SwarmNotifying,
): Promise<number | null> {
  switch (action.type) {
    case 'open':
    case 'open-parent':
      return link(batch, action, await open(db, action, notify));
    case 'reopen':
      return link(batch, action, await reopen(db, action, notify));
    case 'attach':
      return attach(db, action, batch, notify);
    case 'link':
      return onOpen(db, action.key, async ({ id }) => {
        const parent = await openTicket(db, action.parent);
        if (parent) await linkToParent(db, id, parent.id, action.at);
      });
    case 'count':
      return count(db, action, batch, notify);
    case 'recovered':
      return onOpen(db, action.key, async ({ id }) => {
        await set(db, id, { restored_at: action.at, updated_at: action.at });
        await note(db, id, action.at, actor, 'cleared', {
          data: JSON.stringify({ touched: action.touched, alert: action.about?.alert ?? null }),
        });
      });
    case 'flapping':
      return onOpen(db, action.key, async ({ id }) => {
        await set(db, id, { flapping_since: action.at, updated_at: action.at });
        await note(db, id, action.at, actor, 'flapping');
      });
    case 'urgency':
      return raiseUrgency(db, action, notify);
    case 'acknowledged':
      return acknowledge(db, action);
    case 'released':
      return release(db, action);
    case 'resolve':
      return resolve(db, action);
    case 'began':
      return endIncident(db, action.key, null);
    case 'ended':
      return endIncident(db, action.key, action.at);
    // The reminder is a notification; the ticket itself does not change.
    case 'remind':
      return (await openTicket(db, action.key))?.id ?? null;
  }
}

function link(batch: Batch, { key, about, outage }: Action, id: number): number {
  batch.ticketOf.set(about?.alert ?? key, id);
  if (outage) batch.ticketOf.set(outage, id);
  return id;
}

async function openTicket(db: StateTransaction, key: string): Promise<FoundTicket | undefined> {
  return (await sql<FoundTicket>`${ticketsWith} open_key = ${key}`.execute(db)).rows[0];
}

async function onOpen(
  db: StateTransaction,
  key: string,
  work: (ticket: FoundTicket) => Promise<void>,
): Promise<number | null> {
  const ticket = await openTicket(db, key);
  if (!ticket) return null;
  await work(ticket);
  return ticket.id;
}

const set = (db: StateTransaction, id: number, columns: Updateable<Database['tickets']>) =>
  updateRow(db, 'tickets', id, columns);

async function lastTicket(db: StateTransaction, key: string): Promise<FoundTicket | undefined> {
  return (await sql<FoundTicket>`${ticketsWith} key = ${key} order by id desc limit 1`.execute(db)).rows[0];
}

type OpenAction = Extract<Action, { type: 'open' | 'open-parent' }>;

async function open(db: StateTransaction, action: OpenAction, notify: SwarmNotifying): Promise<number> {
  const { key, at, about } = action;
  const fires = action.type === 'open' ? action.count : 0;
  const before = await lastTicket(db, key);
  const columns = {
    ...blankTicket(key, at),
    ...(action.type === 'open' ? await columnsOf(db, about) : columnsOfMany(action)),
    fires,
    follows: before?.id ?? null,
  };
  const row = await db
    .insertInto('tickets')
    .values(columns)
    .onConflict((clash) => clash.column('open_key').doNothing())
    .returning('id')
    .executeTakeFirst();
  if (row) {
    const { priority } = columns;
    const by = action.type === 'open' ? (action.by ?? actor) : actor;
    const facts = { alert: about?.alert ?? null, fires };
    await noteOpening(db, notify, { ticket: row.id, at, actor: by }, { priority, facts });
    if (action.type === 'open-parent') await beginIncident(db, action, row.id);
    return row.id;
  }
  const winner = await openTicket(db, key);
  if (!winner) throw new Error(`the ticket of ${key} is open and cannot be found`);
  await set(db, winner.id, { fires: winner.fires + fires, updated_at: at });
  return winner.id;
}

async function columnsOf(db: StateTransaction, about: AboutTicket | undefined) {
  if (!about) return {};
  const { endpoint, rule, instance, alert } = about;
  return {
    endpoint: endpoint.id,
    bucket: bucketOf(endpoint.id),
    rule,
    instance,
    alert,
    ...weight(impactOf(endpoint.kind, await peopleOf(db, endpoint.id)), toTicketLevel(about.urgency)),
  };
}

/** Who depends on an endpoint, and who works at its site. */
async function peopleOf(db: StateTransaction, endpoint: string) {
  const row = await db
    .selectFrom('endpoints')
    .leftJoin('sites', 'sites.name', 'endpoints.site')
    .select(['endpoints.people as people', 'sites.people as atSite'])
    .where('endpoints.id', '=', endpoint)
    .executeTakeFirst();
  return row ?? { people: null, atSite: null };
}

function columnsOfMany({ key, check, site, urgency }: Extract<Action, { type: 'open-parent' }>) {
  const weights = weight(siteImpact, toTicketLevel(urgency));
  if (key === budgetKey) return { kind: 'budget' as const, ...weights };
  return { kind: 'incident' as const, rule: check, site, ...weights };
}

async function beginIncident(
  db: StateTransaction,
  action: Extract<Action, { type: 'open-parent' }>,
  ticket: number,
): Promise<void> {
  const { key, at, check, site } = action;
  const isBudget = key === budgetKey;
  const about = { kind: isBudget ? ('budget' as const) : ('site' as const), site, rule: isBudget ? null : check };
  await db
    .insertInto('incidents')
    .values({ key, bucket: bucketOf(key), ticket, opened_at: at, ended_at: null, ...about })
    .execute();
}

/** Sets the end of the last outage under this key, whatever has become of its ticket. @param at null: it goes on */
async function endIncident(db: StateTransaction, key: string, at: number | null): Promise<number | null> {
  const last = sql<{ id: number; ticket: number }>`select id, ticket from incidents where key = ${key}
    order by id desc limit 1`;
  const [row] = (await last.execute(db)).rows;
  if (!row) return null;
  await db.updateTable('incidents').set({ ended_at: at }).where('id', '=', row.id).execute();
  return row.ticket;
}

async function reopen(
  db: StateTransaction,
  action: Extract<Action, { type: 'reopen' }>,
  notify: SwarmNotifying,
): Promise<number> {
  const { key, at, why, about, of } = action;
  const last = await lastTicket(db, key);
  // Closed for good, or cancelled: what comes later is a new ticket that follows the old one.
  const follows = last !== undefined;
  if (last?.state !== 'resolved')
    return open(
      db,
      of ? { key, at, type: 'open-parent', ...of, follows } : { ...action, type: 'open', follows, count: 1 },
      notify,
    );
  // It is about the present alert, which may be worse than the one before.
  const present: { priority?: number } = await columnsOf(db, about);
  await set(db, last.id, {
    state: 'in_progress',
    open_key: key,
    resolved_at: null,
    resolved_by: null,
    restored_at: null,
    flapping_since: null,
    fires: last.fires + (why === 'fired' ? 1 : 0),
    updated_at: at,
    ...present,
  });
  await note(db, last.id, at, actor, 'reopened', {
    from_state: 'resolved',
    to_state: 'in_progress',
    data: JSON.stringify({ why, alert: about?.alert ?? null }),
  });
  const change = { from: last.priority, to: present.priority ?? last.priority };
  await notePriority(db, notify, { ticket: last.id, at, actor }, change);
  if (of) await raiseUnlessSet(db, notify, last, { at, urgency: of.urgency, facts: {} });
  return last.id;
}

/** The same problem again: counted in the open ticket, which is then about the present alert. */
async function count(
  db: StateTransaction,
  action: Extract<Action, { type: 'count' }>,
  batch: Batch,
  notify: SwarmNotifying,
): Promise<number | null> {
  const { key, child, at, about } = action;
  return onOpen(db, key, async (ticket) => {
    const { id, fires } = ticket;
    const alert = about ? { alert: about.alert } : {};
    const ofTicket = child === undefined ? alert : {};
    await set(db, id, { fires: fires + 1, restored_at: null, updated_at: at, ...ofTicket });
    await note(db, id, at, actor, 'fired', { data: JSON.stringify({ ...alert, endpoint: about?.endpoint ?? null }) });
    if (about) await raiseUnlessSet(db, notify, ticket, { at, urgency: about.urgency, facts: alert });
    link(batch, action, id);
  });
}

/** Attaches an alert to an incident's ticket; its own ticket, where it had one, is cancelled as merged. */
async function attach(
  db: StateTransaction,
  action: Extract<Action, { type: 'attach' }>,
  batch: Batch,
  notify: SwarmNotifying,
): Promise<number | null> {
  const { key, at, about } = action;
  const parent = await openTicket(db, action.parent);
  if (!parent) return null;
  const own = action.merged ? await openTicket(db, key) : undefined;
  if (own) {
    await set(db, own.id, { state: 'cancelled', open_key: null, ...noHold, closed_at: at, updated_at: at });
    await note(db, own.id, at, actor, 'state', {
      from_state: own.state,
      to_state: 'cancelled',
      data: JSON.stringify({ reason: 'merged', mergedInto: parent.id }),
    });
    await linkToParent(db, own.id, parent.id, at);
    batch.changedTickets.add(own.id);
  }
  await set(db, parent.id, { fires: parent.fires + 1, restored_at: null, updated_at: at });
  const { alert = null, endpoint = null } = about ?? {};
  await note(db, parent.id, at, actor, 'fired', { data: JSON.stringify({ alert, endpoint, merged: own?.id ?? null }) });
  if (about) await raiseUnlessSet(db, notify, parent, { at, urgency: about.urgency, facts: { alert } });
  return link(batch, action, parent.id);
}

/** Nothing where a person has given it a parent already: it has one. */
async function linkToParent(db: StateTransaction, ticket: number, parent: number, at: number): Promise<void> {
  if ((await parentOf(db, ticket)) !== null) return;
  const link = { ticket, kind: 'parent' as const, target: String(parent), at, by_user: actor };
  await db.insertInto('ticket_links').values(link).execute();
  await note(db, ticket, at, actor, 'linked', { data: JSON.stringify({ kind: link.kind, target: link.target }) });
}

async function raiseUrgency(
  db: StateTransaction,
  action: Extract<Action, { type: 'urgency' }>,
  notify: SwarmNotifying,
): Promise<number | null> {
  const { key, at, urgency, severity } = action;
  const ticket = await openTicket(db, key);
  return ticket && (await raise(db, notify, ticket, { at, urgency, facts: { severity } })) ? ticket.id : null;
}

interface Worse {
  at: number;
  urgency: number;
  facts: object;
}

/** A ticket is as urgent as the worst that is in it. @returns false where it was so already */
async function raise(db: StateTransaction, notify: SwarmNotifying, ticket: FoundTicket, { at, urgency, facts }: Worse) {
  if (ticket.urgency <= urgency) return false;
  const next = weight(ticket.impact as TicketLevel, toTicketLevel(urgency));
  await set(db, ticket.id, { ...next, updated_at: at });
  const change = { from: ticket.priority, to: next.priority, facts };
  await notePriority(db, notify, { ticket: ticket.id, at, actor }, change);
  return true;
}

/** What only fires again, or beside others, does not overrule the person who has weighed the ticket. */
async function raiseUnlessSet(db: StateTransaction, notify: SwarmNotifying, ticket: FoundTicket, worse: Worse) {
  if (ticket.urgency <= worse.urgency) return;
  const byPeople = db.selectFrom('ticket_events').select('id').where('ticket', '=', ticket.id);
  const weighed = await byPeople.where('kind', '=', 'priority').where('actor', '!=', actor).executeTakeFirst();
  if (!weighed) await raise(db, notify, ticket, worse);
}

/** Acknowledging the alert takes a ticket that nobody has, and leaves that of somebody where it is: the monitor does not resolve it any more. */
function acknowledge(db: StateTransaction, action: Extract<Action, { type: 'acknowledged' }>): Promise<number | null> {
  const { key, at, by, note: text, isEarlier } = action;
  return onOpen(db, key, async ({ id, state, assignee }) => {
    const begins = state === 'new';
    const change = begins ? { from_state: state, to_state: 'in_progress' } : {};
    const begun = begins ? { state: 'in_progress' as const } : {};
    // Whoever pressed the button of a message for a whole channel is not known: it is nobody's yet.
    const owner = by === messageLink ? assignee : (assignee ?? by);
    await set(db, id, { assignee: owner, touched_at: at, updated_at: at, ...begun });
    const data = assignee === owner ? null : took;
    if (begins || !isEarlier || data) await note(db, id, at, by, 'acknowledged', { text, data, ...change });
  });
}

/** Facts of the event by which a ticket that nobody had became somebody's. */
const took = JSON.stringify({ took: true });

/** Nobody has again what the acknowledgement took, unless a person has done something with it since. */
function release(db: StateTransaction, { key, at, by }: Extract<Action, { type: 'released' }>): Promise<number | null> {
  return onOpen(db, key, async ({ id }) => {
    const byPeople = db.selectFrom('ticket_events').select(['kind', 'data']).where('ticket', '=', id);
    const last = await byPeople.where('actor', '!=', actor).orderBy('id', 'desc').limit(1).executeTakeFirst();
    if (last?.kind !== 'acknowledged' || last.data !== took) return;
    await set(db, id, { assignee: null, updated_at: at });
    await note(db, id, at, by, 'assigned', { text: null });
  });
}

async function resolve(db: StateTransaction, action: Action): Promise<number | null> {
  return onOpen(db, action.key, async ({ id, state }) => {
    const done = await db
      .updateTable('tickets')
      .set({ state: 'resolved', open_key: null, resolved_at: action.at, resolved_by: actor, updated_at: action.at })
      .where('id', '=', id)
      // A person was quicker: it is theirs, and the policy gets that event shortly.
      .where('touched_at', 'is', null)
      .executeTakeFirst();
    if (done.numUpdatedRows === 0n) return;
    await note(db, id, action.at, actor, 'state', { from_state: state, to_state: 'resolved' });
  });
}
