/**
 * One MQTT connection, from its socket to its end. All that is particular to the MQTT client is here. Each connection
 * has a client of its own, because it has its own session and will.
 */
// First: it decides what the client's own imports find.
import './light-mqtt.ts';
import type { Duplex } from 'node:stream';
// The client alone: the package's main entry also loads WebSocket, SOCKS and command line code, 5 MB that are never
// used.
import mqttClient from 'mqtt/lib/client';
import type { Presence } from '../shared/presence.ts';
import { topicOf, type UpLeaf } from '../shared/topics.ts';
import type { Credential } from './credential.ts';

const { default: MqttClient } = mqttClient;

export interface LinkConnectionEvents {
  onOpen(): void;
  onMessage(topic: string, bytes: Uint8Array): void;
  /** Once or more often: by an error, by the broker, or by `close`. */
  onEnd(): void;
}

export interface LinkConnection {
  /** To the topics of the collector's messages to this endpoint. */
  subscribe(onRefused: (error: Error) => void): void;
  /** QoS 1. `onSettled`: the broker has confirmed it, or the connection has ended. */
  publish(leaf: UpLeaf, body: string | Buffer, onSettled: (error?: Error | null) => void, retain?: boolean): void;
  /** In order, so that the broker does not publish the will. Resolves when the client has ended. */
  disconnect(): Promise<void>;
  /** At once. The broker publishes the will. */
  close(): void;
  /** The first error, of the socket or of the client. */
  error(): { code?: unknown; message?: string } | null;
}

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
): LinkConnection {
  const will: Presence = { state: 'lost', session };
  let failure: ReturnType<LinkConnection['error']> = null;
  const openStream = () => {
    const socket = open();
    // The client passes on only errors with a code; a refused certificate must be in `doctor` too.
    socket.on('error', (error) => {
      failure ??= error;
    });
    return socket;
  };
  const client = new MqttClient(openStream, {
    clientId: credential.endpoint,
    username: credential.endpoint,
    password: credential.secret,
    clean: true,
    keepalive: 60,
    // Only traffic from the broker proves that it is alive: sent messages must not postpone the pings.
    reschedulePings: false,
    // The agent decides when the next connection is made.
    reconnectPeriod: 0,
    reconnectOnConnackError: true,
    resubscribe: false,
    // Otherwise mqtt-packet keeps a buffer for each of 65,536 numbers: 7 MB to save a microsecond.
    writeCache: false,
    queueQoSZero: false,
    connectTimeout: 10_000,
    protocolVersion: 4,
    protocolId: 'MQTT',
    will: { topic: topicOf(credential, 'presence'), payload: Buffer.from(JSON.stringify(will)), qos: 1, retain: true },
    log: () => {},
  });
  client.on('connect', events.onOpen);
  client.on('message', events.onMessage);
  client.on('error', (error: Error) => {
    failure ??= error;
    client.end(true);
    events.onEnd();
  });
  client.on('close', events.onEnd);
  return {
    subscribe(onRefused) {
      const topics = { [topicOf(credential, 'ack')]: { qos: 0 }, [topicOf(credential, 'config')]: { qos: 1 } } as const;
      client.subscribe(topics, (error: Error | null) => error && onRefused(error));
    },
    publish(leaf, body, onSettled, retain = false) {
      client.publish(topicOf(credential, leaf), body, { qos: 1, retain }, onSettled);
    },
    disconnect: () => new Promise((resolve) => client.end(false, {}, () => resolve())),
    close: () => client.end(true),
    error: () => failure,
  };
}
