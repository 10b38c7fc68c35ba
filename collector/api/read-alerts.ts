/** Alerts as the REST interface shows them: rows of state with the names of rule and endpoint. */
import { type Static, Type } from 'typebox';
import { type Alert, type AlertDetail, Severity } from '../../shared/api.ts';
import { alertOutcomes } from '../../shared/choices.ts';
import { fail } from '../../shared/errors.ts';
import { alertFilters } from '../../shared/level.ts';
import { fieldOf } from '../../shared/metrics.ts';
import type { AlertAnswer } from '../../shared/suppression.ts';
import { outsideSummary } from '../outside/texts.ts';
import type { State } from '../state/open.ts';
import { isCalled, outcomeIs } from './alert-noise.ts';
import type { Context } from './context.ts';
import { readMark, writeMark } from './mark.ts';
import { closed, Instant, instantOf } from './shapes.ts';

export const AlertQuery = Type.Object(
  {
    state: Type.Optional(Type.Enum([...alertFilters], { description: 'active: all but resolved' })),
    severity: Type.Optional(Severity),
    endpoint: Type.Optional(Type.String({ maxLength: 64 })),
    rule: Type.Optional(Type.String({ maxLength: 64, description: 'its worse levels count as well' })),
    alertname: Type.Optional(
      Type.String({ maxLength: 200, description: 'as other monitoring calls it; alerts of other monitoring alone' }),
    ),
    fired: Type.Optional(Instant),
    outcome: Type.Optional(
      Type.Enum([...alertOutcomes], { description: 'what became of it; see /api/v1/alerts/noise' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
export type AlertQuery = Static<typeof AlertQuery>;

export const alertRows = (state: State) =>
  state
    .selectFrom('alerts')
    .leftJoin('endpoints', 'endpoints.id', 'alerts.endpoint')
    .leftJoin('outside_alerts', 'outside_alerts.key', 'alerts.key')
    .selectAll('alerts')
    .select(['endpoints.name as endpoint_name', 'outside_alerts.annotations']);
export type AlertRead = Awaited<ReturnType<ReturnType<typeof alertRows>['execute']>>[number];

export type RuleNamed = Context['ruleNamed'];

/** A row of an older version knows maintenance alone. */
const suppressedBy = ({ suppressed, suppressed_by }: Pick<AlertRead, 'suppressed' | 'suppressed_by'>): string[] =>
  suppressed_by === '' ? (suppressed === null ? [] : [suppressed]) : suppressed_by.split(' ');

export function alertOf(row: AlertRead, ruleNamed: RuleNamed): Alert {
  const summary = outsideSummary(row.annotations);
  return {
    id: row.id,
    rule: ruleNamed(row.rule),
    endpoint: { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
    metric: row.metric,
    tags: JSON.parse(row.tags) as Record<string, string>,
    unit: fieldOf(row.metric)?.unit ?? 'number',
    ...(summary && { summary }),
    state: row.state,
    flapping: row.flapping === 1,
    severity: row.severity,
    value: row.value,
    threshold: row.threshold,
    pendingAt: row.pending_at,
    firedAt: row.fired_at,
    resolvedAt: row.resolved_at,
    resolvedWhy: row.resolved_why,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    acknowledgedNote: row.acknowledged_note,
    acknowledgedUntil: row.acknowledged_until,
    handedTo: row.handed_to,
    handedUntil: row.handed_until,
    firstAcknowledgedAt: row.first_acknowledged_at,
    suppressedBy: suppressedBy(row),
    ticket: row.ticket,
    proposesTicket: row.state === 'firing' && row.ticket === null && row.opens_ticket === 'propose',
  };
}

/** @throws EvenkeelError NOT_FOUND */
export async function alertById(state: State, ruleNamed: RuleNamed, id: string): Promise<Alert> {
  const row = await alertRows(state).where('alerts.id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
  return alertOf(row, ruleNamed);
}

/** Oldest first, at most 1000: more of them nobody reads one by one. */
export async function alertsOfTickets(
  state: State,
  ruleNamed: RuleNamed,
  tickets: readonly number[],
): Promise<Alert[]> {
  const found = await alertRows(state)
    .where('alerts.ticket', 'in', tickets)
    .orderBy('alerts.pending_at')
    .limit(1000)
    .execute();
  return found.map((row) => alertOf(row, ruleNamed));
}

/** With its history. @throws EvenkeelError NOT_FOUND */
export async function alertDetail(state: State, ruleNamed: RuleNamed, id: string): Promise<Omit<AlertDetail, 'texts'>> {
  const alert = await alertById(state, ruleNamed, id);
  const events = await state
    .selectFrom('alert_events')
    .selectAll()
    .where('alert', '=', id)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return {
    alert,
    events: events.map(({ at, code, rule, severity, value, actor, params }) => {
      return { at, code, rule, severity, value, actor, params: JSON.parse(params) as Record<string, unknown> };
    }),
    notifications: await notificationsOf(state, { alert: id, ticket: null }),
  };
}

/** How an alert came to its ticket: it was opened for it, or there was one already. */
export async function ticketedBy(
  state: State,
  { ticket, pendingAt }: Pick<Alert, 'ticket' | 'pendingAt'>,
): Promise<AlertAnswer['ticketed']> {
  if (ticket === null) return null;
  const found = await state
    .selectFrom('ticket_events')
    .select(['at', 'actor', 'kind'])
    .where('ticket', '=', ticket)
    .where('kind', 'in', ['opened', 'fired', 'reopened'])
    .where('at', '>=', pendingAt)
    .orderBy('id')
    .executeTakeFirst();
  return found ? { ticket, code: found.kind === 'opened' ? 'opened' : 'joined', at: found.at, by: found.actor } : null;
}

/** The notifications about an alert, or about a ticket and the alerts in it. */
export async function notificationsOf(
  state: State,
  { alert, ticket }: { alert: string | null; ticket: number | null },
): Promise<AlertDetail['notifications']> {
  const rows = await state
    .selectFrom('deliveries')
    .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
    .selectAll('deliveries')
    .select(['event', 'severity'])
    .where((is) =>
      is.or([
        is('ticket', '=', ticket ?? -1),
        is('alert', '=', alert ?? ''),
        is(
          'notifications.id',
          'in',
          state
            .selectFrom('notification_alerts')
            .select('notification')
            .where('alert', '=', alert ?? ''),
        ),
      ]),
    )
    .orderBy('created_at')
    .limit(500)
    .execute();
  return rows.map((row) => ({
    channel: row.channel,
    user: row.user_name,
    event: row.named ?? row.event,
    severity: row.severity,
    state: row.state,
    attempts: row.attempts,
    createdAt: row.created_at,
    sentAt: row.sent_at,
    lastError: row.last_error,
    takenOver: row.state === 'dropped' && row.passed_on > 0,
  }));
}

/** Newest change first. @throws EvenkeelError BAD_REQUEST for a page mark that is not ours */
export async function alertsBy(
  state: State,
  ruleNamed: RuleNamed,
  query: AlertQuery,
  levelsOf: (rule: string) => readonly string[],
): Promise<{ items: Alert[]; next: string | null }> {
  const limit = query.limit ?? 100;
  let select = alertRows(state)
    .orderBy('alerts.updated_at', 'desc')
    .orderBy('alerts.id', 'desc')
    .limit(limit + 1);
  if (query.state === 'active') select = select.where('alerts.active_key', 'is not', null);
  else if (query.state) select = select.where('alerts.state', '=', query.state);
  if (query.severity) select = select.where('alerts.severity', '=', query.severity);
  if (query.endpoint) select = select.where('alerts.endpoint', '=', query.endpoint);
  if (query.rule) select = select.where('alerts.rule', 'in', [query.rule, ...levelsOf(query.rule)]);
  if (query.alertname !== undefined) select = select.where(isCalled(query.alertname));
  if (query.fired !== undefined) select = select.where('alerts.fired_at', '>=', instantOf(query.fired, 'fired'));
  if (query.outcome) select = select.where(outcomeIs[query.outcome]);
  if (query.page) {
    const [at, id] = readMark(query.page);
    select = select.where((where) =>
      where.or([
        where('alerts.updated_at', '<', at),
        where.and([where('alerts.updated_at', '=', at), where('alerts.id', '<', id)]),
      ]),
    );
  }
  const found = await select.execute();
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const next = last && found.length > limit ? writeMark(last.updated_at, last.id) : null;
  return { items: items.map((row) => alertOf(row, ruleNamed)), next };
}
