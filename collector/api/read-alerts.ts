/** Alerts as the REST interface shows them: rows of state with the names of rule and endpoint. */
import { type Static, Type } from 'typebox';
import { type Alert, Severity } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { fieldOf } from '../../shared/metrics.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { State } from '../state/open.ts';
import { readMark, writeMark } from './mark.ts';
import { closed } from './shapes.ts';

export const AlertQuery = Type.Object(
  {
    state: Type.Optional(
      Type.Enum(['pending', 'firing', 'resolved', 'active'], { description: 'active: pending or firing' }),
    ),
    severity: Type.Optional(Severity),
    endpoint: Type.Optional(Type.String({ maxLength: 64 })),
    rule: Type.Optional(Type.String({ maxLength: 64 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(Type.String({ maxLength: 200 })),
  },
  closed,
);
export type AlertQuery = Static<typeof AlertQuery>;

const rows = (state: State) =>
  state
    .selectFrom('alerts')
    .leftJoin('endpoints', 'endpoints.id', 'alerts.endpoint')
    .selectAll('alerts')
    .select('endpoints.name as endpoint_name');
type Row = Awaited<ReturnType<ReturnType<typeof rows>['execute']>>[number];

/** A rule that is gone is shown by its id. */
export function ruleNamed(rules: readonly Rule[], id: string): { id: string; en: string; ja: string } {
  const name = rules.find((rule) => rule.id === id)?.name;
  return { id, en: name?.en ?? id, ja: name?.ja ?? id };
}

function alertOf(row: Row, rules: readonly Rule[]): Alert {
  return {
    id: row.id,
    rule: ruleNamed(rules, row.rule),
    endpoint: { id: row.endpoint, name: row.endpoint_name ?? row.endpoint },
    metric: row.metric,
    tags: JSON.parse(row.tags) as Record<string, string>,
    unit: fieldOf(row.metric)?.unit ?? 'number',
    state: row.state,
    severity: row.severity,
    value: row.value,
    threshold: row.threshold,
    pendingAt: row.pending_at,
    firedAt: row.fired_at,
    resolvedAt: row.resolved_at,
    resolvedWhy: row.resolved_why,
    acknowledgedAt: row.acknowledged_at,
    acknowledgedBy: row.acknowledged_by,
    ticket: row.ticket,
  };
}

/** @throws EvenkeelError NOT_FOUND */
export async function alertById(state: State, rules: readonly Rule[], id: string): Promise<Alert> {
  const row = await rows(state).where('alerts.id', '=', id).executeTakeFirst();
  if (!row) throw fail('NOT_FOUND', { what: 'alert', id });
  return alertOf(row, rules);
}

/** Newest change first. @throws EvenkeelError BAD_REQUEST for a page mark that is not ours */
export async function alertsBy(
  state: State,
  rules: readonly Rule[],
  query: AlertQuery,
): Promise<{ items: Alert[]; next: string | null }> {
  const limit = query.limit ?? 100;
  let select = rows(state)
    .orderBy('alerts.updated_at', 'desc')
    .orderBy('alerts.id', 'desc')
    .limit(limit + 1);
  if (query.state === 'active') select = select.where('alerts.active_key', 'is not', null);
  else if (query.state) select = select.where('alerts.state', '=', query.state);
  if (query.severity) select = select.where('alerts.severity', '=', query.severity);
  if (query.endpoint) select = select.where('alerts.endpoint', '=', query.endpoint);
  if (query.rule) select = select.where('alerts.rule', '=', query.rule);
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
  return { items: items.map((row) => alertOf(row, rules)), next };
}
