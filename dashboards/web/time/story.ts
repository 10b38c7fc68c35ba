/** The life of a ticket as one line of moments: its events, its alert, its notices. Pure. */
import type { TicketDetail } from '../../../shared/api.ts';

/** The metric of alerts about endpoints that say nothing: there is no value to show. */
export const silence = 'endpoint.silent';

type Event = TicketDetail['events'][number];
type NoticeRow = TicketDetail['notices'][number];

export type Moment =
  | { at: number; kind: 'event'; event: Event }
  | {
      at: number;
      kind: 'alert';
      step: 'pending' | 'silent' | 'firing' | 'acknowledged' | 'resolved';
      by: string | null;
    }
  | { at: number; kind: 'notice'; notice: NoticeRow };

/** Oldest first. At one moment: the alert, then what became of it, then who was told. */
export function storyOf(detail: TicketDetail): Moment[] {
  const order = { alert: 0, event: 1, notice: 2 } as const;
  const moments: Moment[] = [
    ...alertSteps(detail),
    // A notice that left is told by the outbox itself, with its channel and its outcome.
    ...detail.events
      .filter((event) => event.kind !== 'notice')
      .map((event): Moment => ({ at: event.at, kind: 'event', event })),
    ...detail.notices.map((notice): Moment => ({ at: notice.sentAt ?? notice.createdAt, kind: 'notice', notice })),
  ];
  return moments.sort((a, b) => a.at - b.at || order[a.kind] - order[b.kind]);
}

function alertSteps({ alert }: TicketDetail): Moment[] {
  if (alert === null) return [];
  const first = alert.metric === silence ? 'silent' : 'pending';
  const steps: Moment[] = [{ at: alert.pendingAt, kind: 'alert', step: first, by: null }];
  if (alert.firedAt !== null) steps.push({ at: alert.firedAt, kind: 'alert', step: 'firing', by: null });
  if (alert.acknowledgedAt !== null) {
    steps.push({ at: alert.acknowledgedAt, kind: 'alert', step: 'acknowledged', by: alert.acknowledgedBy });
  }
  if (alert.resolvedAt !== null) steps.push({ at: alert.resolvedAt, kind: 'alert', step: 'resolved', by: null });
  return steps;
}

/** The span of the chart around an alert: a third of its length before and after, at least half an hour. */
export function spanAround(alert: { pendingAt: number; resolvedAt: number | null }, now: number) {
  const end = alert.resolvedAt ?? now;
  const margin = Math.max(30 * 60_000, (end - alert.pendingAt) / 3);
  return { from: Math.round(alert.pendingAt - margin), to: Math.round(Math.min(now, end + margin)) };
}
