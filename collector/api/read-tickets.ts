/** Tickets as the REST interface shows them: rows of state with names, and the time-line of one. */
import { type Static, Type } from 'typebox';
import { type TicketDetail, type TicketRow, TicketState } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import type { State } from '../state/open.ts';
import { readMark, writeMark } from './mark.ts';
import { alertById, notificationsOf, type RuleNamed } from './read-alerts.ts';
import { closed } from './shapes.ts';

export const TicketQuery = Type.Object(
  {
    state: Type.Optional(Type.Union([Type.Literal('open'), TicketState])),
    endpoint: Type.Optional(Type.String({ maxLength: 64 })),
    assignee: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
export type TicketQuery = Static<typeof TicketQuery>;

const rows = (state: State) =>
  state
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .selectAll('tickets')
    .select('endpoints.name as endpoint_name');
type TicketRead = Awaited<ReturnType<ReturnType<typeof rows>['execute']>>[number];

const endedStates = ['resolved', 'closed', 'cancelled'] as const;

function ticketOf(row: TicketRead, ruleNamed: RuleNamed): TicketRow {
  return {
    id: row.id,
    title: row.title,
    kind: row.kind,
    instance: row.instance,
    site: row.site,
    flappingSince: row.flapping_since,
    state: row.state,
    priority: row.priority,
    impact: row.impact,
    urgency: row.urgency,
    tier: row.tier,
    category: row.category,
    channel: row.channel,
    requester: row.requester,
    holdReason: row.hold_reason,
    holdUntil: row.hold_until,
    endpoint: row.endpoint === null ? null : { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
    rule: row.rule === null ? null : ruleNamed(row.rule),
    assignee: row.assignee,
    openedAt: row.opened_at,
    resolvedAt: row.resolved_at,
    restoredAt: row.restored_at,
    fires: row.fires,
    updatedAt: row.updated_at,
  };
}

/** Newest change first. @throws EvenkeelError BAD_REQUEST for a page mark that is not ours */
export async function ticketsBy(
  state: State,
  ruleNamed: RuleNamed,
  query: TicketQuery,
): Promise<{ items: TicketRow[]; next: string | null }> {
  const limit = query.limit ?? 100;
  let select = rows(state)
    .orderBy('tickets.updated_at', 'desc')
    .orderBy('tickets.id', 'desc')
    .limit(limit + 1);
  if (query.state === 'open') select = select.where('tickets.state', 'not in', endedStates);
  else if (query.state) select = select.where('tickets.state', '=', query.state);
  if (query.endpoint) select = select.where('tickets.endpoint', '=', query.endpoint);
  if (query.assignee) select = select.where('tickets.assignee', '=', query.assignee);
  if (query.page) {
    const [at, id] = readMark(query.page);
    select = select.where((where) =>
      where.or([
        where('tickets.updated_at', '<', at),
        where.and([where('tickets.updated_at', '=', at), where('tickets.id', '<', ticketIn(id))]),
      ]),
    );
  }
  const found = await select.execute();
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = last && found.length > limit ? writeMark(last.updated_at, String(last.id)) : null;
  return { items: items.map((row) => ticketOf(row, ruleNamed)), next };
}

/** @throws EvenkeelError BAD_REQUEST */
function ticketIn(id: string): number {
  if (!/^\d{1,15}$/.test(id)) throw fail('BAD_REQUEST', { problem: 'page is not a `next` of this list' });
  return Number(id);
}

/** @throws EvenkeelError NOT_FOUND */
export async function ticketById(state: State, ruleNamed: RuleNamed, id: number): Promise<TicketDetail> {
  const row = await rows(state).where('tickets.id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'ticket', id });
  return {
    row: ticketOf(row, ruleNamed),
    alert: row.alert === null ? null : await alertById(state, ruleNamed, row.alert),
    events: await eventsOf(state, id),
    notifications: await notificationsOf(state, { ticket: id, alert: row.alert }),
    follows: row.follows,
  };
}

async function eventsOf(state: State, id: number): Promise<TicketDetail['events']> {
  const events = await state.selectFrom('ticket_events').selectAll().where('ticket', '=', id).orderBy('id').execute();
  return events.map((event) => ({
    id: event.id,
    at: event.at,
    actor: event.actor,
    kind: event.kind,
    from: event.from_state,
    to: event.to_state,
    text: event.text,
    data: event.data === null ? null : (JSON.parse(event.data) as unknown),
    isPublic: event.is_public === 1,
  }));
}
