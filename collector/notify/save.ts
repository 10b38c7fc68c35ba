/** Saves what is to be sent: one notification, one delivery per way. The same event twice is the same row. */
import { randomBytes } from 'node:crypto';
import { bucketOf } from '../../shared/topics.ts';
import type { Batch } from '../alerts/batch.ts';
import type { StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import type { NewNotification } from './notification.ts';

export async function saveNotifications(db: StateTransaction, batch: Batch): Promise<void> {
  for (const notification of batch.notifications) {
    const { alert, ticketKey, ticket, facts } = notification;
    const isOfTicket = facts.event === 'reminder';
    const inTicket =
      batch.ticketOf.get(alert ?? ticketKey) ?? ticket ?? (isOfTicket ? await lastTicketOf(db, ticketKey) : null);
    await saveNotification(db, notification, inTicket);
  }
}

export async function saveNotification(
  db: StateTransaction,
  { at, ways, receiver, about, alert, alerts, incident, facts }: NewNotification,
  ticket: number | null,
): Promise<void> {
  const { event, severity } = facts;
  const bucket = bucketOf(facts.endpoint.id || about);
  const row = { at, bucket, event, severity, alert, incident, ticket, facts: JSON.stringify(facts) };
  const notification = await insertRows(db, 'notifications', [row], 'returning id');
  const members = [...new Set(alerts)].map((one) => ({ notification, alert: one }));
  await insertRows(db, 'notification_alerts', members);
  const deliveries = ways.map(({ channel, recipient, user }) => ({
    id: randomBytes(12).toString('hex'),
    notification,
    bucket,
    channel,
    recipient,
    receiver,
    user_name: user,
    dedupe_key: `${about}/${event}/${facts.commentEvent ?? at}/${channel}${recipient === null ? '' : `/${recipient}`}`,
    about,
    state: 'queued' as const,
    attempts: 0,
    next_at: at,
    last_error: null,
    created_at: at,
    sent_at: null,
  }));
  await insertRows(db, 'deliveries', deliveries, 'on conflict (dedupe_key) do nothing');
}

async function lastTicketOf(db: StateTransaction, key: string): Promise<number | null> {
  const row = await db
    .selectFrom('tickets')
    .select('id')
    .where('key', '=', key)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.id ?? null;
}
