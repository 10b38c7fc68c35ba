/** How available something was this month, until now. */

import type { Clock } from '../../shared/clock.ts';
import { union } from '../../shared/intervals.ts';
import type { WatchedShare } from '../../shared/target-api.ts';
import type { State } from '../state/open.ts';
import { watchedAvailability } from './availability.ts';
import { watchedChanges } from './store.ts';

/** The newest row of a running collector is moved every ten seconds. */
const blinkMs = 30_000;

export async function monthOf(
  { state, clock, zone }: { state: State; clock: Clock; zone: string },
  subject: string,
): Promise<WatchedShare> {
  const to = clock.now();
  const day = Temporal.Instant.fromEpochMilliseconds(to).toZonedDateTimeISO(zone).toPlainDate();
  const from = day.with({ day: 1 }).toZonedDateTime(zone).epochMilliseconds;
  const rows = await state.selectFrom('watches').select(['from_at', 'to_at']).where('to_at', '>', from).execute();
  const watched = union(rows.map((one) => ({ start: one.from_at, end: to - one.to_at < blinkMs ? to : one.to_at })));
  const changes = await watchedChanges(state, subject, from, to);
  return { from, to, ...watchedAvailability(changes, watched, { start: from, end: to }) };
}
