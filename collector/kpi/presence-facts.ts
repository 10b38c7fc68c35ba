/** Presence of endpoints, from their signals: read for many of them at once, judged one by one. */
import { sql } from 'kysely';
import type { Calendar } from '../../shared/calendar.ts';
import { type Span, subtract, union } from '../../shared/intervals.ts';
import { readCalendars } from '../calendars/calendars.ts';
import { statedStops } from '../impact/stops.ts';
import { maintenanceOf } from '../maintenance/spans.ts';
import { breathe } from '../state/breathe.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { birthOf, type SignedOn } from './absence.ts';
import {
  type AvailabilityInput,
  type EndpointAvailability,
  endpointAvailability,
  type Signal,
} from './availability.ts';
import type { EndpointFact, KpiQuestion } from './question.ts';

/** A proof of life is valid for 2.5 heartbeats, so a shorter interruption of the collector hides nothing. */
const blinkMs = 25_000;
const blinkIntervals = 2.5;
/** The reason of an `online` that no birth brought: reports went on after a silence. */
const sameConnection = 'reports';
/** A signal that follows this soon may explain the one that ended an absence. */
const explainedMs = 60_000;
/** No buffer of an agent reaches back further. */
const bufferMs = 31 * 86_400_000;
/** A page of rows blocks the event loop for about 10 ms. */
const rowsAtOnce = 2000;

/** Endpoints without monitored time in the window are left out. */
export async function* readPresence(
  state: State,
  { endpoints, window, now, zone, calendar: always }: KpiQuestion,
): AsyncGenerator<{ endpoint: EndpointFact; result: EndpointAvailability }> {
  const calendarOf = await readCalendars(state, zone);
  const blind = await unwatched(state, window, now);
  const stopped = await statedStops(state, window);
  for (const slice of chunks(endpoints)) {
    const facts = await signalsOf(state, slice, window, now);
    const ids = slice.map(({ id }) => id);
    const maintenance = await maintenanceOf(state, ids, window);
    for (const endpoint of slice) {
      const calendar = always ?? calendarOf(endpoint.site, 'service').calendar;
      const input = inputOf(endpoint, facts.get(endpoint.id), { window, calendar, blind });
      if (!input) continue;
      input.maintenance = (maintenance.get(endpoint.id) ?? []).map(({ start, end, late, approval }) => ({
        ...{ start, end, createdAt: late ? end : start, approved: approval !== null },
      }));
      input.incidents = stopped.get(endpoint.id) ?? [];
      await breathe();
      yield { endpoint, result: endpointAvailability(input) };
    }
  }
}

/** Time inside the window in which no collector was running on this data folder. */
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

/** The signals of one endpoint. */
interface EndpointSignals {
  /** The first `online` of all. */
  first: number;
  /** The last signal before the window, and the last birth before that. */
  before: SignalRow | undefined;
  born: SignalRow | undefined;
  /** From the window's start on, in order of time. */
  rows: SignalRow[];
}

interface SignalRow {
  id: number;
  endpoint: string;
  at: number;
  kind: string;
  reason: string | null;
  last_seen: number | null;
  boot_id: string | null;
  birth: string | null;
}
const columns = ['id', 'endpoint', 'at', 'kind', 'reason', 'last_seen', 'boot_id', 'birth'] as const;

async function signalsOf(
  state: State,
  slice: readonly EndpointFact[],
  window: Span,
  now: number,
): Promise<Map<string, EndpointSignals>> {
  const edges = await edgesOf(
    state,
    slice.map(({ id }) => id),
    window,
  );
  await breathe();
  const lookedUp = edges.flatMap(({ before, born }) => [before ?? [], born ?? []].flat());
  const byId = new Map<number, SignalRow>();
  for (const some of chunks(lookedUp))
    for (const row of await state.selectFrom('signals').select(columns).where('id', 'in', some).execute())
      byId.set(row.id, row);
  await breathe();
  const found = new Map<string, EndpointSignals>();
  for (const { id, first, before, born } of edges) {
    if (first === null) continue;
    found.set(id, { first, before: byId.get(before ?? -1), born: byId.get(born ?? -1), rows: [] });
  }
  const ids = [...found.keys()].sort();
  // PostgreSQL takes no empty list.
  if (ids.length === 0) return found;
  // Signals noted under a clock that was ahead lie beyond a window that ends now.
  const closed = window.end < now;
  for await (const rows of signalsIn(state, ids, window.start, closed ? window.end : null))
    for (const row of rows) found.get(row.endpoint)?.rows.push(row);
  if (closed) for (const row of await returnsAfter(state, ids, window.end)) found.get(row.endpoint)?.rows.push(row);
  return found;
}

/** Ids of the signals that give the state of an endpoint at the start of the window. */
function edgesOf(state: State, ids: readonly string[], { start }: Span) {
  return state
    .selectFrom('endpoints as e')
    .select(({ selectFrom }) => {
      const signals = selectFrom('signals as s').whereRef('s.endpoint', '=', 'e.id');
      const last = signals.where('s.kind', '!=', 'backlog').where('s.at', '<', start).orderBy('s.at', 'desc').limit(1);
      return [
        'e.id',
        signals.where('s.kind', '=', 'online').select('s.at').orderBy('s.at').limit(1).as('first'),
        last.select('s.id').orderBy('s.id', 'desc').as('before'),
        signals
          .select('s.id')
          .where('s.kind', '=', 'online')
          .where('s.reason', 'is distinct from', sameConnection)
          .where(({ eb, fn, val }) =>
            eb('s.at', '<', fn.coalesce(last.clearSelect().select('s.at').$asScalar(), val(start))),
          )
          .orderBy('s.at', 'desc')
          .orderBy('s.id', 'desc')
          .limit(1)
          .as('born'),
      ];
    })
    .where('e.id', 'in', ids)
    .execute();
}

/** In pages: a promise for each row would cost as much as reading it. @param end null: all there are */
async function* signalsIn(state: State, sortedIds: readonly string[], start: number, end: number | null) {
  let ids = sortedIds;
  let last: SignalRow | undefined;
  while (ids.length > 0) {
    let query = state
      .selectFrom('signals')
      .select(columns)
      .where('endpoint', 'in', ids)
      .where('at', '>=', start)
      .orderBy('endpoint')
      .orderBy('at')
      .orderBy('id')
      .limit(rowsAtOnce);
    if (end !== null) query = query.where('at', '<', end);
    if (last) {
      const { endpoint, at, id } = last;
      query = query.where(({ eb, refTuple, tuple }) =>
        eb(refTuple('endpoint', 'at', 'id'), '>', tuple(endpoint, at, id)),
      );
    }
    const rows = await query.execute();
    yield rows;
    last = rows.at(-1);
    if (rows.length < rowsAtOnce || !last) return;
    const { endpoint } = last;
    ids = ids.filter((id) => id >= endpoint);
    await breathe();
  }
}

/**
 * Up to the first return after the window, which decides the cause of an absence at its end. A buffer of the same
 * absence may be delivered after further returns: buffers have an index of their own (a literal, so that it is used).
 */
async function returnsAfter(state: State, ids: readonly string[], end: number): Promise<SignalRow[]> {
  const signals = (part: 'returns' | 'buffers') =>
    state
      .selectFrom((from) =>
        from
          .selectFrom('endpoints as e')
          .select(({ selectFrom, fn, val }) => {
            const back = selectFrom('signals as b')
              .select('b.at')
              .whereRef('b.endpoint', '=', 'e.id')
              .where('b.kind', '=', 'online')
              .where('b.at', '>=', end)
              .orderBy('b.at')
              .limit(1);
            return ['e.id', fn.coalesce(back.$asScalar(), val(Number.MAX_SAFE_INTEGER - bufferMs)).as('at')];
          })
          .where('e.id', 'in', ids)
          .as('back'),
      )
      .innerJoin('signals as s', (join) => {
        const after = join.onRef('s.endpoint', '=', 'back.id').on('s.at', '>=', end);
        if (part === 'returns') return after.on(({ eb }) => eb('s.at', '<=', eb('back.at', '+', explainedMs)));
        return after
          .on('s.kind', '=', sql.lit('backlog'))
          .on(({ eb }) => eb('s.at', '>', eb('back.at', '+', explainedMs)))
          .on(({ eb }) => eb('s.at', '<=', eb('back.at', '+', bufferMs)))
          .on(({ eb }) => eb('s.last_seen', '<=', eb('back.at', '+', explainedMs)));
      })
      .select(columns.map((column) => `s.${column}` as const))
      .orderBy('s.endpoint')
      .orderBy('s.at')
      .orderBy('s.id')
      .execute();
  const returns = await signals('returns');
  await breathe();
  return [...returns, ...(await signals('buffers'))];
}

function inputOf(
  endpoint: EndpointFact,
  facts: EndpointSignals | undefined,
  { window, calendar, blind }: { window: Span; calendar: Calendar; blind: readonly Span[] },
): AvailabilityInput | undefined {
  if (!facts || facts.first >= window.end) return undefined;
  const { first, before, born, rows } = facts;
  const signals = rows.filter(({ kind }) => kind !== 'backlog');
  return {
    class: endpoint.kind,
    calendar,
    period: window,
    monitored: { start: first, ...(endpoint.retired_at === null ? {} : { end: endpoint.retired_at }) },
    before: born ? birthIn(born) : null,
    // The state at the start follows from the last signal before it, with its reason.
    initial: 'up',
    signals: inOrder(before ? [before, ...signals] : signals),
    proved: rows
      .filter((row) => row.kind === 'backlog' && row.last_seen !== null)
      // One report alone is a moment; it proves as much as each of many.
      .map((row) => ({ start: row.last_seen as number, end: Math.max(row.at, (row.last_seen as number) + 1) })),
    unknown: [...blind],
    blinkMs: Math.max(blinkMs, blinkIntervals * (endpoint.interval_ms ?? 0)),
  };
}

/**
 * In the order in which they came. Times of rows written before the wall clock was set back are moved to that moment:
 * otherwise an endpoint that came back just then would stay lost.
 */
function inOrder(rows: readonly SignalRow[]): Signal[] {
  let latest = Number.POSITIVE_INFINITY;
  return rows
    .toSorted((a, b) => b.id - a.id)
    .map((row) => {
      latest = Math.min(latest, row.at);
      return toSignal(row, latest);
    })
    .reverse();
}

const birthIn = ({ boot_id, reason, birth }: SignalRow): SignedOn | null =>
  reason === sameConnection ? null : birthOf(boot_id, reason, birth === null ? {} : JSON.parse(birth));

function toSignal(row: SignalRow, at: number): Signal {
  const online = row.kind === 'online';
  return {
    at,
    type: row.kind as Signal['type'],
    reason: row.kind === 'offline' ? row.reason : null,
    lastSeen: row.last_seen,
    unclean: online && row.reason === 'unclean',
    birth: online ? birthIn(row) : null,
    sameConnection: online && row.reason === sameConnection,
  };
}
