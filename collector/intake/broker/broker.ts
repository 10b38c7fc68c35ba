/**
 * The embedded MQTT broker: aedes implements the protocol, this file guards it and delays the PUBACK until "durable".
 *
 * Agents exchange messages with the collector only, so nothing is routed between agents: publications are taken in
 * `authorizePublish`, the only hook before the PUBACK at QoS 1 (publications.ts), and messages to an agent are written
 * straight to its connection.
 */
import type { Socket } from 'node:net';
import { Aedes, type AuthenticateError, type Client } from 'aedes';
import { type IConnectPacket, type IPublishPacket, writeToStream } from 'mqtt-packet';
import { quoted } from '../../../shared/safe-text.ts';
import { type DownLeaf, parseTopic, topicOf } from '../../../shared/topics.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { createAttempts } from '../../doors/attempts.ts';
import { limits as allLimits } from '../../doors/limits.ts';
import type { DoorSocket, GuestStream } from '../../doors/web-socket.ts';
import type { IntakeSource, OpenSource, SourceParts } from '../source.ts';
import type { Connection } from './connection.ts';
import { type Connections, createConnections } from './connections.ts';
import { isOversize, limitFrames, onOtherPackets } from './frames.ts';
import { type Refusal, refuseConnect, refuseSubscribe, sessionIn } from './guards.ts';
import { type Listener, type ListenerRules, openListener, type Tls } from './listen.ts';
import { createPublications, type PublicationRules, type Publications } from './publications.ts';
import { createRefusals, type Refuse } from './refusals.ts';
import { takeReports } from './report-frames.ts';

export interface Limits extends ListenerRules, PublicationRules {
  connect: number;
  slowed: number;
  drain: number;
  unread: number;
  /** Of one endpoint, and burst: an agent that cannot stay connected waits longer each time. */
  connectsPerSecond: number;
  connectsAtOnce: number;
  /** Of two machines with one identity: how often the one may take the connection from the other, and burst. */
  takeOversPerSecond: number;
  takeOversAtOnce: number;
}

const { mqtt } = allLimits;

const defaultLimits: Limits = {
  ...mqtt,
  connectsPerSecond: 0.5,
  connectsAtOnce: 60,
  takeOversPerSecond: 1 / 60,
  takeOversAtOnce: 10,
  messagesPerSecond: 100,
  messagesAtOnce: 1000,
  waitingBytes: 256 * 1024 * 1024,
};

export interface BrokerSettings {
  host: string;
  /** 0 takes a free one: see `port` of the source. */
  port: number;
  tls?: Tls | undefined;
  renewals?: ((take: (tls: Tls) => void) => void) | undefined;
  limits?: Partial<Limits>;
}

type BrokerParts = BrokerSettings & SourceParts;

const sweepMs = 1000;

/** Routing is not used: see the head of this file. The parts of mqemitter that aedes calls. */
const noRouting = {
  on: (_topic: string, _listener: unknown, done?: () => void) => void (done && setImmediate(done)),
  removeListener: (_topic: string, _listener: unknown, done?: () => void) => void (done && setImmediate(done)),
  emit: (_packet: unknown, done?: () => void) => void (done && setImmediate(done)),
  close: (done?: () => void) => void (done && setImmediate(done)),
};

// Otherwise it makes a buffer of each of 65,536 numbers ahead: 7 MB.
writeToStream.cacheNumbers = false;

/** The source inside this process. */
export const brokerOn =
  (settings: BrokerSettings): OpenSource =>
  (parts) =>
    openBroker({ ...settings, ...parts });

async function openBroker(parts: BrokerParts): Promise<IntakeSource> {
  const { clock, counters, log } = parts;
  const limits = { ...defaultLimits, ...parts.limits };
  const refuse = createRefusals({ clock, log, counters });
  const connections = createConnections(counters);
  const publications = createPublications({ ...parts, rules: limits, refuse, end: connections.end });
  const aedes = createAedes({
    ...parts,
    limits,
    refuse,
    connections,
    publications,
    known: (socket) => listener.known(socket),
  });
  listenTo(aedes, { ...parts, refuse, connections });
  await aedes.listen();
  // Without heartbeats through a router aedes takes this broker for dead and publishes all wills.
  (aedes.brokers as Record<string, number>)[aedes.id] = Number.POSITIVE_INFINITY;
  const timer = setInterval(() => publications.sweep(connections.all()), sweepMs);
  timer.unref();
  const end = () => {
    clearInterval(timer);
    return new Promise<void>((resolve) => aedes.close(resolve));
  };
  const listener = await openListener({
    host: parts.host,
    port: parts.port,
    ...{ tls: parts.tls, renewals: parts.renewals },
    rules: limits,
    monotonic: clock.monotonic,
    refuse,
    onConnection(socket) {
      const client = aedes.handle(socket);
      limitFrames(client, () => connections.of(client) !== undefined);
      const count = (cost: number) => {
        const connection = connections.of(client);
        if (connection && !publications.takeOther(connection, cost)) connections.end(connection);
      };
      onOtherPackets(client, count);
      takeReports(client, connections.of, publications.takeReport);
      (socket as DoorSocket).onFrames?.(count);
    },
  }).catch(async (thrown: unknown) => {
    await end();
    throw thrown;
  });

  return {
    port: listener.port,
    guests: createGuests(listener, connections),
    connected: () => connections.count(),
    send(endpoint, leaf, payload, retained = false) {
      const connection = connections.newest(endpoint);
      if (!connection?.listens.has(leaf)) return false;
      if (isUnread(connection.client, limits)) {
        if (leaf === 'ack') counters.droppedAcks.inc();
        return false;
      }
      const topic = topicOf(connection.address, leaf);
      connection.client.publish({ cmd: 'publish', topic, payload, qos: 0, retain: retained, dup: false }, nothing);
      return true;
    },
    disconnect(endpoint) {
      const connection = connections.newest(endpoint);
      if (connection) connections.end(connection);
    },
    async close() {
      connections.close();
      await listener.close();
      await end();
    },
  };
}

/** Those that came by the port of HTTPS, until they end. */
function createGuests(listener: Listener, connections: Connections): NonNullable<IntakeSource['guests']> {
  const streams = new Set<GuestStream>();
  let isClosed = false;
  return {
    take(stream) {
      if (isClosed) return void stream.destroy();
      streams.add(stream);
      stream.once('close', () => streams.delete(stream));
      listener.take(stream);
    },
    close() {
      isClosed = true;
      // In this order: a will is ignored where the collector itself ends the connection.
      for (const connection of [...connections.all()])
        if (streams.has(connection.client.conn as GuestStream)) connections.end(connection);
      for (const stream of streams) stream.destroy();
    },
  };
}

const isUnread = (client: Client, { unread }: Limits) => (client.conn as Socket).writableLength > unread;

type Inside = BrokerParts & { refuse: Refuse; connections: Connections };

/** aedes with our guards and without its routing. */
function createAedes(
  parts: Inside & { limits: Limits; publications: Publications; known(socket: Socket): void },
): Aedes {
  const { limits, refuse, connections, publications } = parts;
  const refusals = new WeakMap<Client, Refusal>();
  /** Of the will, until the password was looked at. */
  const sessions = new WeakMap<Client, string | null>();
  const { monotonic } = parts.clock;
  const connects = createAllowances({ perSecond: limits.connectsPerSecond, burst: limits.connectsAtOnce, monotonic });
  const takeOvers = createAllowances({
    perSecond: limits.takeOversPerSecond,
    burst: limits.takeOversAtOnce,
    monotonic,
  });
  /** Of one with the right password: nobody else can use up what an endpoint has. */
  const mustWait = (endpoint: string): Refusal | null => {
    // A refused one takes nothing: whoever tries on and on is let in at the rate.
    const waitMs = connects.waitFor(endpoint);
    if (waitMs > 0) {
      parts.budgets?.hold(endpoint, 'connects', waitMs);
      return tooOften;
    }
    connects.take(endpoint, 1);
    const holder = parts.isShared?.(endpoint) ? connections.newest(endpoint) : undefined;
    // An agent alone, on however bad a line, is never here: it takes over from itself only.
    if (!holder || holder.client.closed) return null;
    if (takeOvers.waitFor(endpoint) > 0) return takesTurns;
    takeOvers.take(endpoint, 1);
    return null;
  };
  const wrong = createAttempts(monotonic);
  const aedes = new Aedes({
    mq: noRouting,
    connectTimeout: limits.connect,
    drainTimeout: limits.drain,
    maxTopicLevels: mqtt.topicLevels,
    preConnect(client, packet, done) {
      const refusal = refuseConnect(packet as IConnectPacket);
      sessions.set(client, sessionIn(packet as IConnectPacket));
      // Refused in `authenticate`, which can send the return code.
      if (refusal) refusals.set(client, refusal);
      done(null, true);
    },
    authenticate(client, username, password, done) {
      const refusal = refusals.get(client);
      const address = refusal ? undefined : parts.authenticate(String(username), String(password));
      const bar = address ? (parts.barred?.(address.endpoint, sessions.get(client) ?? null) ?? null) : null;
      const wait = bar === null ? address && mustWait(address.endpoint) : { ...enrolAgain, text: bar };
      if (address && !wait) {
        connections.add(client, address, addressOf(client));
        parts.known(client.conn as Socket);
        removeUnanswered(client, connections);
        done(null, true);
        return;
      }
      const { reason, text, returnCode } = wait ?? refusal ?? wrongSecret;
      refuse(reason, addressOf(client), `${text} (client ${quoted(String(client.id).slice(0, 40))})`);
      const answer = () => done(Object.assign(new Error(text), { returnCode }) as AuthenticateError, null);
      // A right credential costs less to check than to ask whether it may be, so only the wrong ones wait.
      const isGuess = !refusal && !wait;
      if (!isGuess || wrong.begin({ name: String(username), address: addressOf(client) }).waitMs === 0) return answer();
      refuse('slowed', addressOf(client), `too many wrong credentials; answered after ${limits.slowed / 1000} s`);
      const late = setTimeout(answer, limits.slowed);
      client.conn.once('close', () => clearTimeout(late));
    },
    authorizePublish(client, packet, done) {
      const connection = client ? connections.of(client) : undefined;
      if (!client || client.closed) takeWill(parts, connection, packet, done);
      else if (connection) publications.take(connection, packet, done);
      else done(new Error('not authenticated'));
    },
    authorizeSubscribe(client, subscription, done) {
      const connection = connections.of(client);
      const refusal = connection ? refuseSubscribe(connection.address, subscription) : wrongSecret;
      if (refusal) refuse(refusal.reason, client.id, refusal.text);
      // Without a subscription the SUBACK reports failure, and the connection stays [MQTT-3.9.3].
      done(null, refusal ? null : subscription);
    },
    authorizeForward: (client, packet) => (isUnread(client, limits) ? null : packet),
  });
  // Nothing is routed. Own property instead of the method: aedes calls it for each publication.
  aedes.publish = (_packet: unknown, ...rest: unknown[]) => {
    const done = rest.findLast((one) => typeof one === 'function');
    if (done) (done as () => void)();
  };
  return aedes;
}

/**
 * aedes emits no event for a connection that ends between its log-in and its CONNACK. A separate function: its closure lasts
 * as long as the connection, and must not hold what its CONNECT left behind.
 */
function removeUnanswered(client: Client, connections: Connections): void {
  client.conn.once('close', () => client.connected || connections.remove(client));
}

/** aedes calls this for the last will of a connection that ended without DISCONNECT; an error only drops the will. */
function takeWill(
  { connections, onMessage }: Inside,
  connection: Connection | undefined,
  will: IPublishPacket,
  done: (error?: Error | null) => void,
): void {
  if (!connection || !connections.endedUnexpectedly(connection)) {
    done(new Error('a will after a sign-off or of an older session is not published'));
    return;
  }
  const { endpoint } = connection.address;
  const payload = Buffer.from(will.payload);
  const { from } = connection;
  const answered = { acknowledge: nothing, refuse: nothing };
  void onMessage({ endpoint, leaf: 'presence', topic: will.topic, payload, from, crowded: false, ...answered });
  done();
}

/** Events of aedes after the fact: subscriptions, disconnects, errors. */
function listenTo(aedes: Aedes, { connections, refuse, log, onSubscribe }: Inside): void {
  aedes.on('subscribe', (subscriptions, client) => {
    const connection = connections.of(client);
    for (const { topic } of subscriptions) {
      const leaf = parseTopic(topic)?.leaf;
      if (!connection || (leaf !== 'ack' && leaf !== 'config')) continue;
      if (refuseSubscribe(connection.address, { topic, qos: 0 })) continue;
      connection.listens.add(leaf);
      onSubscribe(connection.address.endpoint, leaf);
    }
  });
  aedes.on('unsubscribe', (topics, client) => {
    for (const topic of topics) connections.of(client)?.listens.delete(parseTopic(topic)?.leaf as DownLeaf);
  });
  aedes.on('clientDisconnect', (client) => connections.remove(client));
  aedes.on('clientError', (client, error) => {
    if (!isOrdinary(error)) refuse(isOversize(error) ? 'oversize' : 'protocol', client.id, error.message);
  });
  aedes.on('connectionError', (client, error) => {
    if (!isOrdinary(error)) refuse(isOversize(error) ? 'oversize' : 'before_connect', addressOf(client), error.message);
  });
  aedes.on(
    'error' as 'closed',
    ((error: Error) => log.error({ err: error }, 'Error in the MQTT broker')) as () => void,
  );
}

const wrongSecret: Refusal = {
  reason: 'credential',
  text: 'the endpoint is not known or its password is wrong',
  returnCode: 4,
};

const takesTurns: Refusal = {
  reason: 'clone',
  text: 'another machine with the same identity is connected: they take turns, until one of them is enrolled anew',
  returnCode: 3,
};

/** The one refusal with this code that an agent of ours can meet: it says so, and keeps what it measures. */
const enrolAgain = { reason: 'enrol_again', returnCode: 5 } as const;

const tooOften: Refusal = { reason: 'connects', text: 'it connects too often', returnCode: 3 };

const nothing = () => undefined;

/** IPv4 in dotted form, also where the socket is IPv6 (`::ffff:…`). */
function addressOf(client: Client): string {
  return ((client.conn as Socket).remoteAddress ?? '?').replace(/^::ffff:(?=\d+\.)/, '');
}

/** A broken connection, or a refusal that is already logged. */
function isOrdinary(error: Error & { code?: string; returnCode?: number; errorCode?: number }): boolean {
  return (
    error.code === 'ECONNRESET' ||
    error.code === 'EPIPE' ||
    error.returnCode !== undefined ||
    error.message === 'connection closed' ||
    error.message === 'keep alive timeout'
  );
}
