/** Saves what is to be sent: one notification, one delivery per way. The same event twice is the same row. */
import { randomBytes } from 'node:crypto';
import { bucketOf } from '../../shared/topics.ts';
import type { Batch } from '../alerts/batch.ts';
import type { StateTransaction } from '../state/database.ts';
import { insertRows } from '../state/rows.ts';
import type { NewNotification, Way } from './notification.ts';
import { type PassedOn, passedOnAs } from './undelivered.ts';

export async function saveNotifications(db: StateTransaction, batch: Batch): Promise<void> {
  for (const notification of batch.notifications) {
    const { alert, ticketKey, ticket, facts } = notification;
    const isOfTicket = facts.event === 'reminder';
    const inTicket =
      batch.ticketOf.get(alert ?? ticketKey) ?? ticket ?? (isOfTicket ? await lastTicketOf(db, ticketKey) : null);
    await saveNotification(db, notification, inTicket);
  }
  for (const one of batch.passedOn) await savePassedOn(db, one, batch.at);
}

/** The same message by another way. A way that leaves its group is told of nothing more. */
async function savePassedOn(db: StateTransaction, { message, next, leaves }: PassedOn, at: number): Promise<void> {
  const { delivery, notification, state, about, event, receiver, madeAt, way } = message;
  const passed_on = passedOnAs[state];
  await db.updateTable('deliveries').set({ passed_on }).where('id', '=', delivery).execute();
  if (leaves)
    await db
      .deleteFrom('alert_group_ways')
      .where('group_id', '=', about)
      .where('channel', '=', way.channel)
      .where('recipient', '=', way.recipient ?? '')
      .execute();
  if (!next) return;
  const found = db.selectFrom('notifications').select(['bucket']).where('id', '=', notification);
  const { bucket = bucketOf(about) } = (await found.executeTakeFirst()) ?? {};
  const row = deliveryOf(next, { notification, bucket, receiver, about, event, madeAt, at });
  const replaced = { ...row, stands_in: delivery };
  await insertRows(db, 'deliveries', [replaced], 'on conflict (dedupe_key) do nothing');
}

interface DeliveryFacts {
  notification: number;
  bucket: string;
  receiver: string | null;
  about: string;
  /** What identifies its message, beside `about`. */
  event: string;
  madeAt: number;
  at: number;
}

function deliveryOf({ channel, recipient, user }: Way, facts: DeliveryFacts) {
  const { notification, bucket, receiver, about, event, madeAt, at } = facts;
  return {
    ...{ id: randomBytes(12).toString('hex'), notification, bucket, channel, recipient, receiver, user_name: user },
    dedupe_key: `${about}/${event}/${madeAt}/${channel}${recipient === null ? '' : `/${recipient}`}`,
    ...{ about, state: 'queued' as const, attempts: 0, next_at: at, last_error: null, created_at: at, sent_at: null },
    ...{ named: null, stands_in: null as string | null },
  };
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
  const madeAt = facts.commentEvent ?? at;
  const deliveries = ways.map((way) => deliveryOf(way, { notification, bucket, receiver, about, event, madeAt, at }));
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
