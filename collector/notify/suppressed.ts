/** Messages that wait in the outbox while a silence or maintenance begins: what they say is not to be said now. */
import type { NotificationEvent } from '../../shared/notification.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { DeliveryRow } from './complete.ts';

/** Messages that say that something fires. An end, and what a person asks of another, is said at any time. */
const calls: readonly NotificationEvent[] = [
  ...(['firing', 'update', 'repeat', 'flapping', 'stable', 'escalation', 'exhausted', 'digest'] as const),
];

/** @returns ids of the rows all of whose alerts that still fire are suppressed */
export async function suppressedIn(state: State, rows: readonly DeliveryRow[]): Promise<ReadonlySet<string>> {
  const [open, free] = [new Set<number>(), new Set<number>()];
  for (const some of chunks([...new Set(rows.map(({ notification }) => notification))]))
    for (const { id, suppressed_by } of await state
      .selectFrom('notifications')
      .innerJoin('notification_alerts', 'notification_alerts.notification', 'notifications.id')
      .innerJoin('alerts', 'alerts.id', 'notification_alerts.alert')
      .select(['notifications.id', 'alerts.suppressed_by'])
      .where('notifications.id', 'in', some)
      .where('notifications.event', 'in', calls)
      .where('alerts.resolved_at', 'is', null)
      .execute()) {
      open.add(id);
      if (suppressed_by === '') free.add(id);
    }
  return new Set(rows.flatMap((row) => (open.has(row.notification) && !free.has(row.notification) ? [row.id] : [])));
}
