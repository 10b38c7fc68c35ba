/** Reads the facts that the availability formula needs from state, and answers in the shapes of the REST interface. */
import type { Static } from 'typebox';
import type { Availability, AvailabilityFigures, Interval } from '../../shared/api.ts';
import { type Calendar, periodBounds, roundTheClock } from '../../shared/calendar.ts';
import { fail } from '../../shared/errors.ts';
import { type Span, subtract, union } from '../../shared/intervals.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import { type Birth, birthOf, type Stretch } from './absence.ts';
import {
  type AvailabilityInput,
  type AvailabilityMinutes,
  type EndpointAvailability,
  endpointAvailability,
  formula,
  type Signal,
  sharesOf,
} from './availability.ts';

/** A proof of life is good for 2.5 heartbeats, so a shorter blink of the collector hides nothing. */
const blinkMs = 25_000;
const blinkIntervals = 2.5;
/** The reason of an `online` that no birth brought: reports went on after a silence. */
const sameConnection = 'reports';
/** Late facts (a buffer delivered after days offline) may still change a period for this long. */
const settlesAfterMs = 3 * 86_400_000;

export interface HistoryQuery {
  /** Calendar month `YYYY-MM`. */
  period: string;
  class: EndpointKind;
  now: number;
  /** Report zone, IANA. */
  zone: string;
}

type EndpointFacts = {
  id: string;
  name: string;
  site: string | null;
  kind: EndpointKind;
  retired_at: number | null;
  interval_ms: number | null;
};

/**
 * Availability of a class of endpoints in a month, each number with its intervals.
 * @throws EvenkeelError BAD_REQUEST when the period is no month
 */
export async function availabilityOf(state: State, query: HistoryQuery): Promise<Static<typeof Availability>> {
  const period = boundsOf(query);
  const clipped = { start: period.start, end: Math.max(period.start, Math.min(period.end, query.now)) };
  const endpoints = await state
    .selectFrom('endpoints')
    .select(['id', 'name', 'site', 'kind', 'retired_at', 'interval_ms'])
    .where('kind', '=', query.class)
    .where('enrolled_at', '<', period.end)
    .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', period.start)]))
    .orderBy('name')
    .execute();
  const blind = await unwatched(state, clipped, query.now);
  const calendar = roundTheClock(query.zone);
  const judged: { facts: EndpointFacts; result: EndpointAvailability }[] = [];
  for (const facts of endpoints) {
    const input = await factsOf(state, facts, clipped, calendar, blind);
    if (input) judged.push({ facts, result: endpointAvailability(input) });
  }
  const pool = judged.reduce((sum, one) => add(sum, one.result.minutes), none());
  const n = judged.length;
  return {
    period: { name: query.period, from: period.start, to: period.end, zone: query.zone },
    class: query.class,
    asOf: query.now,
    provisional: query.now < period.end + settlesAfterMs,
    n,
    status: n < 5 ? 'insufficient' : n < 30 ? 'low_n' : 'ok',
    pool: figures(pool, sharesOf(pool)),
    endpoints: judged.map(({ facts, result }) => ({
      id: facts.id,
      name: facts.name,
      site: facts.site,
      figures: figures(result.minutes, result.shares),
      intervals: result.intervals.map(toInterval),
    })),
    formula,
  };
}

/** The stretches of one endpoint's time in [from, to), oldest first; empty before its first report. */
export async function timelineOf(
  state: State,
  endpoint: string,
  from: number,
  to: number,
  now: number,
): Promise<Interval[]> {
  const facts = await state
    .selectFrom('endpoints')
    .select(['id', 'name', 'site', 'kind', 'retired_at', 'interval_ms'])
    .where('id', '=', endpoint)
    .executeTakeFirst();
  if (!facts) return [];
  const window = { start: from, end: Math.min(to, now) };
  const input = await factsOf(state, facts, window, roundTheClock('UTC'), await unwatched(state, window, now));
  return input ? endpointAvailability(input).intervals.map(toInterval) : [];
}

/** What the last absence in [from, to) was, as a code; null where there was none. */
export async function causeIn(state: State, endpoint: string, from: number, to: number): Promise<string | null> {
  const line = await timelineOf(state, endpoint, from, to, to);
  return line.findLast((part) => part.state !== 'up' && part.state !== 'maintenance')?.cause ?? null;
}

function boundsOf(query: HistoryQuery): Span {
  try {
    return periodBounds(query.zone, query.period);
  } catch {
    // Temporal's own message speaks of ISO 8601 grammar; the person typed a month.
    throw fail('BAD_REQUEST', { problem: `period "${query.period}" is not a month such as 2026-11` });
  }
}

/** Time inside the window in which no collector of this data folder was watching. */
async function unwatched(state: State, window: Span, now: number): Promise<Span[]> {
  const rows = await state
    .selectFrom('watches')
    .select(['from_at', 'to_at'])
    .where('to_at', '>', window.start - blinkMs)
    .where('from_at', '<', window.end + blinkMs)
    .orderBy('from_at')
    .execute();
  // The newest row is written every few seconds: while this collector runs it reaches until now.
  const watched = union(
    rows.map((row) => ({ start: row.from_at, end: now - row.to_at < blinkMs ? Math.max(now, row.to_at) : row.to_at })),
  );
  return subtract([window], watched).filter((gap) => gap.end - gap.start > blinkMs);
}

async function factsOf(
  state: State,
  endpoint: EndpointFacts,
  window: Span,
  calendar: Calendar,
  blind: readonly Span[],
): Promise<AvailabilityInput | undefined> {
  const columns = ['id', 'at', 'kind', 'reason', 'last_seen', 'boot_id', 'birth'] as const;
  const first = await state
    .selectFrom('signals')
    .select('at')
    .where('endpoint', '=', endpoint.id)
    .where('kind', '=', 'online')
    .orderBy('at')
    .limit(1)
    .executeTakeFirst();
  if (!first || first.at >= window.end) return undefined;
  const before = await state
    .selectFrom('signals')
    .select(columns)
    .where('endpoint', '=', endpoint.id)
    .where('kind', '!=', 'backlog')
    .where('at', '<', window.start)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .execute();
  const born = await state
    .selectFrom('signals')
    .select(columns)
    .where('endpoint', '=', endpoint.id)
    .where('kind', '=', 'online')
    .where('reason', 'is distinct from', sameConnection)
    .where('at', '<', before[0]?.at ?? window.start)
    .orderBy('at', 'desc')
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  // One signal beyond the window decides what an absence at its end was; buffers may be delivered much later.
  const inside = await state
    .selectFrom('signals')
    .select(columns)
    .where('endpoint', '=', endpoint.id)
    .where('at', '>=', window.start)
    .orderBy('at')
    .orderBy('id')
    .execute();
  return {
    class: endpoint.kind,
    calendar,
    period: window,
    monitored: { start: first.at, ...(endpoint.retired_at === null ? {} : { end: endpoint.retired_at }) },
    before: born ? birthIn(born) : null,
    // What it was at the start is the last signal before it, with its reason.
    initial: 'up',
    signals: inOrder([...before, ...inside.filter((row) => row.kind !== 'backlog')]).map(toSignal),
    proved: inside
      .filter((row) => row.kind === 'backlog' && row.last_seen !== null)
      // One report alone is a moment; it proves as much as each of many.
      .map((row) => ({ start: row.last_seen as number, end: Math.max(row.at, (row.last_seen as number) + 1) })),
    unknown: [...blind],
    blinkMs: Math.max(blinkMs, blinkIntervals * (endpoint.interval_ms ?? 0)),
  };
}

/**
 * In the order in which they came. Times of rows written before the wall clock was set back are moved to that moment: else
 * an endpoint that came back just then would be lost for good.
 */
function inOrder(rows: readonly Row[]): Row[] {
  let latest = Number.POSITIVE_INFINITY;
  return rows
    .toSorted((a, b) => b.id - a.id)
    .map((row) => {
      latest = Math.min(latest, row.at);
      return { ...row, at: latest };
    })
    .reverse();
}

interface Row {
  id: number;
  at: number;
  kind: string;
  reason: string | null;
  last_seen: number | null;
  boot_id: string | null;
  birth: string | null;
}

const birthIn = ({ boot_id, reason, birth }: Row): Birth | null =>
  reason === sameConnection ? null : birthOf(boot_id, reason, birth === null ? {} : JSON.parse(birth));

function toSignal(row: Row): Signal {
  const online = row.kind === 'online';
  return {
    at: row.at,
    type: row.kind as Signal['type'],
    reason: row.kind === 'offline' ? row.reason : null,
    lastSeen: row.last_seen,
    unclean: online && row.reason === 'unclean',
    birth: online ? birthIn(row) : null,
    sameConnection: online && row.reason === sameConnection,
  };
}

const none = (): AvailabilityMinutes => ({ scheduled: 0, up: 0, down: 0, unknown: 0, idle: 0, maintenance: 0 });

function add(a: AvailabilityMinutes, b: AvailabilityMinutes): AvailabilityMinutes {
  const sum = none();
  for (const key of Object.keys(sum) as (keyof AvailabilityMinutes)[]) sum[key] = a[key] + b[key];
  return sum;
}

function figures(
  minutes: AvailabilityMinutes,
  shares: EndpointAvailability['shares'],
): Static<typeof AvailabilityFigures> {
  return {
    availability_pct: shares.availability,
    availability_low_pct: shares.low,
    availability_high_pct: shares.high,
    coverage_pct: shares.coverage,
    up_minutes: minutes.up,
    down_minutes: minutes.down,
    unknown_minutes: minutes.unknown,
    idle_minutes: minutes.idle,
    maintenance_minutes: minutes.maintenance,
    service_minutes: minutes.scheduled,
  };
}

const toInterval = (s: Stretch): Interval => ({
  from: s.start,
  to: s.end,
  state: s.state,
  cause: s.cause,
  evidence: [...s.evidence],
});
