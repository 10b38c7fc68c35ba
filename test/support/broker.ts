/**
 * The smallest collector that speaks the real wire: a broker that keeps what agents send and answers `ack`. For tests of
 * the agent alone; the whole road is tested with the real collector.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import type { Online, Presence } from '../../shared/presence.ts';
import type { InventoryMessage, Report } from '../../shared/report.ts';
import { parseTopic } from '../../shared/topics.ts';
import { inflate } from '../../shared/wire.ts';

export type Kept = { leaf: string; endpoint: string; at: number } & (Report | InventoryMessage);

export interface TestBroker {
  port: number;
  /** In order of arrival; a message that came twice is here twice. */
  kept: Kept[];
  presences: { retain: boolean; presence: Presence }[];
  /** The last birth of each endpoint. */
  births: Map<string, Online>;
  /** False: messages are kept, but no ack is sent. */
  acking: boolean;
  /** Answers each CONNECT with this return code instead of 0. */
  refuseWith: number | null;
  publish(topic: string, payload: string | Buffer, retain?: boolean): Promise<void>;
  /** Cuts every connection and stops listening; what was kept stays. */
  down(): Promise<void>;
  up(): Promise<void>;
}

/** What is durable, as a collector tells it. */
export function ackOf(
  epoch: string,
  seqs: Iterable<number>,
): { epoch: string; through: number; also: [number, number][] } {
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  const ranges: [number, number][] = [];
  for (const seq of sorted) {
    const last = ranges.at(-1);
    if (last && last[1] === seq - 1) last[1] = seq;
    else ranges.push([seq, seq]);
  }
  const through = ranges[0]?.[0] === 1 ? (ranges.shift() as [number, number])[1] : 0;
  return { epoch, through, also: ranges };
}

export async function startBroker(tls?: { key: string; cert: string }): Promise<TestBroker> {
  const sockets = new Set<Socket>();
  const seen = new Map<string, Set<number>>();
  let server: Server | null = null;
  let aedes: Aedes | null = null;

  const broker: TestBroker = {
    port: 0,
    kept: [],
    presences: [],
    births: new Map(),
    acking: true,
    refuseWith: null,
    publish: (topic, payload, retain = false) =>
      new Promise((resolve, reject) =>
        (aedes as Aedes).publish(
          { cmd: 'publish', topic, payload: Buffer.from(payload), qos: 1, retain, dup: false },
          (error) => (error ? reject(error) : resolve()),
        ),
      ),
    async down() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => (server ? server.close(() => resolve()) : resolve()));
      await new Promise<void>((resolve) => (aedes ? aedes.close(() => resolve()) : resolve()));
      server = null;
      aedes = null;
    },
    up,
  };

  function keep(topic: string, payload: Buffer, retain: boolean): void {
    const parsed = parseTopic(topic);
    if (!parsed) return;
    const message = JSON.parse(Buffer.from(inflate(payload)).toString('utf8'));
    if (parsed.leaf === 'presence') broker.presences.push({ retain, presence: message });
    if (parsed.leaf === 'presence' && message.state === 'online') broker.births.set(parsed.endpoint, message);
    if (parsed.leaf !== 'report' && parsed.leaf !== 'backlog' && parsed.leaf !== 'inventory') return;
    broker.kept.push({ ...message, leaf: parsed.leaf, endpoint: parsed.endpoint });
    const seqs = seen.get(message.epoch) ?? new Set();
    seen.set(message.epoch, seqs.add(message.seq));
    for (const loss of (message as Report).lost ?? []) {
      const lost = seen.get(loss.epoch) ?? new Set();
      for (let seq = loss.from; seq <= loss.to; seq++) lost.add(seq);
      seen.set(loss.epoch, lost);
    }
    if (!broker.acking) return;
    const ack = `ek/v1/${parsed.bucket}/${parsed.endpoint}/ack`;
    void broker.publish(ack, JSON.stringify(ackOf(message.epoch, seqs))).catch(() => {});
  }

  async function up(): Promise<void> {
    const made = await Aedes.createBroker();
    aedes = made;
    made.authenticate = (_client, _user, _password, done) => {
      if (broker.refuseWith === null) return done(null, true);
      done(Object.assign(new Error('refused'), { returnCode: broker.refuseWith }) as never, false);
    };
    made.authorizePublish = (client, packet, done) => {
      if (client) keep(packet.topic, packet.payload as Buffer, packet.retain);
      done(null);
    };
    // A will comes without a client's own PUBLISH.
    made.on('publish', (packet, client) => {
      if (!client && packet.topic.endsWith('/presence')) keep(packet.topic, packet.payload as Buffer, packet.retain);
    });
    const handle = (socket: Socket) => {
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      made.handle(socket);
    };
    const listening: Server = tls ? createTlsServer(tls, handle) : createServer(handle);
    server = listening;
    await new Promise<void>((resolve) => listening.listen(broker.port, '127.0.0.1', resolve));
    broker.port = (listening.address() as { port: number }).port;
  }

  await up();
  return broker;
}

/** Waits until something holds, looking often; for what other processes do. @throws when it does not hold in time */
export async function until<T>(what: string, look: () => T | null | undefined | false, limitMs = 15_000): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`did not happen within ${limitMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
