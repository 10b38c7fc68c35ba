/**
 * Reports are nearly all that comes. A whole PUBLISH of one, on the own topic, is taken from the bytes of its connection at
 * once: the parser and aedes would make 16 of 37 µs of it (measured). All else, and what is not whole, is theirs as it came.
 */
import type { Client } from 'aedes';
import { topicOf, type UpLeaf } from '../../../shared/topics.ts';
import { limits } from '../../doors/limits.ts';
import type { Connection } from './connection.ts';

/** The parts of mqtt-packet's parser (9.0.2) that this relies on; tested in test/collector/intake/report-frames.test.ts. */
interface PacketParser {
  packet: { length: number };
  _list: { length: number };
  _stateCounter: number;
  error: Error | null;
  parse(bytes: Buffer): number;
}

/** The same of a client of aedes (1.2.0). */
interface ReadingClient {
  _parser: PacketParser;
  _keepaliveTimer: NodeJS.Timeout | null;
  /** How many packets are not done: it reads on when none is. */
  _parsingBatch: number;
  _nextBatch(): void;
}

export interface OwnTopic {
  leaf: UpLeaf;
  topic: string;
}

export type TakeReport = (connection: Connection, topic: OwnTopic, payload: Buffer, messageId: number) => void;

/** PUBLISH of QoS 1, neither repeated nor retained [MQTT-3.3.1]. */
const publishAtQos1 = 0x32;
/** Of a remaining length [MQTT-2.2.3]. */
const lengthBytesAtMost = 4;
const idBytes = 2;
const leaves: readonly UpLeaf[] = ['report', 'backlog'];

/** @param connectionOf once it has authenticated */
export function takeReports(
  client: Client,
  connectionOf: (client: Client) => Connection | undefined,
  take: TakeReport,
): void {
  const reader = new ReportReader(client, connectionOf, take);
  const parser = reader.inside._parser;
  const parse = parser.parse;
  parser.parse = (bytes: Buffer) => {
    const taken = reader.takeFrom(bytes);
    if (taken === bytes.length) return 0;
    return parse.call(parser, taken === 0 ? bytes : bytes.subarray(taken));
  };
  const { conn } = client;
  const push = conn.push;
  // What a socket has read goes through the queue of its stream, an event and two turns before a parser gets it, which costs
  // more than to take a report: so it is offered where it is put into that queue.
  conn.push = (bytes: unknown, encoding?: BufferEncoding) => {
    const taken = Buffer.isBuffer(bytes) && reader.isFree ? reader.takeFrom(bytes) : 0;
    if (taken === 0) return push.call(conn, bytes, encoding);
    return taken === (bytes as Buffer).length || push.call(conn, (bytes as Buffer).subarray(taken), encoding);
  };
}

/** One per connection, so its methods are shared. */
class ReportReader {
  readonly inside: ReadingClient;
  #client: Client;
  #connectionOf: (client: Client) => Connection | undefined;
  #take: TakeReport;
  #topics: OwnTopic[] | undefined;

  constructor(client: Client, connectionOf: (client: Client) => Connection | undefined, take: TakeReport) {
    this.inside = client as unknown as ReadingClient;
    this.#client = client;
    this.#connectionOf = connectionOf;
    this.#take = take;
  }

  /** Nothing waits to be read, which would be overtaken, and its window is not full. */
  get isFree(): boolean {
    return this.inside._parsingBatch === 0 && this.#client.conn.readableLength === 0;
  }

  /** @returns where it ends what was taken */
  takeFrom(bytes: Buffer): number {
    const client = this.#client;
    const { _parser: parser } = this.inside;
    const isBetween =
      parser._stateCounter === 0 && parser._list.length === 0 && parser.packet.length === -1 && !parser.error;
    // Before that packets wait for its CONNACK, in their order.
    const connection = isBetween && client.connected ? this.#connectionOf(client) : undefined;
    if (!connection) return 0;
    this.#topics ??= leaves.map((leaf) => ({ leaf, topic: topicOf(connection.address, leaf) }));
    let from = 0;
    while (!client.closed) {
      const to = this.#takeOne(connection, this.#topics, bytes, from);
      if (to === from) break;
      from = to;
    }
    if (from > 0) this.inside._keepaliveTimer?.refresh();
    return client.closed ? bytes.length : from;
  }

  #takeOne(connection: Connection, own: readonly OwnTopic[], bytes: Buffer, from: number): number {
    if (bytes[from] !== publishAtQos1) return from;
    let at = from + 1;
    let length = 0;
    for (let n = 0, byte = 0x80; byte & 0x80; n++) {
      if (n === lengthBytesAtMost || at === bytes.length) return from;
      byte = bytes[at++] as number;
      length += (byte & 0x7f) << (7 * n);
    }
    const end = at + length;
    if (length > limits.mqtt.publish || end > bytes.length) return from;
    for (const topic of own) {
      const payloadAt = at + 2 + topic.topic.length + idBytes;
      if (payloadAt > end || !isText(topic.topic, bytes, at)) continue;
      const id = ((bytes[payloadAt - 2] as number) << 8) | (bytes[payloadAt - 1] as number);
      if (id === 0) return from;
      this.#take(connection, topic, bytes.subarray(payloadAt, end), id);
      return end;
    }
    return from;
  }
}

/** As if aedes had a packet that is not done. @returns what it is to call then */
export function stopReading(client: Client): () => void {
  const inside = client as unknown as ReadingClient;
  inside._parsingBatch++;
  return () => inside._nextBatch();
}

/** A string as MQTT writes it: its length, then its bytes [MQTT-1.5.3]. Own topics have one byte per character. */
function isText(text: string, bytes: Buffer, from: number): boolean {
  if (bytes[from] !== text.length >> 8 || bytes[from + 1] !== (text.length & 0xff)) return false;
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[from + 2 + i]) return false;
  return true;
}
