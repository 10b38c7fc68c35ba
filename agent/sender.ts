/**
 * What of the spool goes out on one connection, and when. First the newest report, then live and backlog side by side:
 * new reports immediately, and what waited in the spool oldest first at a bounded rate.
 */
import type { Clock } from '../shared/clock.ts';
import type { Ack } from '../shared/report.ts';
import type { UpLeaf } from '../shared/topics.ts';
import { createDelivered } from './delivered.ts';
import type { Spool } from './spool.ts';
import { isAfter, type SpoolEntry, type SpoolKey } from './spool-entry.ts';

const maxInFlight = 32;
/** Reserved for live messages, so that a backlog never delays current data. */
const liveReserve = 8;
/** Backlog entries per second: one hour of a 10 s interval takes 8 s, three days take nine minutes. */
const backlogPerSecond = 50;
const backlogTickMs = 200;

export interface SenderOptions {
  spool: Spool;
  clock: Clock;
  /** The fast loop's interval in ms: what is older than two of them goes to the backlog. */
  intervalMs(): number;
  /** `onSettled`: the broker has confirmed it, or the connection has ended. */
  publish(leaf: UpLeaf, entry: SpoolEntry, onSettled: (error?: Error | null) => void): void;
  /** False when the connection has ended or another one is in use. */
  isCurrent(): boolean;
}

export interface Sender {
  /** Sends the newest report, then all that waits. */
  begin(): void;
  /** Sends a fresh entry at once, or with the backlog when the broker is slower than the agent. */
  offer(entry: SpoolEntry): void;
  /** Sends everything up to this entry once more. */
  repeat(until: SpoolKey): void;
  /** No backlog waits. */
  isCaughtUp(): boolean;
  /** What of the ack was delivered on this connection. */
  deliveredOf(ack: Ack): Ack;
}

const textKey = ({ era, seq }: SpoolKey) => `${era}:${seq}`;

/** @param intervalMs of the reports */
export function leafOf({ kind, at }: Pick<SpoolEntry, 'kind' | 'at'>, now: number, intervalMs: number): UpLeaf {
  if (kind === 'inventory') return 'inventory';
  // Of the future: made before the clock was set back.
  return Math.abs(now - at) > 2 * intervalMs ? 'backlog' : 'report';
}

export function createSender({ spool, clock, intervalMs, publish, isCurrent }: SenderOptions): Sender {
  const delivered = createDelivered();
  /** Sent out of the backlog's order: it skips them. */
  const ahead = new Set<string>();
  let inFlight = 0;
  /** Last entry of the backlog that was sent; the backlog ends at `until`. */
  let cursor: SpoolKey | null = null;
  let until: SpoolKey | null = null;
  let allowance = 0;

  function send(entry: SpoolEntry): void {
    inFlight += 1;
    publish(leafOf(entry, clock.now(), intervalMs()), entry, (error) => {
      // PUBACK, or the end of the connection: either way the spool keeps it until an `ack` covers it.
      inFlight -= 1;
      if (!isCurrent()) return;
      if (!error) delivered.add(entry);
      if (inFlight === maxInFlight - liveReserve - 1) sendBacklog();
    });
  }

  function sendBacklog(): void {
    if (!isCurrent() || !until) return;
    allowance = Math.min(backlogPerSecond, allowance + (backlogPerSecond * backlogTickMs) / 1000);
    while (allowance >= 1 && inFlight < maxInFlight - liveReserve) {
      const entries = spool.after(cursor, Math.min(8, Math.floor(allowance)));
      if (entries.length === 0 || isAfter(entries[0] as SpoolEntry, until)) {
        until = null;
        ahead.clear();
        return;
      }
      for (const entry of entries) {
        if (isAfter(entry, until)) break;
        cursor = { era: entry.era, seq: entry.seq };
        if (ahead.delete(textKey(entry))) continue;
        allowance -= 1;
        send(entry);
      }
    }
    setTimeout(sendBacklog, backlogTickMs).unref();
  }

  return {
    begin() {
      const newest = spool.newest();
      until = newest;
      if (newest) {
        ahead.add(textKey(newest));
        send(newest);
      }
      // Everything that waits now belongs to the backlog, including inventory that is newer than the newest report.
      const last = spool.after(until, 1000).at(-1);
      if (last && (!until || isAfter(last, until))) until = last;
      sendBacklog();
    },
    offer(entry) {
      if (inFlight >= maxInFlight) {
        // What went out live before is behind the cursor, or was noted as sent ahead.
        if (!until) cursor = { era: entry.era, seq: entry.seq - 1 };
        until = { era: entry.era, seq: entry.seq };
        sendBacklog();
        return;
      }
      if (until) ahead.add(textKey(entry));
      send(entry);
    },
    repeat(last) {
      cursor = null;
      until = last;
      sendBacklog();
    },
    isCaughtUp: () => until === null,
    deliveredOf: (ack) => delivered.within(ack),
  };
}
