/**
 * Passes messages of agents on to the leader, wherever that is, and brings its answers back. What has no answer when the
 * leader moves, or the connection breaks, is passed on again, in the order in which it came: the leader takes it twice without harm.
 */
import type { WebSocket } from 'ws';
import type { Log } from '../../shared/log.ts';
import { decodeFrames, encodePassed, type LeaderAnswer, type PassedMessage, plainly } from './frames.ts';
import type { Leader } from './holdings.ts';

/** The leader of this process. */
export type TakePassed = (from: string, passed: PassedMessage) => Promise<LeaderAnswer>;

export interface Relay {
  /** Resolves with the leader's answer, however long that takes; `refused` once the relay is closed. */
  pass(passed: PassedMessage): Promise<LeaderAnswer>;
  /** Messages without an answer. */
  waiting(): number;
  /** Whether a leader takes messages at the moment. */
  isConnected(): boolean;
  close(): void;
}

export interface RelayParts {
  /** Of this collector. */
  instance: string;
  leader(): Leader | null;
  onLeader(listener: (leader: Leader | null) => void): () => void;
  /** The leader of this process, once it is open. */
  own(): TakePassed | null;
  onOwn(listener: () => void): () => void;
  /** Opens a connection to another collector. */
  connect(leader: Leader): WebSocket;
  /** The leader has changed what is known of an endpoint. */
  onEndpoint(endpoint: string): void;
  log: Log;
}

interface WaitingPassage {
  passed: PassedMessage;
  resolve(answer: LeaderAnswer): void;
}

const againMs = 500;
/** What one message of the connection holds: the other end takes no more. */
const togetherBytes = 4 * 1024 * 1024;

export function createRelay(parts: RelayParts): Relay {
  const { log } = parts;
  const waiting = new Map<number, WaitingPassage>();
  let last = 0;
  let link: { leader: Leader; socket: WebSocket | null; isOpen: boolean } | null = null;
  let unsent: number[] = [];
  let isDue = false;
  let retry: NodeJS.Timeout | null = null;
  let isClosed = false;

  function follow(): void {
    if (isClosed) return;
    const leader = parts.leader();
    const isSame = link !== null && leader !== null && link.leader.token === leader.token;
    if (isSame && (link?.socket === null) === (parts.own() !== null && leader.isMine)) return;
    leave();
    if (leader === null || (leader.isMine && !parts.own())) return;
    link = { leader, socket: null, isOpen: leader.isMine };
    if (!leader.isMine) open(leader);
    if (link.isOpen) passAll();
  }

  function open(leader: Leader): void {
    const socket = parts.connect(leader);
    link = { leader, socket, isOpen: false };
    const isCurrent = () => link?.socket === socket;
    let isOpened = false;
    socket.on('open', () => {
      if (!isCurrent() || !link) return;
      isOpened = link.isOpen = true;
      log.info({ leader: leader.member.name, waiting: waiting.size }, 'Messages go to the leader');
      passAll();
    });
    socket.on('message', (bytes: Buffer) => {
      try {
        for (const frame of decodeFrames(bytes)) {
          if ('answer' in frame) settle(frame.n, frame.answer);
          else if ('endpoint' in frame) parts.onEndpoint(frame.endpoint);
        }
      } catch (thrown) {
        log.error({ err: thrown, leader: leader.member.name }, 'The leader has sent what nobody understands');
        socket.terminate();
      }
    });
    socket.on('error', (error) =>
      log.debug({ reason: error.message, leader: leader.member.name }, 'The leader is not reached'),
    );
    socket.on('close', () => {
      if (!isCurrent()) return;
      link = null;
      if (isClosed) return;
      if (isOpened)
        log.warn(
          { leader: leader.member.name, waiting: waiting.size },
          'The connection to the leader is cut; messages wait',
        );
      retry = setTimeout(follow, againMs);
    });
  }

  function leave(): void {
    if (retry) clearTimeout(retry);
    const old = link?.socket;
    link = null;
    unsent = [];
    old?.terminate();
  }

  /** All that have no answer, in their order. */
  function passAll(): void {
    unsent = [...waiting.keys()];
    send();
  }

  function send(): void {
    isDue = false;
    if (!link?.isOpen) return;
    const { socket } = link;
    const numbers = unsent;
    unsent = [];
    let frames: Buffer[] = [];
    let bytes = 0;
    const flush = () => {
      if (frames.length > 0) socket?.send(Buffer.concat(frames));
      [frames, bytes] = [[], 0];
    };
    for (const n of numbers) {
      const one = waiting.get(n);
      if (!one) continue;
      if (!socket) void takeHere(n, one);
      else {
        const frame = encodePassed(n, one.passed);
        if (bytes + frame.length > togetherBytes) flush();
        bytes += frame.length;
        frames.push(frame);
      }
    }
    flush();
  }

  async function takeHere(n: number, { passed }: WaitingPassage): Promise<void> {
    const take = parts.own();
    if (!take) return;
    const answer = await take(parts.instance, passed).catch(() => null);
    // A leader that is closed has no answer; the next one has.
    if (answer && parts.own() === take) settle(n, answer);
  }

  function settle(n: number, answer: LeaderAnswer): void {
    const one = waiting.get(n);
    waiting.delete(n);
    one?.resolve(answer);
  }

  const stops = [parts.onLeader(follow), parts.onOwn(follow)];
  follow();

  return {
    pass(passed) {
      if (isClosed) return Promise.resolve(plainly('refused'));
      const n = ++last;
      const { promise, resolve } = Promise.withResolvers<LeaderAnswer>();
      waiting.set(n, { passed, resolve });
      if (link?.isOpen) {
        unsent.push(n);
        // What comes in one turn goes in one message.
        if (!isDue) setImmediate(send);
        isDue = true;
      }
      return promise;
    },
    waiting: () => waiting.size,
    isConnected: () => link?.isOpen === true,
    close() {
      isClosed = true;
      for (const stop of stops) stop();
      leave();
      for (const { resolve } of waiting.values()) resolve(plainly('refused'));
      waiting.clear();
    },
  };
}
