/**
 * How each channel does: its last result, and whether messages get through. Where they do not, an alert of the collector says so through
 * the other channels: a message was given up, or one waits for longer than five minutes.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { State } from '../state/open.ts';
import type { ChannelResults } from './outbox.ts';
import type { ChannelRoute } from './route.ts';

const waitsAtMostMs = 5 * 60_000;
const lookEveryMs = 30_000;
/** A try without a result, and no other since. */
const stuckMs = 60_000;
const weekMs = 7 * 86_400_000;

export interface ChannelResult {
  /** ms UTC. */
  at: number;
  /** Why not; null: it was accepted. */
  error: string | null;
}

export interface ChannelHealth extends ChannelResults {
  /** Null: nothing was sent yet. */
  lastOf(channel: string): ChannelResult | null;
  /** Names of channels by which messages do not get through. */
  failing(): string[];
  /** There are channels, and none of them works. */
  isMute(): boolean;
  /** Of the last seven days, by channel: given up, and waiting. */
  counts(): Promise<Map<string, { failed: number; waiting: number }>>;
  /** Judges now. */
  look(): Promise<void>;
  start(raise: Raise): Promise<void>;
  stop(): void;
}

/** Begins or ends the alert about a channel. */
type Raise = (channel: string, isBad: boolean, triedAt: number | null) => Promise<void>;

interface HealthParts {
  state: State;
  clock: Clock;
  routes: readonly ChannelRoute[];
  log: Log;
}

export function createChannelHealth({ state, clock, routes, log }: HealthParts): ChannelHealth {
  const last = new Map<string, ChannelResult>();
  /** A message was given up, and none was accepted since. */
  const gaveUp = new Set<string>();
  const late = new Set<string>();
  let raise: Raise | undefined;
  let timer: NodeJS.Timeout | undefined;

  const isBad = (channel: string) => gaveUp.has(channel) || late.has(channel);
  const failing = () => routes.map(({ name }) => name).filter(isBad);

  /** As the rows have it: after a restart nothing is forgotten. */
  async function readBack(): Promise<void> {
    const rows = await state
      .selectFrom('deliveries')
      .select(['channel', 'state', (f) => f.fn.max('sent_at').as('sent'), (f) => f.fn.max('next_at').as('tried')])
      .where('state', 'in', ['sent', 'dead'])
      .groupBy(['channel', 'state'])
      .execute();
    for (const [channel, of] of Map.groupBy(rows, (row) => row.channel)) {
      const sentAt = Number(of.find((row) => row.state === 'sent')?.sent ?? 0);
      const dead = of.find((row) => row.state === 'dead');
      const deadAt = Number(dead?.tried ?? 0);
      if (sentAt >= deadAt) last.set(channel, { at: sentAt, error: null });
      else {
        last.set(channel, { at: Math.min(deadAt, clock.now()), error: await lastError(channel) });
        gaveUp.add(channel);
      }
    }
  }

  async function lastError(channel: string): Promise<string> {
    const row = await state
      .selectFrom('deliveries')
      .select('last_error')
      .where('channel', '=', channel)
      .where('state', '=', 'dead')
      .orderBy('next_at', 'desc')
      .limit(1)
      .executeTakeFirst();
    return row?.last_error ?? '';
  }

  async function look(): Promise<void> {
    const before = clock.now() - waitsAtMostMs;
    const rows = await state
      .selectFrom('deliveries')
      .select('channel')
      .distinct()
      .where('state', '=', 'queued')
      .where('created_at', '<', before)
      // One that is held back, for quiet hours or in a silence, is not late.
      .where((is) =>
        is.or([
          is('next_at', '<', before),
          is('last_error', 'is not', null),
          is.and([is('attempts', '>', 0), is('next_at', '<', clock.now() - stuckMs)]),
        ]),
      )
      .execute();
    late.clear();
    for (const { channel } of rows) late.add(channel);
    if (!raise) return;
    const bad = failing();
    // Of a channel that was removed the alert ends, too.
    const names = new Set([...routes.map(({ name }) => name), ...last.keys()]);
    for (const name of names) await raise(name, bad.includes(name), last.get(name)?.at ?? null);
  }

  function lookSoon(): void {
    look().catch((thrown: unknown) =>
      log.warn({ reason: reasonOf(thrown) }, 'Could not judge how the channels do yet'),
    );
  }

  return {
    accepted(channel) {
      last.set(channel, { at: clock.now(), error: null });
      if (gaveUp.delete(channel)) lookSoon();
    },
    failed(channel, error, isFinal) {
      last.set(channel, { at: clock.now(), error });
      if (!isFinal || gaveUp.has(channel)) return;
      gaveUp.add(channel);
      lookSoon();
    },
    lastOf: (channel) => last.get(channel) ?? null,
    failing,
    isMute: () => routes.length > 0 && failing().length === routes.length,
    async counts() {
      const rows = await state
        .selectFrom('deliveries')
        .select(['channel', 'state', (f) => f.fn.countAll<number>().as('n')])
        .where('state', 'in', ['queued', 'dead'])
        .where('created_at', '>=', clock.now() - weekMs)
        .groupBy(['channel', 'state'])
        .execute();
      const by = Map.groupBy(rows, (row) => row.channel);
      const of = (name: string, word: string) => Number(by.get(name)?.find((row) => row.state === word)?.n ?? 0);
      return new Map([...by.keys()].map((name) => [name, { failed: of(name, 'dead'), waiting: of(name, 'queued') }]));
    },
    look,
    async start(raiser) {
      await readBack();
      raise = raiser;
      lookSoon();
      timer = setInterval(lookSoon, lookEveryMs);
      timer.unref();
    },
    stop() {
      clearInterval(timer);
    },
  };
}
