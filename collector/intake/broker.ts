/**
 * The embedded MQTT broker: aedes speaks the protocol, this file guards it and makes the PUBACK mean "durable".
 *
 * Agents only ever talk with the collector, so nothing is routed from agent to agent: what is published is taken in
 * `authorizePublish`, the only hook before the PUBACK at QoS 1, and what is sent goes straight to one connection.
 */
import type { Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import type { IConnectPacket, IPublishPacket } from 'mqtt-packet';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { type Address, type DownLeaf, parseTopic, topicOf, type UpLeaf } from '../../shared/topics.ts';
import { createAllowances } from './allowance.ts';
import type { IntakeCounters } from './counters.ts';
import { limitFrames } from './frames.ts';
import { admitPublish, type Refusal, refuseConnect, refuseSubscribe } from './guards.ts';
import { createLane, type Entry, type Lane } from './lane.ts';
import { type DoorRules, openDoor, type Tls } from './listen.ts';
import { createRefusals } from './refusals.ts';

export interface Limits extends DoorRules {
  connectMs: number;
  /** A connection that does not read is ended after this. */
  drainMs: number;
  /** Bytes that may wait for a connection to read before ack messages to it are dropped. */
  unreadBytes: number;
  /** Messages of one endpoint: a second, and at once. 16 KiB count as one more message. */
  messagesPerSecond: number;
  messagesAtOnce: number;
  /** Bytes of all messages that wait to become durable; beyond, they are evaluated and come again later. */
  waitingBytes: number;
}

export const defaultLimits: Limits = {
  maxConnections: 20_000,
  maxUnknown: 5000,
  maxUnknownPerAddress: 500,
  handshakeMs: 5000,
  connectMs: 5000,
  drainMs: 15_000,
  unreadBytes: 64 * 1024,
  messagesPerSecond: 100,
  messagesAtOnce: 1000,
  waitingBytes: 256 * 1024 * 1024,
};

/** A message of an authenticated endpoint on one of its own topics. */
export interface Message {
  endpoint: string;
  leaf: UpLeaf;
  topic: string;
  payload: Uint8Array;
  /** Too much waits already: evaluate it, do not keep it; it comes again. */
  crowded: boolean;
  /** To be called when it is durable: lets the PUBACK out. */
  acknowledge(): void;
}

export interface BrokerParts {
  host: string;
  port: number;
  tls?: Tls | undefined;
  limits?: Partial<Limits>;
  clock: Clock;
  log: Log;
  counters: IntakeCounters;
  /** The address of the endpoint when id and secret are right. */
  authenticate(id: string, secret: string): Address | undefined;
  /** Must never throw. */
  onMessage(message: Message): void;
  /** The endpoint listens on this topic now: what it should have been told. */
  onSubscribe(endpoint: string, leaf: DownLeaf): void;
}

export interface Broker {
  readonly port: number;
  connected(): number;
  /** Sends at QoS 0 to the endpoint's connection; false when it is not there, does not listen or does not read. */
  send(endpoint: string, leaf: DownLeaf, payload: Buffer, retained?: boolean): boolean;
  /** Ends the connection of an endpoint that was retired. */
  disconnect(endpoint: string): void;
  close(): Promise<void>;
}

interface Connection {
  client: Client;
  address: Address;
  lane: Lane;
  listens: Set<DownLeaf>;
  /** The collector itself ends it: its will is no news. */
  ours: boolean;
  /** A message was not kept: the connection is ended when there is room again, so that it comes again. */
  dropped: boolean;
  /** Until when messages are held back because of their rate, monotonic ms. */
  heldUntil: number;
}

/** What a message costs in memory beside its payload, roughly: the parsed report. */
const overheadBytes = 4096;
/** A message that waits longer than this no longer keeps its connection from being read: pings must be answered. */
const readOnAfterMs = 2000;
/** With so old a message the agent has filled its window and can send nothing new: it should come again. */
const startOverAfterMs = 240_000;
const sweepMs = 1000;

/** Routing is not used: see the head of this file. The parts of mqemitter that aedes calls. */
const noRouting = {
  on: (_topic: string, _listener: unknown, done?: () => void) => void (done && setImmediate(done)),
  removeListener: (_topic: string, _listener: unknown, done?: () => void) => void (done && setImmediate(done)),
  emit: (_packet: unknown, done?: () => void) => void (done && setImmediate(done)),
  close: (done?: () => void) => void (done && setImmediate(done)),
};

/** @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export async function createBroker(parts: BrokerParts): Promise<Broker> {
  const { clock, counters, log } = parts;
  const limits = { ...defaultLimits, ...parts.limits };
  const refuse = createRefusals({ clock, log, counters });
  const allowances = createAllowances({
    perSecond: limits.messagesPerSecond,
    burst: limits.messagesAtOnce,
    monotonic: clock.monotonic,
  });
  const connections = new Map<Client, Connection>();
  const newest = new Map<string, Connection>();
  const refusals = new WeakMap<Client, Refusal>();
  let waitingBytes = 0;
  let waitingCount = 0;
  let stopping = false;

  const aedes = new Aedes({
    mq: noRouting,
    connectTimeout: limits.connectMs,
    drainTimeout: limits.drainMs,
    maxTopicLevels: 8,
    preConnect(client, packet, done) {
      const refusal = refuseConnect(packet as IConnectPacket);
      // Refused in `authenticate`, where the agent can be told the return code.
      if (refusal) refusals.set(client, refusal);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const refusal = refusals.get(client);
      const address = refusal ? undefined : parts.authenticate(String(username), String(password));
      if (address) {
        meet(client, address);
        done(null, true);
        return;
      }
      const { reason, text, returnCode } = refusal ?? wrongSecret;
      refuse(reason, addressOf(client), `${text} (client "${String(client.id).slice(0, 40)}")`);
      done(Object.assign(new Error(text), { returnCode }) as AuthenticateError, null);
    },
    authorizePublish(client, packet, done) {
      const connection = client ? connections.get(client) : undefined;
      if (!client || client.closed) takeWill(connection, packet, done);
      else if (connection) take(connection, packet, done);
      else done(new Error('not authenticated'));
    },
    authorizeSubscribe(client, subscription, done) {
      const connection = connections.get(client);
      const refusal = connection ? refuseSubscribe(connection.address, subscription) : wrongSecret;
      if (refusal) refuse(refusal.reason, client.id, refusal.text);
      // Without a subscription the SUBACK says failure, and the connection stays [MQTT-3.9.3].
      done(null, refusal ? null : subscription);
    },
    authorizeForward: (client, packet) => (isUnread(client) ? null : packet),
  });
  // Nothing is routed. Own property instead of the method: aedes calls it for each publication after the PUBACK.
  aedes.publish = (_packet: unknown, ...rest: unknown[]) => {
    const done = rest.findLast((one) => typeof one === 'function');
    if (done) (done as () => void)();
  };
  await aedes.listen();
  // Without heartbeats through a router aedes would think that this broker has died and publish all wills.
  (aedes.brokers as Record<string, number>)[aedes.id] = Number.POSITIVE_INFINITY;

  const isUnread = (client: Client) => (client.conn as Socket).writableLength > limits.unreadBytes;
  const isCrowded = () => waitingBytes > limits.waitingBytes;

  function meet(client: Client, address: Address): void {
    const connection: Connection = {
      client,
      address,
      lane: createLane(),
      listens: new Set(),
      ours: false,
      dropped: false,
      heldUntil: 0,
    };
    connections.set(client, connection);
    newest.set(address.endpoint, connection);
    door.known(client.conn as Socket);
    counters.connections.set(connections.size);
  }

  function endAsOurs(connection: Connection): void {
    connection.ours = true;
    connection.client.close();
  }

  /** An error ends the connection, without a PUBACK. */
  function take(connection: Connection, packet: IPublishPacket, done: (error?: Error | null) => void): void {
    const admitted = admitPublish(connection.address, packet);
    if ('reason' in admitted) {
      refuse(admitted.reason, connection.address.endpoint, admitted.text);
      done(new Error(admitted.text));
      return;
    }
    const payload = packet.payload as Buffer;
    const bytes = payload.length + overheadBytes;
    const entry: Entry = { done, bytes, since: clock.monotonic(), isReady: false, readsOn: false };
    if (!connection.lane.enter(entry)) {
      refuse('window', connection.address.endpoint, 'too many publications wait for their PUBACK');
      endAsOurs(connection);
      return;
    }
    const crowded = isCrowded();
    if (crowded) connection.dropped = true;
    else wait(bytes, 1);
    const settle = once(() => {
      if (!crowded) wait(-bytes, -1);
      connection.lane.ready(entry);
    });
    const { endpoint } = connection.address;
    const message = { endpoint, leaf: admitted.leaf, topic: packet.topic, payload, crowded, acknowledge: settle };
    inItsTime(connection, 1 + bytes / 16_384, () => parts.onMessage(message));
  }

  function wait(bytes: number, messages: number): void {
    waitingBytes += bytes;
    waitingCount += messages;
  }

  /** Too fast an endpoint is slowed down, not cut: its window fills and it waits. The order is kept. */
  function inItsTime(connection: Connection, cost: number, go: () => void): void {
    const { endpoint } = connection.address;
    const now = clock.monotonic();
    const waitMs = Math.max(allowances.waitFor(endpoint), connection.heldUntil - now);
    allowances.take(endpoint, cost);
    if (waitMs <= 0) {
      go();
      return;
    }
    refuse('rate', endpoint, `more than ${limits.messagesPerSecond} messages a second; slowed down`);
    connection.heldUntil = now + waitMs;
    setTimeout(go, waitMs);
  }

  /** aedes calls this for the last will of a connection that ended without DISCONNECT; an error only drops the will. */
  function takeWill(
    connection: Connection | undefined,
    will: IPublishPacket,
    done: (error?: Error | null) => void,
  ): void {
    const isNews =
      connection && !connection.ours && !stopping && newest.get(connection.address.endpoint) === connection;
    if (!isNews) {
      done(new Error('the will is no news'));
      return;
    }
    const { endpoint } = connection.address;
    const payload = Buffer.from(will.payload);
    parts.onMessage({ endpoint, leaf: 'presence', topic: will.topic, payload, crowded: false, acknowledge: nothing });
    done();
  }

  aedes.on('subscribe', (subscriptions, client) => {
    const connection = connections.get(client);
    for (const { topic } of subscriptions) {
      const leaf = parseTopic(topic)?.leaf;
      if (!connection || (leaf !== 'ack' && leaf !== 'config')) continue;
      if (refuseSubscribe(connection.address, { topic, qos: 0 })) continue;
      connection.listens.add(leaf);
      parts.onSubscribe(connection.address.endpoint, leaf);
    }
  });
  aedes.on('unsubscribe', (topics, client) => {
    for (const topic of topics) connections.get(client)?.listens.delete(parseTopic(topic)?.leaf as DownLeaf);
  });
  aedes.on('clientDisconnect', (client) => {
    const connection = connections.get(client);
    if (!connection) return;
    connections.delete(client);
    if (newest.get(connection.address.endpoint) === connection) newest.delete(connection.address.endpoint);
    counters.connections.set(connections.size);
  });
  aedes.on('clientError', (client, error) => {
    if (!isOrdinary(error)) refuse('protocol', client.id, error.message);
  });
  aedes.on('connectionError', (client, error) => {
    if (!isOrdinary(error)) refuse('before_connect', addressOf(client), error.message);
  });
  aedes.on('error' as 'closed', ((error: Error) => log.error({ err: error }, 'the broker met an error')) as () => void);

  function sweep(): void {
    counters.waiting.set(waitingCount);
    counters.waitingBytes.set(waitingBytes);
    const now = clock.monotonic();
    const isRoomy = waitingBytes < limits.waitingBytes / 2;
    for (const connection of connections.values()) {
      const oldest = connection.lane.oldest();
      if (!oldest || connection.heldUntil > now) continue;
      if ((connection.dropped && isRoomy) || now - oldest.since > startOverAfterMs) endAsOurs(connection);
      else if (now - oldest.since > readOnAfterMs) readOn(connection);
    }
  }
  const timer = setInterval(sweep, sweepMs);
  timer.unref();

  const door = await openDoor({
    host: parts.host,
    port: parts.port,
    tls: parts.tls,
    rules: limits,
    refuse,
    onConnection(socket) {
      const client = aedes.handle(socket);
      limitFrames(client, () => connections.has(client));
    },
  });

  return {
    port: door.port,
    connected: () => connections.size,
    send(endpoint, leaf, payload, retained = false) {
      const connection = newest.get(endpoint);
      if (!connection?.listens.has(leaf)) return false;
      if (isUnread(connection.client)) {
        if (leaf === 'ack') counters.droppedAcks.inc();
        return false;
      }
      const topic = topicOf(connection.address, leaf);
      connection.client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: retained, dup: false }, nothing);
      return true;
    },
    disconnect(endpoint) {
      const connection = newest.get(endpoint);
      if (connection) endAsOurs(connection);
    },
    async close() {
      stopping = true;
      clearInterval(timer);
      await door.close();
      await new Promise<void>((resolve) => aedes.close(resolve));
    },
  };
}

/**
 * aedes reads a connection no further until all publications of the last chunk are done. While the store cannot take
 * them that would leave pings unanswered and new reports unseen, so each stuck one gives its turn back early. When it
 * is done later, aedes gives the turn once more, which only makes it look for bytes that are not there.
 */
function readOn(connection: Connection): void {
  for (const entry of connection.lane.entries()) {
    if (entry.readsOn) continue;
    entry.readsOn = true;
    (connection.client as unknown as { _nextBatch(): void })._nextBatch();
  }
}

const wrongSecret: Refusal = {
  reason: 'credential',
  text: 'the endpoint is not known or its password is wrong',
  returnCode: 4,
};

const nothing = () => undefined;

function addressOf(client: Client): string {
  return (client.conn as Socket).remoteAddress ?? '?';
}

/** A connection that breaks, or a refusal that was told already. */
function isOrdinary(error: Error & { code?: string; returnCode?: number; errorCode?: number }): boolean {
  return (
    error.code === 'ECONNRESET' ||
    error.code === 'EPIPE' ||
    error.returnCode !== undefined ||
    error.message === 'connection closed' ||
    error.message === 'keep alive timeout'
  );
}

function once(work: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    work();
  };
}
