/** Messages that need not be sent, because a later one about the same says more. Pure. */
import type { NotificationEvent } from '../../shared/notification.ts';

/** Messages about how something is now; all others are about something that happened, and are sent each. */
const aboutState: ReadonlySet<NotificationEvent | 'report' | 'recovery'> = new Set([
  ...(['firing', 'update', 'repeat', 'reminder', 'flapping', 'stable', 'resolved'] as const),
  // To its reader a step of a policy says that it fires, and is of no use after the end.
  ...(['escalation', 'exhausted', 'hand_over'] as const),
]);

export interface WaitingDelivery {
  id: string;
  /** What goes out in order. */
  subject: string;
  event: NotificationEvent | 'report' | 'recovery';
  attempts: number;
  /** What it is to its reader, where that is another. */
  named?: NotificationEvent | null;
}

export interface Replaced {
  /** Of an unsent state that a later one follows; of a begin and its end, where both are unsent, both. */
  ids: Set<string>;
  /** What takes the place of a first message: to its reader it is the first. */
  first: Set<string>;
}

/** They say that something is otherwise, or still so, to somebody who knows that it fires. */
const further: ReadonlySet<WaitingDelivery['event']> = new Set(['update', 'repeat'] as const);

/**
 * @param rows what waits in one channel, oldest first
 * @param wasNotified whether the receiver was notified of the subject, and not yet of its end, by what went out before
 */
export function replacedBy(rows: readonly WaitingDelivery[], wasNotified: (subject: string) => boolean): Replaced {
  const replaced = new Set<string>();
  const first = new Set<string>();
  for (const [subject, all] of Map.groupBy(rows, (row) => row.subject)) {
    const states = all.filter(({ event }) => aboutState.has(event));
    // What may have arrived stays in its place: it is repeated or given up.
    const unsent = states.filter(({ attempts }) => attempts === 0);
    for (const row of unsent.slice(0, -1)) replaced.add(row.id);
    const last = unsent.at(-1);
    const mayKnow = states.length > unsent.length || wasNotified(subject);
    if (last?.event === 'resolved' && unsent.length > 1 && !mayKnow) replaced.add(last.id);
    // Whoever hears of the end need not hear in whose hands it was.
    if (last?.event === 'resolved')
      for (const { id, event, attempts } of all) if (event === 'acknowledged' && attempts === 0) replaced.add(id);
    const begins = unsent.slice(0, -1).some(({ event, named }) => (named ?? event) === 'firing');
    if (last && begins && !mayKnow && further.has(last.event)) first.add(last.id);
  }
  return { ids: replaced, first };
}
