/** Since when a period was monitored: before the first report of its first endpoint, no time of it is in any number. */
import type { PeriodMonitored } from '../../shared/api.ts';
import type { State } from '../state/open.ts';
import { firstSignal } from './first-signal.ts';
import type { MonthQuery } from './month.ts';
import { periodOf } from './period.ts';
import { endpointsIn } from './question.ts';

/**
 * `monitored` is null where nothing of the period was. Days are those of the zone that have begun. `since`: when the first
 * endpoint of the period reported for the first time. @throws EvenkeelError BAD_REQUEST
 */
export async function monitoredIn(
  state: State,
  query: MonthQuery,
): Promise<{ monitored: PeriodMonitored | null; since: number | null }> {
  const { period, window } = periodOf(query);
  const endpoints = await endpointsIn(state, query.scope, period);
  const first = await firstSignal(state, { ids: endpoints.map(({ id }) => id), kind: 'online' });
  const since = Number.isFinite(first) ? first : null;
  if (first >= window.end) return { since, monitored: null };
  const from = Math.max(first, period.start);
  // The last moment of the window: its end is the first one of the next day.
  const [start, begun, last] = [period.start, from, window.end - 1].map((at) => dayOf(at, query.zone)) as [
    PlainDate,
    PlainDate,
    PlainDate,
  ];
  return { since, monitored: { from, days: 1 + begun.until(last).days, ofDays: 1 + start.until(last).days } };
}

type PlainDate = Temporal.PlainDate;
const dayOf = (at: number, zone: string): PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
