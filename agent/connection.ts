/** One MQTT connection, from its socket to its end. Each has its own session and will. */
import type { Duplex } from 'node:stream';
import type { Presence } from '../shared/presence.ts';
import { topicOf, type UpLeaf } from '../shared/topics.ts';
import type { Credential } from './credential.ts';
import {
  connectPacket,
  createPacketReader,
  disconnectPacket,
  type MqttPacket,
  pingPacket,
  pubackPacket,
  publishPacket,
  subscribePacket,
} from './mqtt.ts';

export interface LinkConnectionEvents {
  onOpen(): void;
  onMessage(topic: string, bytes: Uint8Array): void;
  /** By an error, by the broker, or by `close`. */
  onEnd(): void;
}

export interface LinkConnection {
  /** To the topics of the collector's messages to this endpoint. */
  subscribe(onRefused: (error: Error) => void): void;
  /** QoS 1. `onSettled`: the broker has confirmed it, or the connection has ended. */
  publish(leaf: UpLeaf, body: string | Uint8Array, onSettled: (error?: Error | null) => void, retain?: boolean): void;
  /** In order, so that the broker does not publish the will. Resolves when the connection has ended. */
  disconnect(): Promise<void>;
  /** At once. The broker publishes the will. */
  close(): void;
  /** The first error, of the socket or of the session. */
  error(): { code?: unknown; message?: string } | null;
}

/** What the broker is told; it ends a connection that is silent for one and a half of it. */
const keepAliveS = 60;
const times = {
  answerWithinMs: 10_000,
  /**
   * How often is looked whether the broker has confirmed anything: where it has, something was sent, and it is alive, and no ping
   * is needed. Twice this is less than the time after which the broker ends the connection.
   */
  lookMs: 40_000,
};
/** Settings are the longest; a collector's own limit is 256 KiB. */
const longestPacket = 1024 * 1024;
const maxId = 0xffff;
/** Of SUBACK [MQTT-3.9.3]. */
const refusedTopic = 0x80;

/** Of CONNACK [MQTT-3.2.2.3]. */
const refusals = [
  'Accepted',
  'Unacceptable protocol version',
  'Identifier rejected',
  'Server unavailable',
  'Bad username or password',
  'Not authorized',
];

/**
 * Begins to connect.
 * @param open the stream below
 * @param session what the will names: the broker publishes it when the connection is cut
 */
export function openConnection(
  credential: Credential,
  session: string,
  events: LinkConnectionEvents,
  open: () => Duplex,
  { answerWithinMs, lookMs } = times,
): LinkConnection {
  const will: Presence = { state: 'lost', session };
  /** By their numbers: what waits for its PUBACK. */
  const pending = new Map<number, (error?: Error) => void>();
  const afterEnd: (() => void)[] = [];
  const read = createPacketReader(longestPacket);
  let failure: ReturnType<LinkConnection['error']> = null;
  let state: 'opening' | 'open' | 'ending' | 'over' = 'opening';
  let lastId = 0;
  let wasConfirmed = false;
  let isAsked = false;
  let onTopicRefused: (error: Error) => void = () => {};
  const stream = open();
  let timer: NodeJS.Timeout = setTimeout(
    () => fail(new Error(`The collector did not answer within ${answerWithinMs / 1000} s`)),
    answerWithinMs,
  );

  function fail(error: Error): void {
    failure ??= error;
    stream.destroy();
  }

  function finish(): void {
    if (state === 'over') return;
    state = 'over';
    clearInterval(timer);
    const ended = new Error('The connection has ended');
    for (const settle of pending.values()) settle(ended);
    pending.clear();
    events.onEnd();
    for (const done of afterEnd) done();
  }

  function begin(code: number): void {
    if (state !== 'opening') throw new Error('The broker accepted one connection twice');
    clearTimeout(timer);
    if (code !== 0) throw Object.assign(new Error(`Connection refused: ${refusals[code] ?? `code ${code}`}`), { code });
    state = 'open';
    timer = setInterval(keepAlive, lookMs);
    events.onOpen();
  }

  function keepAlive(): void {
    if (isAsked) {
      fail(new Error('The broker no longer answers'));
      return;
    }
    isAsked = !wasConfirmed;
    wasConfirmed = false;
    if (isAsked) stream.write(pingPacket());
  }

  function take(packet: MqttPacket): void {
    isAsked = false;
    if (packet.kind === 'connack') {
      begin(packet.code);
    } else if (packet.kind === 'puback') {
      wasConfirmed = true;
      const settle = pending.get(packet.id);
      pending.delete(packet.id);
      settle?.();
      if (state === 'ending' && pending.size === 0) signOff();
    } else if (packet.kind === 'suback') {
      if (packet.codes.includes(refusedTopic)) onTopicRefused(new Error('it is not allowed'));
    } else if (packet.kind === 'publish') {
      events.onMessage(packet.topic, packet.body);
      if (packet.id !== null) stream.write(pubackPacket(packet.id));
    }
  }

  function signOff(): void {
    stream.end(disconnectPacket());
  }

  function nextId(): number {
    do lastId = lastId === maxId ? 1 : lastId + 1;
    while (pending.has(lastId));
    return lastId;
  }

  stream.on('error', (error) => {
    failure ??= error;
  });
  stream.on('close', finish);
  stream.on('data', (bytes: Buffer) => {
    try {
      // What a message changes may end the connection.
      for (const packet of read(bytes)) if (!stream.destroyed) take(packet);
    } catch (thrown) {
      fail(thrown as Error);
    }
  });
  stream.write(
    connectPacket({
      ...{ clientId: credential.endpoint, username: credential.endpoint, password: credential.secret, keepAliveS },
      will: { topic: topicOf(credential, 'presence'), body: JSON.stringify(will) },
    }),
  );

  return {
    subscribe(onRefused) {
      onTopicRefused = onRefused;
      const topics = [[topicOf(credential, 'ack'), 0] as const, [topicOf(credential, 'config'), 1] as const];
      stream.write(subscribePacket(nextId(), topics));
    },
    publish(leaf, body, onSettled, retain = false) {
      if (state !== 'open') return void setImmediate(onSettled, new Error('There is no connection'));
      const id = nextId();
      pending.set(id, onSettled);
      const bytes = typeof body === 'string' ? Buffer.from(body) : body;
      stream.write(publishPacket(topicOf(credential, leaf), bytes, id, retain));
    },
    disconnect: () =>
      new Promise((resolve) => {
        if (state === 'over') return resolve();
        afterEnd.push(resolve);
        if (state === 'opening') stream.destroy();
        state = 'ending';
        // What is in flight is confirmed first.
        if (pending.size === 0) signOff();
      }),
    close: () => void stream.destroy(),
    error: () => failure,
  };
}
