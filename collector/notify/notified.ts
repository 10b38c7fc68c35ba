/** The channels notified of each current alert and incident: those notified of its start are notified of its end. */
import type { State } from '../state/open.ts';
import { createUndo } from '../tickets/undo.ts';
import { severities } from './settings.ts';

export interface Notified {
  /** By id of the alert or key of the incident. */
  of(about: string): { channels: readonly string[]; worst: number } | undefined;
  add(about: string, channels: readonly string[], worst: number): void;
  forget(about: string): void;
  keep(): void;
  undo(): void;
  clear(): void;
}

export function createNotified(): Notified {
  const all = new Map<string, { channels: readonly string[]; worst: number }>();
  const { change, keep, undo } = createUndo(() => undefined);
  const remember = (about: string) => {
    const before = all.get(about);
    change(() => (before ? all.set(about, before) : all.delete(about)));
    return before;
  };
  return {
    of: (about) => all.get(about),
    add(about, channels, worst) {
      const before = remember(about);
      const together = [...new Set([...(before?.channels ?? []), ...channels])];
      all.set(about, { channels: together, worst: Math.max(before?.worst ?? -1, worst) });
    },
    forget(about) {
      remember(about);
      all.delete(about);
    },
    keep,
    undo,
    clear() {
      all.clear();
      keep();
    },
  };
}

/** Reads back, after a restart, which channels were notified of the current ones. */
export async function readNotified(state: State, notified: Notified): Promise<void> {
  const rows = await state
    .selectFrom('deliveries')
    .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
    .leftJoin('alerts', 'alerts.id', 'notifications.alert')
    .leftJoin('incidents', 'incidents.ticket', 'notifications.ticket')
    .select(['about', 'channel', 'notifications.severity'])
    .where('event', 'in', ['firing', 'flapping'])
    .where((is) =>
      is.or([
        is('alerts.active_key', 'is not', null),
        is.and([is('notifications.incident', 'is not', null), is('incidents.ended_at', 'is', null)]),
      ]),
    )
    .execute();
  for (const { about, channel, severity } of rows) notified.add(about, [channel], severities.indexOf(severity));
  notified.keep();
}
