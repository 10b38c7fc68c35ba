/**
 * One MQTT session with an external broker, from its socket to its end, on the packets of `mqtt-packet`. The client `mqtt` reads
 * nothing further until its handler has answered: one message per commit. Here any number is under way, and the PUBACKs of a
 * commit are one write.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { type Packet, parser, writeToStream } from 'mqtt-packet';

export interface BrokerPlace {
  /** mqtt: or mqtts: */
  url: URL;
  username: string;
  password: string;
  /** PEM of the authority to trust; null: those of this system. */
  ca: string | null;
}

export interface BrokerSession {
  /** @returns which of them the broker refused, with its code. Rejects when it does not answer or the session has ended */
  subscribe(topics: readonly string[]): Promise<string[]>;
  unsubscribe(topics: readonly string[]): void;
  /** Whether the session takes it; that it arrives is not known at QoS 0. */
  publish(topic: string, payload: Buffer, how: { qos: 0 | 1; retain: boolean }): boolean;
  /** For publications of this session; sent with those of the same turn of the event loop. */
  puback(messageId: number): void;
  close(): void;
}

export interface BrokerSessionEvents {
  onOpen(): void;
  /** `messageId` is null at QoS 0. */
  onMessage(topic: string, payload: Buffer, messageId: number | null, retain: boolean): void;
  /** Once. */
  onEnd(reason: string): void;
}

/** Until the broker has accepted the log-in, or has answered a SUBSCRIBE, ms. */
const answersInMs = 10_000;
/** s, as it is told to the broker: it ends a session without a packet for one and a half times this. */
const keepAlive = 30;
/** A broker from which nothing has come between two pings is left. */
const pingEveryMs = 10_000;
/** Bytes not yet read by the broker: what is sent at QoS 0 beyond is dropped, as it is at the embedded one. */
const unreadAtMost = 16 * 1024 * 1024;

const defaultPorts: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** Return codes of a CONNACK [MQTT-3.2.2-4], as people can act on them. */
const refusals: Readonly<Record<number, string>> = {
  1: 'it does not speak MQTT 3.1.1',
  2: 'it refuses the client id',
  3: 'it is not available',
  4: 'it refuses the user name or the password',
  5: 'it refuses the user name or the password, or this user may not log in',
};

export function openSession(place: BrokerPlace, clientId: string, events: BrokerSessionEvents): BrokerSession {
  const { url, username, password } = place;
  const socket = openSocket(place);
  const incoming = parser({ protocolVersion: 4 });
  let isOver = false;
  let isOpen = false;
  let isAlive = true;
  let pinging: NodeJS.Timeout | undefined;
  let lastId = 0;
  let pubacks: number[] = [];
  const subscribing = new Map<number, (granted: readonly number[] | Error) => void>();
  const late = setTimeout(() => end('it accepts connections and does not answer'), answersInMs);

  function end(reason: string): void {
    if (isOver) return;
    isOver = true;
    isOpen = false;
    clearTimeout(late);
    clearInterval(pinging);
    socket.destroy();
    for (const answer of subscribing.values()) answer(new Error(reason));
    events.onEnd(reason);
  }

  const write = (packet: Packet) => void (isOver || writeToStream(packet, socket));
  const nextId = () => {
    lastId = (lastId % 65_535) + 1;
    return lastId;
  };

  function take(packet: Packet): void {
    if (isOver) return;
    isAlive = true;
    if (packet.cmd === 'publish')
      events.onMessage(
        packet.topic,
        packet.payload as Buffer,
        packet.qos === 1 ? (packet.messageId as number) : null,
        packet.retain,
      );
    else if (packet.cmd === 'connack') begin(packet.returnCode ?? -1);
    else if (packet.cmd === 'suback') subscribing.get(packet.messageId as number)?.(packet.granted as number[]);
  }

  function begin(code: number): void {
    if (code !== 0) {
      end(refusals[code] ?? `it refuses the log-in with code ${code}`);
      return;
    }
    clearTimeout(late);
    isOpen = true;
    // Only what comes from the broker proves that it is alive: what is sent must not postpone the pings.
    pinging = setInterval(() => {
      if (!isAlive) return end('it has stopped answering');
      isAlive = false;
      write({ cmd: 'pingreq' });
    }, pingEveryMs);
    pinging.unref();
    events.onOpen();
  }

  incoming.on('packet', take);
  incoming.on('error', (error: Error) => end(`it sends what is no MQTT 3.1.1: ${error.message}`));
  socket.on('data', (chunk: Buffer) => incoming.parse(chunk));
  socket.on('error', (error) => end(error.message));
  socket.on('close', () => end(isOpen ? 'it ended the connection' : 'it ended the connection before the log-in'));
  socket.once(url.protocol === 'mqtts:' ? 'secureConnect' : 'connect', () => {
    const log = { clientId, username, password: Buffer.from(password) };
    write({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: keepAlive, ...log });
  });

  function flush(): void {
    const ids = pubacks;
    pubacks = [];
    if (isOver) return;
    const bytes = Buffer.allocUnsafe(ids.length * 4);
    let at = 0;
    for (const id of ids) {
      // Fixed header of a PUBACK, its remaining length, then the packet identifier [MQTT-3.4].
      bytes.writeUInt16BE(0x4002, at);
      bytes.writeUInt16BE(id, at + 2);
      at += 4;
    }
    socket.write(bytes);
  }

  return {
    subscribe: (topics) =>
      new Promise((resolve, reject) => {
        const messageId = nextId();
        const answer = (granted: readonly number[] | Error) => {
          clearTimeout(tooLate);
          subscribing.delete(messageId);
          if (granted instanceof Error) reject(granted);
          else resolve(topics.filter((_, n) => granted[n] === 128));
        };
        const tooLate = setTimeout(() => answer(new Error('it does not answer a subscription')), answersInMs);
        subscribing.set(messageId, answer);
        if (isOver) return answer(new Error('the session has ended'));
        write({ cmd: 'subscribe', messageId, subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })) });
      }),
    unsubscribe: (topics) => write({ cmd: 'unsubscribe', messageId: nextId(), unsubscriptions: [...topics] }),
    publish(topic, payload, { qos, retain }) {
      if (!isOpen || (qos === 0 && socket.writableLength > unreadAtMost)) return false;
      write({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId: nextId() });
      return true;
    },
    puback(messageId) {
      if (pubacks.push(messageId) === 1) queueMicrotask(flush);
    },
    close() {
      write({ cmd: 'disconnect' });
      end('closed');
    },
  };
}

function openSocket({ url, ca }: BrokerPlace): Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port) || (defaultPorts[url.protocol] as number);
  const socket =
    url.protocol === 'mqtts:'
      ? connectTls({ host, port, ...(ca === null ? {} : { ca }), ...(isIP(host) ? {} : { servername: host }) })
      : connectPlain({ host, port });
  socket.setNoDelay(true);
  return socket;
}
