/** What became of changes: results of their targets, incidents and outages after them, and so their outcome. */
import type { Span } from '../../shared/intervals.ts';
import { type ChangeFact, type ChangeOutcome, watchMs } from '../kpi/formulas/change-success.ts';
import { readPresence } from '../kpi/presence-facts.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { isRaised } from './plan.ts';
import type { StoredChange } from './rows.ts';

export interface JudgedTarget {
  endpoint: string;
  /** When its agent reported the installation or the restart; null: not seen. */
  seenAt: number | null;
  result: 'done' | 'failed' | 'not_seen';
  /** A person stated it. */
  isStated: boolean;
  note: string | null;
  /** The first outage or crash after it. */
  outage: { at: number; end: number; cause: string } | null;
}

export interface JudgedChange {
  row: StoredChange;
  targets: JudgedTarget[];
  incidents: { ticket: number; priority: number; openedAt: number; since: number }[];
  fact: ChangeFact;
}

/** Absences that are no restart in order; of those nothing is known of, none counts. */
const outages = new Set(['crash', 'kernel_crash', 'power_loss', 'hung', 'lost', 'silent']);

interface WatchedTarget {
  change: number;
  endpoint: string;
  result: 'done' | 'failed' | null;
  note: string | null;
  seenAt: number | null;
  /** From its own installation on; where none was seen, from the start of the change. */
  watch: Span;
}

export async function judgeChanges(
  state: State,
  rows: readonly StoredChange[],
  { now, zone }: { now: number; zone: string },
): Promise<JudgedChange[]> {
  const targets = await targetsOf(state, rows, now);
  const ofEndpoint = Map.groupBy(targets, ({ endpoint }) => endpoint);
  const hits = await outagesOf(state, ofEndpoint, now, zone);
  const incidents = await incidentsOf(state, rows, ofEndpoint);
  const raised = await raisedBy(state, rows);
  const ofChange = Map.groupBy(targets, ({ change }) => change);
  return rows.map((row) => {
    const judged = (ofChange.get(row.id) ?? []).map(({ watch, change, ...one }): JudgedTarget => {
      const outage = hits.get(one.endpoint)?.find(({ at }) => at >= watch.start && at < watch.end) ?? null;
      const result = one.result ?? (outage ? 'failed' : one.seenAt === null ? 'not_seen' : 'done');
      return { ...one, result, isStated: one.result !== null, outage };
    });
    const own = incidents.get(row.id) ?? [];
    return { row, targets: judged, incidents: own, fact: factOf(row, judged, own, raised.has(row.id)) };
  });
}

/**
 * Changes whose stated outcome was better than what was computed just then. A verdict that was no better, with a remark,
 * does not excuse what happens afterwards.
 */
async function raisedBy(state: State, rows: readonly StoredChange[]): Promise<Set<number>> {
  const raised = new Set<number>();
  for (const some of chunks(rows.filter(({ outcome }) => outcome !== null))) {
    const ids = some.map(({ id }) => id);
    const events = state.selectFrom('change_events').select(['change', 'data']).where('change', 'in', ids);
    for (const { change, data } of await events.where('code', 'in', ['finished', 'outcome']).orderBy('id').execute()) {
      const { outcome, computed } = JSON.parse(data) as { outcome: ChangeOutcome; computed?: ChangeOutcome };
      if (computed && isRaised(outcome, computed)) raised.add(change);
      else raised.delete(change);
    }
  }
  return raised;
}

function factOf(
  row: StoredChange,
  targets: readonly JudgedTarget[],
  incidents: JudgedChange['incidents'],
  isRaisedByPerson: boolean,
): ChangeFact {
  return {
    id: String(row.id),
    status: row.state === 'done' ? 'implemented' : row.state,
    implementedAt: row.implemented_at,
    objectiveMet: row.objective_met === null ? null : row.objective_met === 1,
    rolledBack: row.rolled_back === 1,
    emergencyFix: row.emergency_fix === 1,
    overran: row.kind === 'planned' && row.implemented_at !== null && row.implemented_at > row.end_at,
    incidents: incidents.map(({ ticket, ...one }) => ({ id: String(ticket), ...one })),
    targets: targets.length,
    failedTargets: targets.filter(({ result }) => result === 'failed').length,
    repairs: row.repair_of === null ? null : String(row.repair_of),
    closed: row.outcome === null ? null : { as: row.outcome, reason: isRaisedByPerson ? row.outcome_reason : null },
  };
}

async function targetsOf(state: State, rows: readonly StoredChange[], now: number): Promise<WatchedTarget[]> {
  const found: WatchedTarget[] = [];
  for (const some of chunks(rows)) {
    const ids = some.map(({ id }) => id);
    const seen = await state
      .selectFrom('change_observations')
      .select(['change', 'endpoint'])
      .select(({ fn }) => fn.min('at').as('at'))
      .where('change', 'in', ids)
      .groupBy(['change', 'endpoint'])
      .execute();
    const seenAt = new Map(seen.map((one) => [`${one.change} ${one.endpoint}`, one.at]));
    const byId = new Map(some.map((row) => [row.id, row]));
    const targets = state.selectFrom('change_targets').selectAll().where('change', 'in', ids).orderBy('endpoint');
    for (const { change, ...one } of await targets.execute()) {
      const row = byId.get(change) as StoredChange;
      const at = seenAt.get(`${change} ${one.endpoint}`) ?? null;
      const watch = { start: at ?? row.start_at, end: Math.min(now, (row.implemented_at ?? now) + watchMs) };
      found.push({ change, ...one, seenAt: at, watch });
    }
    await breathe();
  }
  return found;
}

type ByEndpoint = ReadonlyMap<string, readonly WatchedTarget[]>;

function around(targets: ByEndpoint): Span | null {
  const all = [...targets.values()].flat();
  if (all.length === 0) return null;
  const start = all.reduce((least, { watch }) => Math.min(least, watch.start), Infinity);
  const end = all.reduce((most, { watch }) => Math.max(most, watch.end), 0);
  return end > start ? { start, end } : null;
}

async function outagesOf(state: State, targets: ByEndpoint, now: number, zone: string) {
  const found = new Map<string, { at: number; end: number; cause: string }[]>();
  const window = around(targets);
  if (!window) return found;
  for (const ids of chunks([...targets.keys()])) {
    const endpoints = await state
      .selectFrom('endpoints')
      .select(['id', 'name', 'site', 'kind', 'retired_at', 'interval_ms'])
      .where('id', 'in', ids)
      .execute();
    for await (const { endpoint, result } of readPresence(state, { endpoints, window, now, zone })) {
      const down = result.intervals.filter(({ state: is, cause }) => is === 'down' && outages.has(cause ?? ''));
      found.set(
        endpoint.id,
        down.map(({ start, end, cause }) => ({ at: start, end, cause: cause as string })),
      );
    }
  }
  return found;
}

interface FoundIncident {
  id: number;
  priority: number;
  opened_at: number;
}

/** Incidents of the targets, of a whole site too, and those that a person has linked to a change. */
async function incidentsOf(state: State, rows: readonly StoredChange[], targets: ByEndpoint) {
  const found = new Map<number, Map<number, JudgedChange['incidents'][number]>>();
  const add = (change: number, { id, priority, opened_at }: FoundIncident, since: number) => {
    const own = found.get(change) ?? found.set(change, new Map()).get(change);
    const known = own?.get(id);
    if (!known || known.since > since) own?.set(id, { ticket: id, priority, openedAt: opened_at, since });
  };
  const window = around(targets);
  if (window)
    for (const ids of chunks([...targets.keys()]))
      for (const { endpoint, ...ticket } of await ticketsOn(state, ids, window))
        for (const { change, watch } of targets.get(endpoint ?? '') ?? [])
          if (ticket.opened_at >= watch.start && ticket.opened_at < watch.end) add(change, ticket, watch.start);
  const byName = new Map(rows.flatMap((row) => [String(row.id), `C-${row.id}`].map((name) => [name, row] as const)));
  for (const names of chunks([...byName.keys()]))
    for (const { target, ...ticket } of await ticketsLinked(state, names)) {
      const row = byName.get(target);
      if (row) add(row.id, ticket, row.start_at);
    }
  return new Map(
    [...found].map(([change, own]) => [change, [...own.values()].sort((a, b) => a.openedAt - b.openedAt)]),
  );
}

async function ticketsOn(state: State, endpoints: readonly string[], { start, end }: Span) {
  const incidents = state
    .selectFrom('tickets as t')
    .where('t.category', '=', 'incident')
    .where('t.state', '!=', 'cancelled')
    .where('t.opened_at', '>=', start)
    .where('t.opened_at', '<', end);
  const own = await incidents
    .select(['t.id', 't.priority', 't.opened_at', 't.endpoint'])
    .where('t.endpoint', 'in', endpoints)
    .execute();
  const shared = await incidents
    .innerJoin('alerts as a', 'a.ticket', 't.id')
    .select(['t.id', 't.priority', 't.opened_at', 'a.endpoint'])
    .where('a.endpoint', 'in', endpoints)
    .execute();
  return [...own, ...shared];
}

const ticketsLinked = (state: State, names: readonly string[]) =>
  state
    .selectFrom('ticket_links as l')
    .innerJoin('tickets as t', 't.id', 'l.ticket')
    .select(['t.id', 't.priority', 't.opened_at', 'l.target'])
    .where('l.kind', '=', 'change')
    .where('l.target', 'in', names)
    .where('t.category', '=', 'incident')
    .where('t.state', '!=', 'cancelled')
    .execute();
