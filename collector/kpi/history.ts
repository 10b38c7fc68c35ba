/** Availability of endpoints one by one, each with its intervals, in the shapes of the REST interface. */
import type { Static } from 'typebox';
import type { Availability, AvailabilityFigures, Interval } from '../../shared/api.ts';
import { roundTheClock } from '../../shared/calendar.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import type { Stretch } from './absence.ts';
import {
  type AvailabilityMinutes,
  type EndpointAvailability,
  formula,
  isThin,
  pooled,
  sharesOf,
} from './availability.ts';
import { enough } from './formulas/numbers.ts';
import { periodOf } from './period.ts';
import { readPresence } from './presence-facts.ts';
import type { EndpointFact } from './question.ts';
import { endpointsIn } from './question.ts';

export interface HistoryQuery {
  /** Calendar month `YYYY-MM`. */
  period: string;
  class: EndpointKind;
  now: number;
  /** Report zone, IANA. */
  zone: string;
}

/**
 * Availability of a class of endpoints in a month, each number with its intervals.
 * @throws EvenkeelError BAD_REQUEST when the period is no month
 */
export async function availabilityOf(state: State, query: HistoryQuery): Promise<Static<typeof Availability>> {
  const { period, window, provisional } = periodOf(query);
  const endpoints = await endpointsIn(state, { kind: query.class }, period);
  const judged: { endpoint: EndpointFact; result: EndpointAvailability }[] = [];
  for await (const one of readPresence(state, { endpoints, window, now: query.now, zone: query.zone }))
    judged.push(one);
  const pool = pooled(judged.map(({ result }) => result.minutes));
  const n = judged.length;
  return {
    period: { name: query.period, from: period.start, to: period.end, zone: query.zone },
    class: query.class,
    asOf: query.now,
    provisional,
    n,
    status: enough(n),
    pool: figures(pool, sharesOf(pool)),
    endpoints: judged.map(({ endpoint, result }) => ({
      id: endpoint.id,
      name: endpoint.name,
      site: endpoint.site,
      figures: figures(result.minutes, result.shares),
      intervals: result.intervals.map(toInterval),
    })),
    formula,
  };
}

/** What an endpoint does at night is shown, whatever is promised. */
const dayAndNight = roundTheClock('UTC');

/** The stretches of one endpoint's time in [from, to), oldest first; empty before its first report. */
export async function timelineOf(
  state: State,
  endpoint: string,
  from: number,
  to: number,
  now: number,
): Promise<Interval[]> {
  const window = { start: from, end: Math.min(to, now) };
  const endpoints = await endpointsIn(state, { endpoint }, { start: from, end: to });
  for await (const { result } of readPresence(state, { endpoints, window, now, zone: 'UTC', calendar: dayAndNight }))
    return result.intervals.map(toInterval);
  return [];
}

/** The cause of the last absence in [from, to), as a code; null where there was none. */
export async function causeIn(state: State, endpoint: string, from: number, to: number): Promise<string | null> {
  const line = await timelineOf(state, endpoint, from, to, to);
  return line.findLast((part) => part.state !== 'up' && part.state !== 'maintenance')?.cause ?? null;
}

function figures(
  minutes: AvailabilityMinutes,
  shares: EndpointAvailability['shares'],
): Static<typeof AvailabilityFigures> {
  return {
    availability_pct: shares.availability,
    availability_low_pct: shares.low,
    availability_high_pct: shares.high,
    availability_gross_pct: shares.gross,
    coverage_pct: shares.coverage,
    thin: isThin(shares.coverage ?? 0),
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
