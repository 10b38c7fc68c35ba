/**
 * The runner of deliveries. Rows are written in the transaction of the change that they report; here they are sent: at
 * least once, in order for each alert and channel, with growing random pauses, each channel on its own. An attempt is counted before it is made,
 * so that a crash between sending and marking costs one repeat, after a pause, under the same Idempotency-Key.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { channelFailed } from '../alerts/own-rules.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Database } from '../state/database.ts';
import type { State } from '../state/open.ts';
import type { Channel, LetterFacts, Mail } from './channel.ts';
import { type CompletionParts, createCompletion, type DeliveryRow } from './complete.ts';
import { createHolds } from './holds.ts';
import { ChannelBusy } from './http.ts';
import { createLanes } from './lanes.ts';
import type { NotificationFacts } from './notification.ts';
import type { ChannelRoute } from './route.ts';
import { suppressedIn } from './suppressed.ts';
import { createTroubles } from './troubles.ts';
import { createUndelivered, failuresOfWay, passedOnAs, type Undelivered } from './undelivered.ts';
import { readWaiting } from './waiting.ts';

export interface OutboxParts extends Pick<CompletionParts, 'act' | 'answers' | 'follow'> {
  state: State;
  clock: Clock;
  /** As they are at the moment: looked at for each message. */
  routes: readonly ChannelRoute[];
  /** Without a slash at the end; available once the collector listens. */
  publicUrl: () => string;
  log: Log;
  changeFeed: ChangeFeed;
  /** Makes a letter. Null: it is of no use any more, and is dropped. @throws EvenkeelError */
  mailOf(facts: LetterFacts): Promise<Mail | null>;
  /** Nothing is sent meanwhile: the collector was restored, and a person is to look first. */
  isHeld?: () => boolean;
  /** False once another collector may send in place of this one. Left out: there is no other. */
  maySend?: () => boolean;
  /** Is told of each attempt. */
  results?: ChannelResults;
  /** 0 ≤ x < 1. */
  random?: () => number;
  timeoutMs?: number;
}

/** What becomes of the attempts of each channel. */
export interface ChannelResults {
  accepted(channel: string): void;
  /** @param isFinal the message was given up */
  failed(channel: string, reason: string, isFinal: boolean): void;
}

export interface Outbox {
  /** A delivery was queued: sends now rather than at the next check. */
  wake(): void;
  /** Sends everything that is due and may go; resolves when each was tried once. @returns how many were tried */
  runDue(): Promise<number>;
  /** Deletes what was sent or given up long ago. @returns how many */
  prune(): Promise<number>;
  start(): void;
  /** What does not get through goes there: the second half decides who hears in its place. */
  passOn(to: (message: Undelivered) => Promise<void>): Promise<void>;
  /** Waits for deliveries in progress. */
  stop(): Promise<void>;
}

/** About twelve hours of attempts: long enough for a mail server that is down overnight. */
const attemptsAtMost = 30;
const firstPauseMs = 2_000;
const longestPauseMs = 3_600_000;
/** Of one channel. */
const atOnce = 4;
const triedForMs = 12 * 3_600_000;
/** What a receiver may ask for. */
const [shortestHoldMs, longestHoldMs] = [1_000, 6 * 3_600_000];
/** How often a message of which nothing may be said now is looked at again. */
const suppressedMs = 20_000;
/** With an attachment of some MB over a slow line. */
const mailTimeoutMs = 60_000;
/** How long a ticket shows who was notified of it. */
const keptMs = 90 * 86_400_000;

/** Full jitter: a receiver that recovers is not hit by all senders at once. At least a quarter of a second. */
export function pauseAfter(attempts: number, random: () => number): number {
  const span = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(attempts, 20));
  return 250 + Math.floor(random() * span);
}

export function createOutbox(parts: OutboxParts): Outbox {
  const {
    state,
    clock,
    log,
    changeFeed,
    results,
    maySend = () => true,
    random = Math.random,
    timeoutMs = 10_000,
  } = parts;
  const complete = createCompletion(parts);
  const troubles = createTroubles({ clock, log });
  const waiting = readWaiting(state);
  const undelivered = createUndelivered({ state, log });
  const holds = createHolds({ state, clock });
  const lanes = createLanes({ channels: waiting.channels, runOnce, log });

  async function sendOne(row: DeliveryRow): Promise<void> {
    const facts = JSON.parse(row.facts) as NotificationFacts | LetterFacts;
    if (isOfOwnFailure(row.channel, facts)) return mark(row, { state: 'dropped', last_error: null });
    const attempts = row.attempts + 1;
    const nextAt = clock.now() + pauseAfter(attempts, random);
    await state.updateTable('deliveries').set({ attempts, next_at: nextAt }).where('id', '=', row.id).execute();
    try {
      const channel = parts.routes.find(({ name }) => name === row.channel)?.channel;
      if (!channel) throw fail('CHANNEL_REFUSED', { channel: row.channel, reason: 'it is no longer in the settings' });
      const send = await ready(channel, row, facts);
      if (!send) return await mark(row, { state: 'dropped', last_error: null });
      // Its attempt is counted, which only the collector that has the lease can do. One that stood still since leaves it to the next.
      if (!maySend()) return;
      await send();
      troubles.over(row.channel);
      await mark(row, { state: 'sent', sent_at: clock.now(), last_error: null });
      results?.accepted(row.channel);
      if (row.stands_in !== null || row.passed_on > 0) await undelivered.takeOver(row);
    } catch (thrown) {
      await failed(row, attempts, thrown);
    }
  }

  /** All but the sending itself, so that nothing is waited for between the last look at who may send and that. */
  async function ready(channel: Channel, row: DeliveryRow, facts: NotificationFacts | LetterFacts) {
    if (!isOfMail(facts)) {
      const message = await complete(row, facts);
      return () => channel.send(message, AbortSignal.timeout(timeoutMs));
    }
    const { mail } = channel;
    if (!mail) throw fail('CHANNEL_REFUSED', { channel: row.channel, reason: 'it sends no mails to addresses' });
    const made = await parts.mailOf(facts);
    return made && (() => mail.call(channel, made, row.id, AbortSignal.timeout(mailTimeoutMs)));
  }

  async function failed(row: DeliveryRow, attempts: number, thrown: unknown): Promise<void> {
    const isTooOld = clock.now() - row.created_at >= triedForMs;
    const final = (thrown instanceof EvenkeelError && !thrown.retryable) || attempts >= attemptsAtMost || isTooOld;
    const reason = reasonOf(thrown).slice(0, 500);
    const said = final ? 'A notification was given up' : 'A notification waits for retry';
    troubles.note(said, { channel: row.channel, delivery: row.id, attempts, reason });
    await mark(row, final ? { state: 'dead', last_error: reason } : { last_error: reason });
    results?.failed(row.channel, reason, final);
    if (thrown instanceof ChannelBusy && !final) await holdChannel(row, thrown);
    const as = final ? 'given up' : attempts >= failuresOfWay && row.user_name !== null ? 'failing' : null;
    if (as !== null && row.passed_on < passedOnAs[as]) await undelivered.say(row.id, as);
  }

  async function holdChannel(row: DeliveryRow, thrown: ChannelBusy): Promise<void> {
    const until = clock.now() + Math.min(longestHoldMs, Math.max(shortestHoldMs, thrown.retryAfterMs));
    await holds.hold(row.channel, until);
    await state.updateTable('deliveries').set({ next_at: until }).where('id', '=', row.id).execute();
  }

  async function mark(
    row: Pick<DeliveryRow, 'id' | 'ticket'>,
    set: Partial<Pick<Database['deliveries'], 'state' | 'sent_at' | 'last_error'>>,
  ): Promise<void> {
    await state.updateTable('deliveries').set(set).where('id', '=', row.id).execute();
    if (row.ticket !== null) changeFeed.publish({ kind: 'ticket', ticket: row.ticket });
  }

  /** What is due in one channel, each once. @returns how many were tried */
  async function runOnce(channel: string): Promise<number> {
    if (parts.isHeld?.() || (await holds.isHeldNow(channel))) return 0;
    const { due, replaced, first } = await waiting.read(channel, clock.now());
    for (const row of replaced) await mark(row, { state: 'dropped', last_error: null });
    for (const row of first)
      await state.updateTable('deliveries').set({ named: 'firing' }).where('id', '=', row.id).execute();
    const suppressed = await suppressedIn(state, due);
    for (const { id } of due)
      if (suppressed.has(id))
        // It waits for nothing that the channel has to do.
        await state
          .updateTable('deliveries')
          .set({ next_at: clock.now() + suppressedMs, last_error: null })
          .where('id', '=', id)
          .execute();
    const ready = due.filter(({ id }) => !suppressed.has(id));
    const queue = ready.values();
    let tried = 0;
    const worker = async () => {
      for (const row of queue) {
        // One of the others was asked to wait.
        if (holds.isHeld(channel)) return;
        tried++;
        await sendOne(row);
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, ready.length) }, worker));
    return tried;
  }

  async function prune(): Promise<number> {
    const before = clock.now() - keptMs;
    return state.transaction().execute(async (db) => {
      const { numDeletedRows } = await db
        .deleteFrom('deliveries')
        .where('state', 'in', ['sent', 'dead', 'dropped'])
        .where('created_at', '<', before)
        .executeTakeFirst();
      const delivered = db.selectFrom('deliveries').select('notification');
      const old = db.selectFrom('notifications').select('id').where('at', '<', before).where('id', 'not in', delivered);
      await db.deleteFrom('notification_alerts').where('notification', 'in', old).execute();
      await db.deleteFrom('notifications').where('id', 'in', old).execute();
      return Number(numDeletedRows);
    });
  }

  return {
    wake: lanes.look,
    runDue: lanes.runDue,
    prune,
    start: lanes.look,
    passOn: (to) => undelivered.start(to, clock.now() - triedForMs - longestHoldMs),
    stop: lanes.stop,
  };
}

const isOfMail = (facts: NotificationFacts | LetterFacts): facts is LetterFacts =>
  facts.event === 'report' || facts.event === 'recovery';

/** The failure of a channel is reported by the others. */
function isOfOwnFailure(channel: string, facts: NotificationFacts | LetterFacts): boolean {
  if (isOfMail(facts) || facts.rule.id !== channelFailed.id) return false;
  const about = facts.members?.list.map(({ tags }) => tags.channel) ?? [facts.tags.channel];
  return about.every((name) => name === channel);
}
