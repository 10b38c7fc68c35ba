/**
 * MQTT 3.1.1, of it what an agent says and hears: a session that starts clean, QoS 0 and 1, a will. Pure: packets as bytes, bytes as
 * packets. A client from a package does everything, and a cycle of the agent then touches 2 MB of code for 900 bytes that it sends.
 */

const connect = 0x10;
const publish = 0x30;
const puback = 0x40;
const subscribe = 0x82;
const kinds = { connack: 2, publish: 3, puback: 4, suback: 9, pong: 13 } as const;
const maxLengthBytes = 4;

export interface Connect {
  clientId: string;
  username: string;
  password: string;
  keepAliveS: number;
  /** QoS 1, retained. */
  will: { topic: string; body: string };
}

export type MqttPacket =
  | { kind: 'connack'; code: number }
  | { kind: 'publish'; topic: string; body: Buffer; id: number | null }
  | { kind: 'puback'; id: number }
  | { kind: 'suback'; codes: readonly number[] }
  | { kind: 'pong' };

/** How many bytes follow, seven bits to a byte, the lowest first [MQTT-2.2.3]. */
function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return bytes;
}

const twoBytes = (value: number) => [value >> 8, value & 0xff];

function textBytes(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from(twoBytes(bytes.length)), bytes]);
}

function packet(first: number, ...parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.from([first, ...lengthBytes(length)]), ...parts]);
}

export function connectPacket({ clientId, username, password, keepAliveS, will }: Connect): Buffer {
  // User name, password, will retained, will QoS 1, will, clean session [MQTT-3.1.2].
  const flags = 0x80 | 0x40 | 0x20 | 0x08 | 0x04 | 0x02;
  const texts = [clientId, will.topic, will.body, username, password].map(textBytes);
  return packet(connect, textBytes('MQTT'), Buffer.from([4, flags, ...twoBytes(keepAliveS)]), ...texts);
}

/** QoS 1, in one piece: each piece that is written alone is a packet of the network. */
export function publishPacket(topic: string, body: Uint8Array, id: number, retain: boolean): Buffer {
  const topicLength = Buffer.byteLength(topic);
  const length = lengthBytes(2 + topicLength + 2 + body.length);
  const bytes = Buffer.allocUnsafe(1 + length.length + 2 + topicLength + 2 + body.length);
  bytes[0] = publish | 0x02 | (retain ? 1 : 0);
  bytes.set(length, 1);
  let at = bytes.writeUInt16BE(topicLength, 1 + length.length);
  at += bytes.write(topic, at);
  at = bytes.writeUInt16BE(id, at);
  bytes.set(body, at);
  return bytes;
}

export function subscribePacket(id: number, topics: readonly (readonly [topic: string, qos: 0 | 1])[]): Buffer {
  const each = topics.flatMap(([topic, qos]) => [textBytes(topic), Buffer.from([qos])]);
  return packet(subscribe, Buffer.from(twoBytes(id)), ...each);
}

export const pubackPacket = (id: number): Buffer => Buffer.from([puback, 2, ...twoBytes(id)]);
export const pingPacket = (): Buffer => Buffer.from([0xc0, 0]);
export const disconnectPacket = (): Buffer => Buffer.from([0xe0, 0]);

const strange = (what: string) => new Error(`The other end does not speak MQTT 3.1.1 as it should: ${what}`);

/** @throws Error for what only another protocol, or a fault, would send */
function packetOf(first: number, body: Buffer): MqttPacket {
  const kind = first >> 4;
  const atLeast = (bytes: number) => {
    if (body.length < bytes) throw strange(`a packet of kind ${kind} has ${body.length} bytes`);
  };
  switch (kind) {
    case kinds.connack:
      atLeast(2);
      return { kind: 'connack', code: body.readUInt8(1) };
    case kinds.publish:
      return publishIn((first >> 1) & 3, body, atLeast);
    case kinds.puback:
      atLeast(2);
      return { kind: 'puback', id: body.readUInt16BE(0) };
    case kinds.suback:
      atLeast(3);
      return { kind: 'suback', codes: [...body.subarray(2)] };
    case kinds.pong:
      return { kind: 'pong' };
    default:
      throw strange(`a packet of kind ${kind} came`);
  }
}

function publishIn(qos: number, body: Buffer, atLeast: (bytes: number) => void): MqttPacket {
  if (qos > 1) throw strange(`a message of QoS ${qos} came, and 1 was asked for`);
  atLeast(2);
  const topicEnd = 2 + body.readUInt16BE(0);
  const idBytes = qos === 0 ? 0 : 2;
  atLeast(topicEnd + idBytes);
  return {
    kind: 'publish',
    topic: body.toString('utf8', 2, topicEnd),
    id: qos === 0 ? null : body.readUInt16BE(topicEnd),
    body: body.subarray(topicEnd + idBytes),
  };
}

/** Where the packet at `from` has its body; null while its length is not all here. @throws Error */
function boundsAt(bytes: Buffer, from: number): { body: number; end: number } | null {
  let length = 0;
  for (let i = 0; i < maxLengthBytes; i++) {
    const byte = bytes[from + 1 + i];
    if (byte === undefined) return null;
    length |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { body: from + 2 + i, end: from + 2 + i + length };
  }
  throw strange(`a packet has a length of more than ${maxLengthBytes} bytes`);
}

/**
 * Cuts a stream into packets, however its bytes arrive. What it is given must not change afterwards.
 * @param longest in bytes: a longer packet is refused before it is all here
 */
export function createPacketReader(longest: number): (bytes: Buffer) => MqttPacket[] {
  let rest: Buffer | null = null;
  return (bytes) => {
    const all: Buffer = rest ? Buffer.concat([rest, bytes]) : bytes;
    const packets: MqttPacket[] = [];
    let at = 0;
    for (;;) {
      const first = all[at];
      if (first === undefined) break;
      // At once: the length of what is no packet may be one for which it would be waited.
      if (first >> 4 !== kinds.publish && (first & 0x0f) !== 0) throw strange(`a packet begins with ${first}`);
      const bounds = boundsAt(all, at);
      if (bounds && bounds.end - at > longest) throw strange(`a packet of ${bounds.end - at} bytes came`);
      if (!bounds || bounds.end > all.length) break;
      packets.push(packetOf(first, all.subarray(bounds.body, bounds.end)));
      at = bounds.end;
    }
    rest = at < all.length ? all.subarray(at) : null;
    return packets;
  };
}
