/**
 * A PUBLISH between aedes and the pipeline: admitted, bounded, throttled, and answered once it is durable.
 *
 * aedes sends the PUBACK when its callback is called, and stops reading the connection until then. Neither can wait for a
 * commit: so the callback is called at once, as if the publication were of QoS 0, and the PUBACK is sent from here. Only a
 * connection with a full window is not read any further, which throttles a flood.
 */
import type { IPublishPacket } from 'mqtt-packet';
import type { Clock } from '../../../shared/clock.ts';
import type { UpLeaf } from '../../../shared/topics.ts';
import { createAllowances } from '../../doors/allowance.ts';
import type { EndpointBudgets } from '../budgets.ts';
import type { IntakeCounters } from '../counters.ts';
import type { Publication, SourceParts } from '../source.ts';
import type { Connection } from './connection.ts';
import type { QueuedPublication } from './connection-queue.ts';
import { admitPublish, type Refusal } from './guards.ts';
import { createHoldingBack } from './held.ts';
import { createPubacks, whenDrained } from './pubacks.ts';
import type { Refuse } from './refusals.ts';
import { type OwnTopic, stopReading, type TakeReport } from './report-frames.ts';

export interface PublicationRules {
  /** Per endpoint: messages per second, and burst. Every 16 KiB count as one more message. */
  messagesPerSecond: number;
  messagesAtOnce: number;
  /** Bytes of all messages that wait for a commit; beyond this, messages are evaluated but not kept, and resent later. */
  waitingBytes: number;
}

export interface Publications {
  /** `done` is aedes': with an error it ends the connection, without a PUBACK. */
  take(connection: Connection, packet: IPublishPacket, done: (error?: Error | null) => void): void;
  /** A report that aedes does not see: see report-frames.ts. */
  takeReport: TakeReport;
  /** Any other packet: false when there are so many that the connection should end. */
  takeOther(connection: Connection, cost: number): boolean;
  /** To be called every second: resumes stuck connections, and ends those that should reconnect. */
  sweep(connections: Iterable<Connection>): void;
}

/** Approximate memory of a waiting message beside its payload, bytes: its record and its entries in queues. */
const overheadBytes = 1024;
/** The window of our agent. */
const readsOnBelow = 32;
/** After a wait of this, reading resumes all the same: pings must be answered. */
const readOnAfterMs = 2000;
/** What a connection that is ended for its packets counts as held, ms: whoever goes on so is shown as a flood. */
const heldForPacketsMs = 1000;
/** After a wait of this the agent's window is full and nothing new comes: it should reconnect. */
const startOverAfterMs = 240_000;

export function createPublications(parts: {
  rules: PublicationRules;
  clock: Clock;
  counters: IntakeCounters;
  refuse: Refuse;
  onMessage: SourceParts['onMessage'];
  budgets?: Pick<EndpointBudgets, 'charge' | 'hold' | 'waitFor'>;
  onHeld?(endpoint: string): void;
  /** Ends a connection and ignores its will. */
  end(connection: Connection): void;
}): Publications {
  const { rules, clock, counters, refuse } = parts;
  const held = createHoldingBack(parts);
  const pubacks = createPubacks();
  const goOn = createTurns();
  const allowances = createAllowances({
    perSecond: rules.messagesPerSecond,
    burst: rules.messagesAtOnce,
    monotonic: clock.monotonic,
  });
  let waitingBytes = 0;
  let waitingCount = 0;

  function take(connection: Connection, packet: IPublishPacket, done: (error?: Error | null) => void): void {
    const admitted = admit(connection, packet);
    if ('reason' in admitted) {
      refuse(admitted.reason, connection.address.endpoint, admitted.text);
      done(new Error(admitted.text));
      return;
    }
    const { topic, payload, messageId } = packet;
    const entry = enter(connection, payload.length, packet.qos === 1 ? (messageId as number) : null);
    if (!entry) return;
    packet.qos = 0;
    if (isFull(connection)) entry.readOn = done;
    else goOn(done);
    send(connection, entry, admitted.leaf, topic, payload as Buffer);
  }

  function takeReport(connection: Connection, { leaf, topic }: OwnTopic, payload: Buffer, messageId: number): void {
    const entry = enter(connection, payload.length, messageId);
    if (!entry) return;
    if (isFull(connection)) entry.readOn = stopReading(connection.client);
    send(connection, entry, leaf, topic, payload);
  }

  /** @returns undefined when too many wait, and the connection was ended */
  function enter(connection: Connection, size: number, messageId: number | null): QueuedPublication | undefined {
    const isCrowded = waitingBytes > rules.waitingBytes;
    if (isCrowded) connection.dropped = true;
    const bytes = isCrowded ? 0 : size + overheadBytes;
    const entry = { messageId, isCrowded, bytes, since: clock.monotonic(), isReady: false, readOn: null };
    if (!connection.queue.enter(entry)) {
      refuse('window', connection.address.endpoint, 'too many publications wait for their PUBACK');
      parts.end(connection);
      return undefined;
    }
    waitingBytes += bytes;
    waitingCount += 1;
    return entry;
  }

  function send(connection: Connection, entry: QueuedPublication, leaf: UpLeaf, topic: string, payload: Buffer): void {
    const answer = answers(connection, entry);
    const message = {
      endpoint: connection.address.endpoint,
      leaf,
      topic,
      payload,
      crowded: entry.isCrowded,
      from: connection.from,
      acknowledge: answer.acknowledge,
      refuse: answer.refuse,
    };
    held.pass(connection, message, waitFor(connection, 1 + payload.length / 16_384));
  }

  /** A separate function: a closure that waits for the commit must not hold the payload. */
  function answers(connection: Connection, entry: QueuedPublication): Pick<Publication, 'acknowledge' | 'refuse'> {
    return {
      acknowledge() {
        release(entry);
        entry.isReady = true;
        const { queue } = connection;
        for (let one = queue.takeReady(); one; one = queue.takeReady()) out(connection, one);
      },
      refuse: () => release(entry),
    };
  }

  function out({ client }: Connection, { messageId, readOn }: QueuedPublication): void {
    if (messageId !== null) pubacks.add(client, messageId);
    if (readOn) whenDrained(client, readOn);
  }

  /** It no longer counts as waiting. */
  function release(entry: QueuedPublication): void {
    waitingBytes -= entry.bytes;
    waitingCount -= 1;
    entry.bytes = 0;
  }

  /** An endpoint beyond its rate is throttled, not disconnected: its window fills and it waits. Order is kept. */
  function waitFor(connection: Connection, cost: number): number {
    const { endpoint } = connection.address;
    const now = clock.monotonic();
    const rateMs = allowances.take(endpoint, cost);
    const waitMs = Math.max(rateMs, parts.budgets?.waitFor(endpoint) ?? 0, connection.heldUntil - now);
    if (waitMs <= 0) return 0;
    if (rateMs > 0) {
      refuse('rate', endpoint, `more than ${rules.messagesPerSecond} messages a second; slowed down`);
      parts.budgets?.hold(endpoint, 'messages', rateMs);
    }
    connection.heldUntil = now + waitMs;
    return waitMs;
  }

  return {
    ...{ take, takeReport },
    takeOther({ address: { endpoint } }, cost) {
      if (allowances.take(endpoint, cost) === 0) return true;
      refuse('packets', endpoint, `more than ${rules.messagesPerSecond} packets a second`);
      parts.budgets?.hold(endpoint, 'messages', heldForPacketsMs);
      return false;
    },
    sweep(connections) {
      counters.waiting.set(waitingCount);
      counters.waitingBytes.set(waitingBytes);
      const now = clock.monotonic();
      const isRoomy = waitingBytes < rules.waitingBytes / 2;
      for (const connection of connections) {
        const oldest = connection.queue.entries[0];
        if (!oldest || connection.heldUntil > now) continue;
        if ((connection.dropped && isRoomy) || now - oldest.since > startOverAfterMs) parts.end(connection);
        else if (now - oldest.since > readOnAfterMs) readOn(connection);
      }
    },
  };
}

function admit(connection: Connection, packet: IPublishPacket): { leaf: UpLeaf } | Refusal {
  const { last } = connection;
  if (last?.topic === packet.topic && packet.qos < 2 && !packet.retain) return last;
  const admitted = admitPublish(connection.address, packet);
  if ('leaf' in admitted) connection.last = { topic: packet.topic, leaf: admitted.leaf };
  return admitted;
}

/** With more than this waiting, reading of the connection pauses. */
function isFull({ queue, client }: Connection): boolean {
  return queue.size > readsOnBelow || (client.conn as unknown as { writableNeedDrain: boolean }).writableNeedDrain;
}

/** Pings and new reports must not wait for a disk. The window still bounds the backlog. */
function readOn(connection: Connection): void {
  for (const entry of connection.queue.entries) {
    entry.readOn?.();
    entry.readOn = null;
  }
}

/** Calls back in a later turn of the event loop: aedes' parser is on the stack, and reading on would enter it again. */
function createTurns(): (done: () => void) => void {
  let waiting: (() => void)[] = [];
  const run = () => {
    const batch = waiting;
    waiting = [];
    for (const done of batch) done();
  };
  return (done) => {
    if (waiting.push(done) === 1) setImmediate(run);
  };
}
