/** The history of a ticket as one list of moments: its events, its alert, its notifications. Pure. */
import type { TicketDetail } from '../../../shared/api.ts';
import { silence } from '../../../shared/words/names.ts';

type StoryEvent = TicketDetail['events'][number];
export type NotificationRow = TicketDetail['notifications'][number];

export type Moment =
  | { at: number; kind: 'event'; event: StoryEvent }
  /** Said on another ticket that belongs to this one. */
  | { at: number; kind: 'quoted'; ticket: number; event: StoryEvent }
  | {
      at: number;
      kind: 'alert';
      step: 'pending' | 'silent' | 'held' | 'firing' | 'acknowledged' | 'resolved';
      by: string | null;
    }
  | { at: number; kind: 'repeats'; from: number; fires: number }
  | { at: number; kind: 'notification'; notification: NotificationRow };

/** Oldest first. At one moment: the alert, then its changes, then the notifications. */
export function storyOf(detail: TicketDetail): Moment[] {
  const order = { alert: 0, event: 1, quoted: 1, repeats: 1, notification: 2 } as const;
  const taken = acknowledgementIn(detail);
  const moments: Moment[] = [
    ...alertSteps(detail, taken === null),
    // A notification comes from the outbox, with its channel and its outcome; older versions stored it as an event, too.
    ...detail.events
      .filter((event) => event.kind !== 'notice' && !isShownByAlert(event, detail))
      .map((event): Moment => ({ at: event === taken?.event ? taken.at : event.at, kind: 'event', event })),
    ...detail.quoted.map(({ ticket, event }): Moment => ({ at: event.at, kind: 'quoted', ticket, event })),
    ...detail.notifications.map(
      (notification): Moment => ({
        at: notification.sentAt ?? notification.createdAt,
        kind: 'notification',
        notification,
      }),
    ),
  ];
  return withoutRepeats(moments.sort((a, b) => a.at - b.at || order[a.kind] - order[b.kind]));
}

/** In the ticket of a site incident: which endpoint's alert joined it. Else null. */
export function joined(event: StoryEvent): { id: string; name: string } | null {
  const data = event.data as { endpoint?: { id?: unknown; name?: unknown } | null } | null;
  const { id, name } = data?.endpoint ?? {};
  return typeof id === 'string' && typeof name === 'string' ? { id, name } : null;
}

/** The one alert of a ticket fired or resolved: not another endpoint that joined. */
function comesOrGoes(event: StoryEvent): boolean {
  return (event.kind === 'fired' || event.kind === 'cleared') && joined(event) === null;
}

/** Whether the ticket's alert already shows this firing or resolving. */
function isShownByAlert(event: StoryEvent, { alert }: TicketDetail): boolean {
  if (alert === null || !comesOrGoes(event)) return false;
  const at = event.kind === 'fired' ? alert.firedAt : alert.resolvedAt;
  return at !== null && Math.abs(event.at - at) < 1000;
}

const longRun = 5;

/** An alert that flaps all night is one line, not a hundred. */
function withoutRepeats(moments: readonly Moment[]): Moment[] {
  const merged: Moment[] = [];
  for (let i = 0; i < moments.length; ) {
    const run = moments.slice(i).findIndex((moment) => moment.kind !== 'event' || !comesOrGoes(moment.event));
    const length = run === -1 ? moments.length - i : run;
    const first = moments[i];
    const last = moments[i + length - 1];
    if (length >= longRun && first && last) {
      const fires = moments.slice(i, i + length).filter((one) => one.kind === 'event' && one.event.kind === 'fired');
      merged.push({ at: last.at, kind: 'repeats', from: first.at, fires: fires.length });
    } else {
      merged.push(...moments.slice(i, i + Math.max(1, length)));
    }
    i += Math.max(1, length);
  }
  return merged;
}

/** The event with which the ticket noted the acknowledgement of its alert: later where the alert had no ticket yet. */
function acknowledgementIn({ alert, events }: TicketDetail): { at: number; event: StoryEvent } | null {
  const { acknowledgedAt: at = null, acknowledgedBy: by } = alert ?? {};
  if (at === null) return null;
  const event = events.find((one) => one.kind === 'acknowledged' && one.actor === by && one.at > at - 1000);
  return event === undefined ? null : { at, event };
}

function alertSteps({ alert }: TicketDetail, withAcknowledgement: boolean): Moment[] {
  if (alert === null) return [];
  // A limit is crossed only by a value that has one.
  const held = alert.value === null || alert.threshold === null ? 'held' : 'pending';
  const first = alert.metric === silence ? 'silent' : held;
  const steps: Moment[] = [];
  // It was never anything but firing.
  if (first !== 'held' || alert.firedAt !== alert.pendingAt)
    steps.push({ at: alert.pendingAt, kind: 'alert', step: first, by: null });
  if (alert.firedAt !== null) steps.push({ at: alert.firedAt, kind: 'alert', step: 'firing', by: null });
  if (withAcknowledgement && alert.acknowledgedAt !== null) {
    steps.push({ at: alert.acknowledgedAt, kind: 'alert', step: 'acknowledged', by: alert.acknowledgedBy });
  }
  if (alert.resolvedAt !== null) steps.push({ at: alert.resolvedAt, kind: 'alert', step: 'resolved', by: null });
  return steps;
}

/** The span of the chart around an alert: an hour before it, and until now or as long after its end. */
export function spanAround(alert: { pendingAt: number; resolvedAt: number | null }, now: number) {
  const hour = 3_600_000;
  return { from: alert.pendingAt - hour, to: Math.min(now, (alert.resolvedAt ?? now) + hour) };
}
