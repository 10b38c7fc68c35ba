/**
 * A small MQTT 3.1.1 client on `mqtt-packet` and a bare socket: light enough for tens of thousands in one process, and
 * able to be rude, which the tests of the intake need.
 */
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate, type IConnectPacket, type Packet, parser, writeToStream } from 'mqtt-packet';

export interface WireOptions {
  host: string;
  port: number;
  /** PEM of the certificate to trust; given, the connection is TLS. */
  ca?: string | Buffer | undefined;
  /** An address of this machine to come from: one has some 28,000 ports, and a broker limits what comes from one. */
  localAddress?: string;
  clientId: string;
  username?: string;
  password?: string;
  keepalive?: number;
  clean?: boolean;
  will?: IConnectPacket['will'];
  onMessage?(topic: string, payload: Buffer, retain: boolean): void;
}

export interface Wire {
  readonly socket: Socket;
  /** Resolves with the return code of the CONNACK; rejects when the connection ends before. */
  readonly connected: Promise<number>;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  readonly isOpen: boolean;
  /** QoS 1 resolves at the PUBACK, QoS 0 at once; rejects when the connection ends before. */
  publish(topic: string, payload: string | Buffer, options?: { qos?: 0 | 1 | 2; retain?: boolean }): Promise<void>;
  /** Resolves with what was granted for each topic; 128 is a refusal. */
  subscribe(...topics: string[]): Promise<number[]>;
  ping(): Promise<void>;
  /** With DISCONNECT: no will. */
  end(): void;
  /** Without: as when a cable is pulled, but for the FIN. */
  cut(): void;
}

interface Waiting {
  resolve(value?: never): void;
  reject(reason: Error): void;
}

export function connectPacket(options: WireOptions): IConnectPacket & { cmd: 'connect' } {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: options.clientId,
    username: options.username ?? options.clientId,
    ...(options.password === undefined ? {} : { password: Buffer.from(options.password) }),
    clean: options.clean ?? true,
    keepalive: options.keepalive ?? 60,
    ...(options.will ? { will: options.will } : {}),
  };
}

export function openWire(options: WireOptions): Wire {
  const { host, port, ca, localAddress } = options;
  const place = { host, port, ...(localAddress === undefined ? {} : { localAddress }) };
  const socket: Socket = ca === undefined ? connectPlain(place) : connectTls({ ...place, ca });
  socket.setNoDelay(true);
  const waiting = new Map<string, Waiting>();
  const incoming = parser({ protocolVersion: 4 });
  let nextId = 0;
  let isOpen = false;
  let keeping: NodeJS.Timeout | undefined;
  const pings = { sent: 0, answered: 0 };

  const wait = <T>(key: string) =>
    new Promise<T>((resolve, reject) => {
      if (socket.destroyed) reject(new Error('the connection has ended'));
      else waiting.set(key, { resolve: resolve as Waiting['resolve'], reject });
    });
  const settle = (key: string, value: unknown) => {
    waiting.get(key)?.resolve(value as never);
    waiting.delete(key);
  };
  const connected = wait<number>('connack');
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isOpen = false;
      clearInterval(keeping);
      for (const { reject } of waiting.values()) reject(new Error('the connection has ended'));
      waiting.clear();
      resolve();
    });
  });
  // Whoever waits is told by 'close', which follows; a caller that does not wait must not end the process.
  socket.on('error', () => undefined);
  connected.catch(() => undefined);

  function take(packet: Packet): void {
    if (packet.cmd === 'connack') {
      isOpen = packet.returnCode === 0;
      settle('connack', packet.returnCode ?? -1);
    } else if (packet.cmd === 'puback') settle(`p${packet.messageId}`, undefined);
    else if (packet.cmd === 'suback') settle(`s${packet.messageId}`, packet.granted);
    else if (packet.cmd === 'pingresp') settle(`ping${++pings.answered}`, undefined);
    else if (packet.cmd === 'publish') {
      if (packet.qos === 1) socket.write(generate({ cmd: 'puback', messageId: packet.messageId as number }));
      options.onMessage?.(packet.topic, packet.payload as Buffer, packet.retain);
    }
  }

  incoming.on('packet', take);
  incoming.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => incoming.parse(chunk));
  socket.once(ca === undefined ? 'connect' : 'secureConnect', () => writeToStream(connectPacket(options), socket));
  const keepalive = options.keepalive ?? 60;
  if (keepalive > 0) {
    keeping = setInterval(() => isOpen && ping().catch(() => undefined), keepalive * 750);
    keeping.unref();
  }
  /** Several may wait: they are answered in order. */
  function ping(): Promise<void> {
    const answered = wait<void>(`ping${++pings.sent}`);
    socket.write(generate({ cmd: 'pingreq' }));
    return answered;
  }
  const messageId = () => {
    nextId = (nextId % 65_535) + 1;
    return nextId;
  };

  return {
    socket,
    connected,
    closed,
    get isOpen() {
      return isOpen;
    },
    publish(topic, payload, { qos = 1, retain = false } = {}) {
      const id = messageId();
      const acked = qos === 0 ? Promise.resolve() : wait<void>(`p${id}`);
      writeToStream({ cmd: 'publish', topic, payload, qos, retain, dup: false, messageId: id }, socket);
      return acked;
    },
    subscribe(...topics) {
      const id = messageId();
      const granted = wait<number[]>(`s${id}`);
      const subscriptions = topics.map((topic) => ({ topic, qos: 1 as const }));
      writeToStream({ cmd: 'subscribe', messageId: id, subscriptions }, socket);
      return granted;
    },
    ping,
    end() {
      if (isOpen) socket.end(generate({ cmd: 'disconnect' }));
      else socket.destroy();
    },
    cut: () => void socket.destroy(),
  };
}
