/** Reads the alerts that go on after a restart, and the recent changes that count for flapping. */
import type { Selectable } from 'kysely';
import { familyOf, isTimed, type RuleBook } from '../evaluate/book.ts';
import type { Rule } from '../evaluate/rule.ts';
import { chunks } from '../state/chunks.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { LiveAlert } from './alert.ts';
import type { Counting, KeptClocks, Watch } from './clocks.ts';
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
  clocks: ReadonlyMap<string, KeptClocks & { endpoint: string }>,
  now: number,
): Promise<LoadedAlerts> {
  const rows = await state.selectFrom('alerts').selectAll().where('active_key', 'is not', null).execute();
  const flaps = await readFlaps(state, now);
  const { begun, steady } = await readEpisodes(state, now);
  const isAgain = (key: string) => (begun.get(key) ?? Infinity) - (steady.get(key) ?? 0) < againMs;
  const loaded: LoadedAlerts = { alerts: [], orphans: [], flaps, steady };
  for (const row of rows) {
    const rule = bookOf(row.endpoint)?.rule(row.rule);
    const read = alertOf(row, rule, flaps.get(row.key) ?? noFlaps, now);
    const kept = clocks.get(row.key);
    const alert = kept?.alert === row.id && 'counting' in kept ? counting(read, kept.counting) : read;
    alert.flapsAgain = alert.flapping && isAgain(row.key);
    if (rule) loaded.alerts.push(alert);
    else loaded.orphans.push(alert);
  }
  const taken = new Set(rows.map(({ key }) => key));
  for (const [key, kept] of clocks) {
    const rule = 'watch' in kept && !taken.has(key) ? bookOf(kept.endpoint)?.rule(kept.watch.rule) : undefined;
    if (rule?.no_data === 'alert' && 'watch' in kept) loaded.alerts.push(watchOf(key, kept, kept.watch, rule, now));
  }
  return loaded;
}

/** What it counted by when it was last written. What nobody watched since is taken out at its next sample. */
function counting(alert: LiveAlert, kept: Counting): LiveAlert {
  const { worstInEpisode } = kept;
  if (alert.noData || isTimed(alert.rule)) return { ...alert, worstInEpisode };
  const { clocks, pendingAt, dataAt, everyMs, lastGapMs } = kept;
  // The row of a firing alert has the instant at which it was pending; while it is, the moved one counts.
  return {
    ...{ ...alert, clocks, dataAt, everyMs, lastGapMs, worstInEpisode },
    pendingAt: alert.state === 'pending' ? pendingAt : alert.pendingAt,
  };
}

/** A good series whose silence would be an alert: it has no row. */
function watchOf(
  key: string,
  { alert: id, endpoint }: { alert: string; endpoint: string },
  { family, metric, tags, everyMs }: Watch,
  rule: Rule,
  now: number,
): LiveAlert {
  return {
    ...{ id, key, family, rule, endpoint, metric, tags, everyMs, state: 'inactive', value: null, threshold: null },
    ...{ pendingAt: now, firedAt: null, acknowledgement: null, firstAcknowledgedAt: null, ticket: null },
    ...{
      flaps: noFlaps,
      flapping: false,
      flapsAgain: false,
      worstInEpisode: null,
      clocks: {},
      noData: false,
      statuses: '',
    },
    ...{ nextAt: Number.POSITIVE_INFINITY, dataAt: now, watchedFrom: now, staleSince: now, lastGapMs: null },
  };
}

export interface EndedAlert {
  alert: LiveAlert;
  why: string | null;
  endedAt: number | null;
}

/** Alerts that have ended, by their ids, and why. */
export async function loadEnded(
  state: State,
  ids: readonly string[],
  bookOf: (endpoint: string) => Pick<RuleBook, 'rule'> | undefined,
  now: number,
): Promise<Map<string, EndedAlert>> {
  const found = new Map<string, EndedAlert>();
  for (const some of chunks(ids)) {
    const rows = await state.selectFrom('alerts').selectAll().where('id', 'in', some).execute();
    for (const row of rows)
      found.set(row.id, {
        alert: alertOf(row, bookOf(row.endpoint)?.rule(row.rule), noFlaps, now),
        why: row.resolved_why === 'cleared' ? null : row.resolved_why,
        endedAt: row.resolved_at,
      });
  }
  return found;
}

function alertOf(row: Selectable<Database['alerts']>, rule: Rule | undefined, flaps: FlapBits, now: number): LiveAlert {
  const owner = row.acknowledged_by === null ? null : row.acknowledged_by;
  const isPending = row.state === 'pending';
  const noData = rule?.no_data === 'alert' && row.value === null && row.state !== 'unknown' && !row.calm;
  const staleMs = Math.round((rule?.stale_after_s ?? 0) * 1000);
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
    // A pending alert goes on counting from where it began.
    clocks: isPending ? { [row.rule]: { breachedSince: row.pending_at, goodSince: null } } : {},
    noData,
    worstInEpisode: row.flapping === 1 ? row.severity : null,
    statuses: '',
    // Silence is its breach, and counts from now on.
    nextAt: noData && isPending ? now + staleMs + Math.round((rule?.for_s ?? 0) * 1000) : Number.POSITIVE_INFINITY,
    // Written at its first sample: what came of later ones stands beside it, or was not seen.
    dataAt: isPending && rule && !isTimed(rule) ? row.updated_at : now,
    watchedFrom: now,
    staleSince: now,
    everyMs: null,
    lastGapMs: null,
  };
}

async function readFlaps(state: State, now: number): Promise<Map<string, FlapBits>> {
  const rows = await state
    .selectFrom('alert_events')
    .innerJoin('alerts', 'alerts.id', 'alert_events.alert')
    .select(['alerts.key as key', 'alert_events.at as at', 'alert_events.params as params'])
    .where('alert_events.at', '>', now - flapSettings.slots * flapSettings.slotMs)
    .where('alert_events.code', 'in', ['firing', 'worse', 'eased', 'resolved'])
    .orderBy('alert_events.at')
    .execute();
  const flaps = new Map<string, FlapBits>();
  for (const { key, at, params } of rows)
    if (counted(JSON.parse(params))) flaps.set(key, withChange(flaps.get(key) ?? noFlaps, at));
  return flaps;
}

/** As it was when it happened: what a person or an edit did is no change of the alert, nor what happened in a maintenance. */
const counted = ({ reason, inMaintenance }: { reason?: string; inMaintenance?: boolean }) =>
  !inMaintenance && (reason === undefined || reason === 'worse' || reason === 'eased' || reason === 'no_data');

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
