/** Since when a period was monitored: before the first report of its first endpoint, no time of it is in any number. */
import type { PeriodMonitored } from '../../shared/api.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { endpointsIn } from './facts.ts';
import type { MonthQuery } from './month.ts';
import { periodOf } from './period.ts';

/** Null: nothing of it was. Days are those of the zone that have begun. @throws EvenkeelError BAD_REQUEST */
export async function monitoredIn(state: State, query: MonthQuery): Promise<PeriodMonitored | null> {
  const { period, window } = periodOf(query);
  const endpoints = await endpointsIn(state, query.scope, period);
  let first = Number.POSITIVE_INFINITY;
  for (const some of chunks(endpoints.map(({ id }) => id))) {
    const rows = await state
      .selectFrom('endpoints as e')
      .select(({ selectFrom }) =>
        selectFrom('signals as s')
          .select('s.at')
          .whereRef('s.endpoint', '=', 'e.id')
          .where('s.kind', '=', 'online')
          .orderBy('s.at')
          .limit(1)
          .as('first'),
      )
      .where('e.id', 'in', some)
      .execute();
    first = rows.reduce((least, row) => Math.min(least, row.first ?? least), first);
  }
  if (first >= window.end) return null;
  const from = Math.max(first, period.start);
  // The last moment of the window: its end is the first one of the next day.
  const [start, since, last] = [period.start, from, window.end - 1].map((at) => dayOf(at, query.zone)) as [
    PlainDate,
    PlainDate,
    PlainDate,
  ];
  return { from, days: 1 + since.until(last).days, ofDays: 1 + start.until(last).days };
}

type PlainDate = Temporal.PlainDate;
const dayOf = (at: number, zone: string): PlainDate =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
