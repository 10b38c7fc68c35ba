/**
 * The runner of deliveries. Rows are written in the transaction of the change that they report; here they are sent: at
 * least once, in order for each alert and channel, with growing random pauses. An attempt is counted before it is made,
 * so that a crash between sending and marking costs one repeat, after a pause, under the same Idempotency-Key.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { Channel, Mail, ReportMailFacts } from './channel.ts';
import { type CompletionParts, createCompletion, type DeliveryRow } from './complete.ts';
import type { NotificationFacts } from './notification.ts';
import type { ChannelRoute } from './route.ts';
import { createTroubles } from './troubles.ts';

export interface OutboxParts extends Pick<CompletionParts, 'act'> {
  state: State;
  clock: Clock;
  routes: readonly ChannelRoute[];
  /** Without a slash at the end; available once the collector listens. */
  publicUrl: () => string;
  log: Log;
  changeFeed: ChangeFeed;
  /** Makes the mail of a report. @throws EvenkeelError */
  mailOf(facts: ReportMailFacts): Promise<Mail>;
  /** 0 ≤ x < 1. */
  random?: () => number;
  timeoutMs?: number;
}

export interface Outbox {
  /** A delivery was queued: sends now rather than at the next check. */
  wake(): void;
  /** Sends everything that is due and may go; resolves when each was tried once. @returns how many were tried */
  runDue(): Promise<number>;
  /** Deletes what was sent or given up long ago. @returns how many */
  prune(): Promise<number>;
  start(): void;
  /** Waits for deliveries in progress. */
  stop(): Promise<void>;
}

/** About twelve hours of attempts: long enough for a mail server that is down overnight. */
const attemptsAtMost = 30;
const firstPauseMs = 2_000;
const longestPauseMs = 3_600_000;
const atOnce = 8;
/** With an attachment of some MB over a slow line. */
const mailTimeoutMs = 60_000;
const lookEveryMs = 5_000;
/** How long a ticket shows who was notified of it. */
const keptMs = 90 * 86_400_000;

/** Full jitter: a receiver that recovers is not hit by all senders at once. At least a quarter of a second. */
export function pauseAfter(attempts: number, random: () => number): number {
  const span = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 20));
  return 250 + Math.floor(random() * span);
}

export function createOutbox(parts: OutboxParts): Outbox {
  const { state, clock, log, changeFeed, random = Math.random, timeoutMs = 10_000 } = parts;
  const routes = new Map(parts.routes.map((route) => [route.name, route.channel]));
  const sending = new Set<string>();
  const complete = createCompletion(parts);
  const troubles = createTroubles({ clock, log });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let stopped = false;

  /** Due rows, without those that must wait for an earlier notification of the same alert. */
  async function due(): Promise<DeliveryRow[]> {
    const rows = await state
      .selectFrom('deliveries')
      .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
      .select(['deliveries.id', 'channel', 'about', 'attempts', 'next_at', 'user_name', 'facts', 'ticket', 'alert'])
      .where('state', '=', 'queued')
      .orderBy('created_at')
      .orderBy('notification')
      .limit(2000)
      .execute();
    const first = new Set<string>();
    const now = clock.now();
    return rows.filter((row) => {
      const subject = `${row.channel}\n${row.about}`;
      if (first.has(subject)) return false;
      first.add(subject);
      return row.next_at <= now && !sending.has(row.id);
    });
  }

  async function sendOne(row: DeliveryRow): Promise<void> {
    const attempts = row.attempts + 1;
    const nextAt = clock.now() + pauseAfter(attempts, random);
    await state.updateTable('deliveries').set({ attempts, next_at: nextAt }).where('id', '=', row.id).execute();
    try {
      const channel = routes.get(row.channel);
      if (!channel) throw fail('CHANNEL_REFUSED', { channel: row.channel, reason: 'it is no longer in the settings' });
      await send(channel, row);
      troubles.over(row.channel);
      await mark(row, { state: 'sent', sent_at: clock.now(), last_error: null });
    } catch (thrown) {
      await failed(row, attempts, thrown);
    }
  }

  async function send(channel: Channel, row: DeliveryRow): Promise<void> {
    const facts = JSON.parse(row.facts) as NotificationFacts | ReportMailFacts;
    if (facts.event !== 'report') return channel.send(await complete(row, facts), AbortSignal.timeout(timeoutMs));
    if (!channel.mail)
      throw fail('CHANNEL_REFUSED', { channel: row.channel, reason: 'it sends no mails to addresses' });
    await channel.mail(await parts.mailOf(facts), row.id, AbortSignal.timeout(mailTimeoutMs));
  }

  async function failed(row: DeliveryRow, attempts: number, thrown: unknown): Promise<void> {
    const final = (thrown instanceof EvenkeelError && !thrown.retryable) || attempts >= attemptsAtMost;
    const reason = reasonOf(thrown).slice(0, 500);
    const said = final ? 'A notification was given up' : 'A notification waits for retry';
    troubles.note(said, { channel: row.channel, delivery: row.id, attempts, reason });
    await mark(row, final ? { state: 'dead', last_error: reason } : { last_error: reason });
  }

  async function mark(
    row: DeliveryRow,
    set: Partial<Pick<Database['deliveries'], 'state' | 'sent_at' | 'last_error'>>,
  ): Promise<void> {
    await state.updateTable('deliveries').set(set).where('id', '=', row.id).execute();
    if (row.ticket !== null) changeFeed.publish({ kind: 'ticket', ticket: row.ticket });
  }

  async function runDue(): Promise<number> {
    const rows = await due();
    const queue = rows.values();
    const worker = async () => {
      for (const row of queue) {
        sending.add(row.id);
        try {
          await sendOne(row);
        } finally {
          sending.delete(row.id);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, rows.length) }, worker));
    return rows.length;
  }

  async function prune(): Promise<number> {
    const before = clock.now() - keptMs;
    return state.transaction().execute(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom('deliveries')
        .where('state', 'in', ['sent', 'dead'])
        .where('created_at', '<', before)
        .executeTakeFirst();
      const delivered = db.selectFrom('deliveries').select('notification');
      await db.deleteFrom('notifications').where('at', '<', before).where('id', 'not in', delivered).execute();
      return Number(numDeletedRows);
    });
  }

  /** Sends until nothing is due, then again when the next row is due, or soon. One run at a time. */
  function look(): void {
    if (stopped) return;
    clearTimeout(timer);
    running = running
      .then(async () => {
        while (!stopped && (await runDue()) > 0);
      })
      .catch((thrown) => log.error({ err: thrown }, 'Could not read or mark notifications; tried again'))
      .finally(() => {
        clearTimeout(timer);
        if (stopped) return;
        timer = setTimeout(look, lookEveryMs);
        timer.unref();
      });
  }

  return {
    wake: look,
    runDue,
    prune,
    start: look,
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
