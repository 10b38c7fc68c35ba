/**
 * What collectors say to each other about messages of agents, as bytes: several frames in one message of the connection.
 * Both ends are of one version, or the connection is refused, so nothing here has to be understood by others.
 */

import type { Metric } from '../../shared/report.ts';
import { type UpLeaf, upLeaves } from '../../shared/topics.ts';

/** A message of an agent that the collector of its bucket passes on to the leader. */
export interface PassedMessage {
  endpoint: string;
  leaf: UpLeaf;
  payload: Uint8Array;
  /** The network address that it comes from, or what stands for it. */
  from: string;
  /** ms UTC. */
  receivedAt: number;
}

/** A number that counts as received from now on, with what the leader has made of its message. */
export interface ReceivedPlace {
  epoch: string;
  seq: number;
  digest: number;
  metrics: Metric[];
}

export interface LeaderAnswer {
  /** `done`: it may be acknowledged. `refused`: not, and it is resent. */
  outcome: 'done' | 'refused';
  /** The agent is to go on under another epoch. */
  conflicts: string[];
  places: ReceivedPlace[];
}

export const plainly = (outcome: LeaderAnswer['outcome']): LeaderAnswer => ({ outcome, conflicts: [], places: [] });

const [ofMessage, ofAnswer, ofEndpoint] = [1, 2, 3];

export function encodePassed(n: number, { endpoint, leaf, payload, from, receivedAt }: PassedMessage): Buffer {
  const names = Buffer.from(`${endpoint}\0${from}`, 'utf8');
  const head = Buffer.allocUnsafe(20);
  head.writeUInt8(ofMessage, 0);
  head.writeUInt32LE(n >>> 0, 1);
  head.writeUInt8(upLeaves.indexOf(leaf), 5);
  head.writeDoubleLE(receivedAt, 6);
  head.writeUInt16LE(names.length, 14);
  head.writeUInt32LE(payload.length, 16);
  return Buffer.concat([head, names, payload]);
}

export function encodeAnswer(n: number, { outcome, conflicts, places }: LeaderAnswer): Buffer {
  const more = conflicts.length + places.length > 0 ? Buffer.from(JSON.stringify({ conflicts, places }), 'utf8') : null;
  const head = Buffer.allocUnsafe(10);
  head.writeUInt8(ofAnswer, 0);
  head.writeUInt32LE(n >>> 0, 1);
  head.writeUInt8(outcome === 'done' ? 1 : 0, 5);
  head.writeUInt32LE(more?.length ?? 0, 6);
  return more ? Buffer.concat([head, more]) : head;
}

/** What is known of an endpoint is another now. */
export function encodeEndpoint(endpoint: string): Buffer {
  const name = Buffer.from(endpoint, 'utf8');
  const head = Buffer.allocUnsafe(7);
  head.writeUInt8(ofEndpoint, 0);
  head.writeUInt32LE(0, 1);
  head.writeUInt16LE(name.length, 5);
  return Buffer.concat([head, name]);
}

export type Frame = { n: number } & ({ passed: PassedMessage } | { answer: LeaderAnswer } | { endpoint: string });

/** @throws RangeError, SyntaxError for bytes that are no frames */
export function* decodeFrames(bytes: Buffer): Generator<Frame> {
  for (let at = 0; at < bytes.length; ) {
    const kind = bytes.readUInt8(at);
    const n = bytes.readUInt32LE(at + 1);
    if (kind === ofMessage) {
      const leaf = upLeaves[bytes.readUInt8(at + 5)];
      if (leaf === undefined) throw new RangeError('unknown leaf');
      const receivedAt = bytes.readDoubleLE(at + 6);
      const [names, size] = [bytes.readUInt16LE(at + 14), bytes.readUInt32LE(at + 16)];
      const start = at + 20 + names;
      if (start + size > bytes.length) throw new RangeError('cut frame');
      const [endpoint = '', from = ''] = bytes.toString('utf8', at + 20, start).split('\0', 2);
      // A copy: what is kept of it must not hold all that came with it.
      yield {
        n,
        passed: { endpoint, leaf, from, receivedAt, payload: Buffer.from(bytes.subarray(start, start + size)) },
      };
      at = start + size;
    } else if (kind === ofAnswer) {
      const outcome = bytes.readUInt8(at + 5) === 1 ? 'done' : 'refused';
      const size = bytes.readUInt32LE(at + 6);
      if (at + 10 + size > bytes.length) throw new RangeError('cut frame');
      const more = size === 0 ? null : JSON.parse(bytes.toString('utf8', at + 10, at + 10 + size));
      yield { n, answer: { outcome, conflicts: more?.conflicts ?? [], places: more?.places ?? [] } };
      at += 10 + size;
    } else if (kind === ofEndpoint) {
      const size = bytes.readUInt16LE(at + 5);
      yield { n, endpoint: bytes.toString('utf8', at + 7, at + 7 + size) };
      at += 7 + size;
    } else throw new RangeError(`unknown frame ${kind}`);
  }
}
