/**
 * Messages that do not get through: read for the second half of the pipeline, which decides who hears in their place. What
 * was noticed and not yet decided before a crash is noticed again at the next start.
 */
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { NotificationEvent } from '../../shared/notification.ts';
import type { State } from '../state/open.ts';
import type { GroupSeverity } from './group.ts';
import type { Way } from './notification.ts';

/** After so many failures the next way of a person is taken, while this one is tried further. */
export const failuresOfWay = 2;

/** `taken over`: another way of the same person has accepted it, and this one need not. */
export type UndeliveredState = 'failing' | 'given up' | 'taken over';

/** What is done about a delivery, as its row has it. */
export const passedOnAs: Readonly<Record<UndeliveredState, number>> = { failing: 1, 'given up': 2, 'taken over': 2 };

export interface Undelivered {
  delivery: string;
  notification: number;
  state: UndeliveredState;
  event: NotificationEvent;
  severity: GroupSeverity;
  about: string;
  receiver: string;
  way: Way;
  /** When its message was made. */
  madeAt: number;
  /** Its way has accepted a message about the same before, and must hear of the end. */
  isTold: boolean;
  /** The ways by which this message goes to the same person, this one among them. */
  tried: readonly Way[];
  /** One of them has accepted it, or may do so soon. */
  mayArrive: boolean;
}

/** What the second half has decided. */
export interface PassedOn {
  message: Undelivered;
  /** By which way it goes now. */
  next: Way | null;
  /** Its own way leaves its group, with what it was told. */
  leaves: boolean;
}

type PassOn = (message: Undelivered) => Promise<void>;

export function createUndelivered({ state, log }: { state: State; log: Log }) {
  let passOn: PassOn | undefined;

  const rowsOf = () =>
    state
      .selectFrom('deliveries')
      .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
      .select(['deliveries.id', 'notification', 'channel', 'recipient', 'receiver', 'user_name', 'about', 'attempts'])
      .select(['deliveries.state', 'event', 'severity', 'notifications.at as madeAt'])
      .where('receiver', 'is not', null);
  type Row = Awaited<ReturnType<ReturnType<typeof rowsOf>['execute']>>[number];

  const wayOf = ({ channel, recipient, user_name: user }: Row): Way => ({ channel, recipient, user });

  async function tell(id: string, as: UndeliveredState): Promise<void> {
    const row = await rowsOf().where('deliveries.id', '=', id).executeTakeFirst();
    if (!row || row.receiver === null || row.event === 'report' || row.event === 'recovery' || !passOn) return;
    const { notification, user_name: user, event, severity, about, receiver, madeAt } = row;
    const same =
      user === null
        ? [row]
        : await rowsOf().where('notification', '=', notification).where('user_name', '=', user).execute();
    const isLost = (one: Row) => one.state === 'dead' || one.state === 'dropped' || one.attempts >= failuresOfWay;
    await passOn({
      ...{ delivery: id, notification, state: as, event, severity, about, receiver, way: wayOf(row), madeAt },
      isTold: await hasAccepted(row),
      tried: same.map(wayOf),
      mayArrive: same.some((one) => one.state === 'sent' || !isLost(one)),
    });
  }

  async function hasAccepted({ channel, about, recipient }: Row): Promise<boolean> {
    const found = state.selectFrom('deliveries').select('id').where('channel', '=', channel);
    const accepted = await found
      .where('about', '=', about)
      .where((is) => is('recipient', recipient === null ? 'is' : '=', recipient))
      .where('state', '=', 'sent')
      .limit(1)
      .executeTakeFirst();
    return accepted !== undefined;
  }

  /** Never throws: what could not be said now is said at the next start. */
  async function say(id: string, as: UndeliveredState): Promise<void> {
    try {
      await tell(id, as);
    } catch (thrown) {
      log.warn({ delivery: id, reason: reasonOf(thrown) }, 'Could not pass on a message that does not get through yet');
    }
  }

  return {
    say,
    /** Takes what does not get through from now on, and what no one has taken since `after`. */
    async start(to: PassOn, after: number): Promise<void> {
      passOn = to;
      const rows = await rowsOf()
        .select('passed_on')
        .where('deliveries.created_at', '>', after)
        .where('passed_on', '<', 2)
        .where((is) =>
          is.or([
            is('state', '=', 'dead'),
            is.and([
              is('state', '=', 'queued'),
              is('attempts', '>=', failuresOfWay),
              is('passed_on', '=', 0),
              is('user_name', 'is not', null),
            ]),
          ]),
        )
        .orderBy('deliveries.created_at')
        .execute();
      for (const row of rows) await say(row.id, row.state === 'dead' ? 'given up' : 'failing');
    },
    /** Accepted by one way of a person: what waits in their others need not be sent. */
    async takeOver(row: { id: string; notification: number; user_name: string | null }): Promise<void> {
      const others = await rowsOf()
        .where('notification', '=', row.notification)
        .where('user_name', '=', row.user_name)
        .where('deliveries.id', '!=', row.id)
        .where('state', '=', 'queued')
        .execute();
      for (const { id } of others) {
        await state.updateTable('deliveries').set({ state: 'dropped' }).where('id', '=', id).execute();
        await say(id, 'taken over');
      }
    },
  };
}
