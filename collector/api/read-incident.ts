/**
 * The story of one incident beside what its ticket tells: when it really began and ended, how it was found, the alerts and
 * the endpoints in it, what changed in the day before, and the hours that the months count for it.
 */
import type { Incident } from '../../shared/api.ts';
import { fail } from '../../shared/errors.ts';
import { changeMarks } from '../changes/marks.ts';
import type { Impacts } from '../impact/impact.ts';
import { ticketsNamed } from '../kpi/answer.ts';
import { timelineOf } from '../kpi/history.ts';
import { spanOf } from '../kpi/incident-span.ts';
import type { Months } from '../kpi/months.ts';
import { monthsIn } from '../kpi/period.ts';
import type { State } from '../state/open.ts';
import { alertsOfTickets, type RuleNamed } from './read-alerts.ts';
import { noHoursOf } from './read-impact.ts';

interface IncidentParts {
  state: State;
  impacts: Impacts;
  months: Months;
  zone: string;
  ruleNamed: RuleNamed;
}

const hour = 3_600_000;
/** How far back a change may be what caused it. */
const beforeMs = 24 * hour;
/** As long as a change is watched for what it caused. */
const changesBeforeMs = 72 * hour;
const changesShown = 100;
/** More lines than these nobody compares by eye. */
const endpointsShown = 40;
const signalsShown = 500;
const monthsShown = 13;

/** @throws EvenkeelError NOT_FOUND */
export async function incidentOf(parts: IncidentParts, id: number, now: number): Promise<Incident> {
  const { state, impacts, ruleNamed } = parts;
  const ticket = await state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirst();
  if (!ticket) throw fail('NOT_FOUND', { what: 'ticket', id });
  const merged = await mergedInto(state, id);
  const alerts = await alertsOfTickets(state, ruleNamed, [id, ...merged]);
  const impact = await impacts.of(id);
  const { segments, outages } = impact;
  const pending = alerts.map(({ pendingAt }) => pendingAt);
  const { from, to } = spanOf(ticket, [...outages, ...segments], pending);
  const noticed = Math.min(ticket.opened_at, ...alerts.flatMap(({ firedAt }) => firedAt ?? []));
  const names = new Map(alerts.map(({ endpoint }) => [endpoint.id, endpoint.name]));
  if (ticket.endpoint !== null && !names.has(ticket.endpoint)) names.set(ticket.endpoint, ticket.endpoint);
  const ids = [...names.keys()];
  const window = { from: from - beforeMs, to: Math.min(now, (to ?? now) + hour) };
  const tickets = await ticketsNamed(state, merged, ruleNamed);
  const { hours, isClosed } = await hoursOf(parts, id, from, to ?? now);
  return {
    ...{ from, to, asOf: now },
    found: { by: await openedBy(state, id), afterMs: noticed - from },
    alerts,
    merged: merged.flatMap((number) => tickets.get(number) ?? []),
    endpoints: await linesOf(state, ids.slice(0, endpointsShown), window, now),
    moreEndpoints: Math.max(0, ids.length - endpointsShown),
    signals: await signalsOf(state, ids, window),
    changes: await changesBefore(state, names, from),
    ruleChanges: await ruleChangesOf(state, ruleNamed, [...new Set(alerts.map(({ rule }) => rule.id))], from),
    hours,
    noHours: await noHoursOf(state, { ticket, impact, hours, isClosed, zone: parts.zone, now }),
  };
}

async function mergedInto(state: State, id: number): Promise<number[]> {
  const rows = await state
    .selectFrom('ticket_links')
    .select('ticket')
    .where('kind', 'in', ['parent', 'duplicate'])
    .where('target', '=', String(id))
    .orderBy('ticket')
    .limit(200)
    .execute();
  return [...new Set(rows.map(({ ticket }) => ticket))];
}

async function openedBy(state: State, id: number): Promise<string> {
  const row = await state
    .selectFrom('ticket_events')
    .select('actor')
    .where('ticket', '=', id)
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row?.actor ?? 'monitor';
}

async function linesOf(
  state: State,
  ids: readonly string[],
  window: { from: number; to: number },
  now: number,
): Promise<Incident['endpoints']> {
  if (ids.length === 0) return [];
  const rows = await state.selectFrom('endpoints').select(['id', 'name', 'site']).where('id', 'in', ids).execute();
  const lines: Incident['endpoints'] = [];
  for (const row of rows.toSorted((a, b) => a.name.localeCompare(b.name)))
    lines.push({ ...row, intervals: await timelineOf(state, row.id, window.from, window.to, now) });
  return lines;
}

async function signalsOf(
  state: State,
  ids: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<Incident['signals']> {
  const shown = ids.slice(0, endpointsShown);
  if (shown.length === 0) return [];
  const rows = await state
    .selectFrom('signals')
    .select(['endpoint', 'at', 'kind', 'reason', 'last_seen'])
    .where('endpoint', 'in', shown)
    .where('at', '>=', from)
    .where('at', '<=', to)
    .orderBy('at')
    .limit(signalsShown)
    .execute();
  return rows.map(({ last_seen, ...row }) => ({ ...row, lastSeen: last_seen }));
}

async function changesBefore(
  state: State,
  names: ReadonlyMap<string, string>,
  from: number,
): Promise<Incident['changes']> {
  const ids = [...names.keys()].slice(0, endpointsShown);
  const marks = await changeMarks(state, ids, { start: from - changesBeforeMs, end: from });
  return marks.slice(0, changesShown).map(({ endpoint: id, ...mark }) => ({
    ...mark,
    endpoint: { id, name: names.get(id) ?? id },
  }));
}

async function ruleChangesOf(
  state: State,
  ruleNamed: RuleNamed,
  rules: readonly string[],
  at: number,
): Promise<Incident['ruleChanges']> {
  if (rules.length === 0) return [];
  const rows = await state
    .selectFrom('rule_versions')
    .select(['rule', 'at', 'by_user', 'reason'])
    .where('rule', 'in', rules)
    .where('at', '>=', at - beforeMs)
    .where('at', '<', at)
    .orderBy('at')
    .execute();
  return rows.map(({ rule, by_user, ...row }) => ({ ...row, rule: ruleNamed(rule), by: by_user }));
}

/** As the months have them, so that both pages show the same. */
async function hoursOf({ months, zone }: IncidentParts, id: number, from: number, to: number) {
  const hours: Incident['hours'] = [];
  let isClosed = true;
  for (const period of monthsIn(from, to, zone).slice(0, monthsShown)) {
    const { month, closed } = await months.of(period, {});
    isClosed &&= closed !== null;
    const own = month.lost.incidents.find(({ ticket }) => ticket === id);
    if (own) hours.push({ period, lost: own.lost, planned: own.planned, unconfirmed: own.unconfirmed });
  }
  return { hours, isClosed };
}
