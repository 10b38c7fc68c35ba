/** Reads the alerts that go on after a restart, and the recent changes that count for flapping. */
import type { Selectable } from 'kysely';
import type { RuleBook } from '../evaluate/book.ts';
import { familyOf } from '../evaluate/book.ts';
import type { Rule } from '../evaluate/rule.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { LiveAlert } from './alert.ts';
import { againMs, type FlapBits, flapSettings, noFlaps, withChange } from './flapping.ts';

const dayMs = 86_400_000;

export interface LoadedAlerts {
  alerts: LiveAlert[];
  /** Their rule is gone, or does not hold for their endpoint any more: they end now. */
  orphans: LiveAlert[];
  flaps: Map<string, FlapBits>;
  /** When flapping last ended, by key. */
  steady: Map<string, number>;
}

/** @param bookOf the rules that hold for an endpoint; undefined for one that is gone */
export async function loadAlerts(
  state: State,
  bookOf: (endpoint: string) => Pick<RuleBook, 'rule'> | undefined,
  now: number,
): Promise<LoadedAlerts> {
  const rows = await state.selectFrom('alerts').selectAll().where('active_key', 'is not', null).execute();
  const flaps = await readFlaps(state, now);
  const { begun, steady } = await readEpisodes(state, now);
  const isAgain = (key: string) => (begun.get(key) ?? Infinity) - (steady.get(key) ?? 0) < againMs;
  const loaded: LoadedAlerts = { alerts: [], orphans: [], flaps, steady };
  for (const row of rows) {
    const rule = bookOf(row.endpoint)?.rule(row.rule);
    const alert = alertOf(row, rule, flaps.get(row.key) ?? noFlaps, now);
    alert.flapsAgain = alert.flapping && isAgain(row.key);
    if (rule) loaded.alerts.push(alert);
    else loaded.orphans.push(alert);
  }
  return loaded;
}

/** Alerts that have ended, by their ids, and why. */
export async function loadEnded(
  state: State,
  ids: readonly string[],
  bookOf: (endpoint: string) => Pick<RuleBook, 'rule'> | undefined,
  now: number,
): Promise<Map<string, { alert: LiveAlert; why: string | null }>> {
  const found = new Map<string, { alert: LiveAlert; why: string | null }>();
  for (const some of chunks(ids)) {
    const rows = await state.selectFrom('alerts').selectAll().where('id', 'in', some).execute();
    for (const row of rows)
      found.set(row.id, {
        alert: alertOf(row, bookOf(row.endpoint)?.rule(row.rule), noFlaps, now),
        why: row.resolved_why === 'cleared' ? null : row.resolved_why,
      });
  }
  return found;
}

function alertOf(row: Selectable<Database['alerts']>, rule: Rule | undefined, flaps: FlapBits, now: number): LiveAlert {
  const owner = row.acknowledged_by === null ? null : row.acknowledged_by;
  return {
    id: row.id,
    key: row.key,
    family: rule ? familyOf(rule) : row.rule,
    rule: rule ?? standIn(row.rule, row.severity),
    endpoint: row.endpoint,
    metric: row.metric,
    tags: JSON.parse(row.tags) as Record<string, string>,
    state: row.state === 'resolved' || row.calm ? 'inactive' : row.state,
    value: row.value,
    threshold: row.threshold,
    pendingAt: row.pending_at,
    firedAt: row.fired_at,
    acknowledgement:
      owner === null
        ? null
        : {
            at: row.acknowledged_at ?? now,
            by: owner,
            note: row.acknowledged_note,
            until: row.acknowledged_until ?? now,
            sticky: row.acknowledged_sticky === 1,
            handOver: row.handed_to === null ? null : { to: row.handed_to, until: row.handed_until ?? now },
          },
    firstAcknowledgedAt: row.first_acknowledged_at,
    ticket: row.ticket,
    flaps,
    flapping: row.flapping === 1,
    flapsAgain: false,
    // A pending alert goes on counting from where it began; what was good must be so for its whole time again.
    clocks: row.state === 'pending' ? { [row.rule]: { breachedSince: row.pending_at, goodSince: null } } : {},
    noData: false,
    statuses: '',
    nextAt: Number.POSITIVE_INFINITY,
    // The collector saw nothing until now.
    dataAt: now,
    staleSince: now,
    everyMs: null,
    lastGapMs: null,
  };
}

async function readFlaps(state: State, now: number): Promise<Map<string, FlapBits>> {
  const rows = await state
    .selectFrom('alert_events')
    .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
    .select(['alerts.key as key', 'alert_events.at as at'])
    .where('alert_events.at', '>', now - flapSettings.slots * flapSettings.slotMs)
    .where('alert_events.code', 'in', ['firing', 'worse', 'eased', 'resolved'])
    .orderBy('alert_events.at')
    .execute();
  const flaps = new Map<string, FlapBits>();
  for (const { key, at } of rows) flaps.set(key, withChange(flaps.get(key) ?? noFlaps, at));
  return flaps;
}

/** When flapping of the last day last began and ended, by key. */
async function readEpisodes(state: State, now: number) {
  const rows = await state
    .selectFrom('alert_events')
    .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
    .select((of) => ['alerts.key as key', 'alert_events.code as code', of.fn.max('alert_events.at').as('at')])
    .where('alert_events.at', '>', now - dayMs)
    .where('alert_events.code', 'in', ['flapping', 'stable'])
    .groupBy(['alerts.key', 'alert_events.code'])
    .execute();
  const of = (wanted: string) =>
    new Map(rows.flatMap(({ key, code, at }) => (code === wanted ? [[key, Number(at)] as const] : [])));
  return { begun: of('flapping'), steady: of('stable') };
}

/** Stands in for a rule that is no longer there, so that its alert can be ended in order. */
function standIn(id: string, severity: LiveAlert['rule']['severity']): LiveAlert['rule'] {
  return {
    id,
    enabled: false,
    severity,
    applies: 'all',
    when: { kind: 'threshold', measurement: '', all: [] },
    for_s: 0,
    clear_for_s: 0,
    ticket: 'open',
    urgency: 3,
  };
}
