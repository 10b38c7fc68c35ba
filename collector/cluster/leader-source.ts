/**
 * Where the leader's messages come from: the collectors that serve the buckets. What one passes on is taken while it has the
 * lease of the bucket, and no longer; the answer goes back once the leader has saved what is to be saved of it.
 */
import type { WebSocket } from 'ws';
import type { Log } from '../../shared/log.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import type { IntakeSource, OpenSource, SourceParts } from '../intake/source.ts';
import type { Arrival, SeriesStore } from '../series/series.ts';
import {
  decodeFrames,
  encodeAnswer,
  encodeEndpoint,
  type LeaderAnswer,
  type PassedMessage,
  plainly,
  type ReceivedPlace,
} from './frames.ts';
import type { Holdings } from './holdings.ts';

/** Messages to agents, and the end of their connections: any collector can, because one broker has them all. */
export type Outward = Pick<IntakeSource, 'send' | 'disconnect' | 'connected' | 'port'>;

export interface LeaderSource {
  source: OpenSource;
  /** The store of the leader's pipeline: samples of reports are kept by the collector of the bucket, not here. */
  storeOf(series: SeriesStore): SeriesStore;
  /** An epoch that its agent is to leave. */
  conflict(endpoint: string, epoch: string): void;
  /** @param from instance of the collector that passes it on */
  take(from: string, passed: PassedMessage): Promise<LeaderAnswer>;
  /** What is known of an endpoint is another now: the others read it again. */
  tell(endpoint: string): void;
  /** Another collector has connected. */
  accept(socket: WebSocket, from: string): void;
}

export interface LeaderSourceParts {
  holdings: Pick<Holdings, 'holderOf' | 'round'>;
  outward: Outward;
  log: Log;
}

export function createLeaderSource({ holdings, outward, log }: LeaderSourceParts): LeaderSource {
  let parts: SourceParts | null = null;
  let isClosed = false;
  const sockets = new Set<WebSocket>();
  /** Of endpoints whose last message has not been read yet: what follows it waits. */
  const turns = new Map<string, Promise<void>>();
  /** What the pipeline has said of an endpoint since its last answer. */
  const places = new Map<string, ReceivedPlace[]>();
  const conflicts = new Map<string, Set<string>>();

  async function isServedBy(from: string, bucket: string): Promise<boolean> {
    if (holdings.holderOf(bucket) === from) return true;
    // It may have changed hands since our last look.
    await holdings.round().catch(() => undefined);
    return holdings.holderOf(bucket) === from;
  }

  function answerOf(endpoint: string, outcome: LeaderAnswer['outcome']): LeaderAnswer {
    const answer: LeaderAnswer = {
      outcome,
      conflicts: [...(conflicts.get(endpoint) ?? [])],
      places: places.get(endpoint) ?? [],
    };
    conflicts.delete(endpoint);
    places.delete(endpoint);
    return answer;
  }

  async function take(from: string, passed: PassedMessage): Promise<LeaderAnswer> {
    const { endpoint, leaf, payload } = passed;
    const bucket = bucketOf(endpoint);
    const { promise, resolve, reject } = Promise.withResolvers<LeaderAnswer>();
    const read = () => {
      if (isClosed || !parts) return reject(new Error('the leader is closed'));
      return parts.onMessage({
        ...{ endpoint, leaf, payload, topic: topicOf({ bucket, endpoint }, leaf), from: passed.from, crowded: false },
        receivedAt: passed.receivedAt,
        acknowledge: () => resolve(answerOf(endpoint, 'done')),
        refuse: () => resolve(answerOf(endpoint, 'refused')),
      });
    };
    const begin = () =>
      holdings.holderOf(bucket) === from
        ? read()
        : isServedBy(from, bucket).then((isIts) => (isIts ? read() : resolve(plainly('refused'))));
    // Each behind the one before it, and not all behind the first: they would overtake each other there.
    const going = turns.get(endpoint)?.then(begin) ?? begin();
    if (going) {
      const turn = going.finally(() => {
        if (turns.get(endpoint) === turn) turns.delete(endpoint);
      });
      turns.set(endpoint, turn);
    }
    const answer = await promise;
    // What proves the time in which an agent was cut off has to be saved before the agent forgets it.
    if (leaf === 'backlog' && answer.outcome === 'done') await parts?.saved?.();
    return answer;
  }

  return {
    take,
    conflict(endpoint, epoch) {
      const epochs = conflicts.get(endpoint) ?? new Set();
      conflicts.set(endpoint, epochs.add(epoch));
    },
    async source(given) {
      parts = given;
      return {
        port: outward.port,
        connected: outward.connected,
        send: outward.send,
        disconnect: outward.disconnect,
        async close() {
          isClosed = true;
          for (const socket of sockets) socket.terminate();
        },
      };
    },
    storeOf(series) {
      return {
        ...series,
        stats: series.stats,
        accept(arrival, settled) {
          series.note(arrival);
          settled(null);
          return 'new';
        },
        async append(arrival: Arrival) {
          const { endpoint, report, digest } = arrival;
          const stored = await series.append(arrival);
          if (stored === 'conflict') return stored;
          const place = { epoch: report.epoch, seq: report.seq, digest, metrics: [] };
          places.set(endpoint, [...(places.get(endpoint) ?? []), place]);
          return stored;
        },
      };
    },
    accept(socket, from) {
      if (isClosed) return socket.terminate();
      sockets.add(socket);
      let answers: Buffer[] = [];
      const flush = () => {
        const some = answers;
        answers = [];
        if (socket.readyState === socket.OPEN) socket.send(Buffer.concat(some));
      };
      socket.on('error', (error) =>
        log.debug({ reason: error.message }, 'A collector has lost its connection to the leader'),
      );
      socket.on('close', () => sockets.delete(socket));
      socket.on('message', (bytes: Buffer) => {
        try {
          for (const frame of decodeFrames(bytes)) if ('passed' in frame) void answer(frame.n, frame.passed);
        } catch (thrown) {
          log.error({ err: thrown, from }, 'A collector has sent what nobody understands');
          socket.terminate();
        }
      });
      async function answer(n: number, passed: PassedMessage): Promise<void> {
        const given = await take(from, passed).catch(() => null);
        if (given === null) return;
        if (answers.push(encodeAnswer(n, given)) === 1) setImmediate(flush);
      }
    },
    tell(endpoint) {
      for (const socket of sockets) if (socket.readyState === socket.OPEN) socket.send(encodeEndpoint(endpoint));
    },
  };
}
