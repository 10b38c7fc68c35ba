/**
 * What a collector does with messages of the buckets that it serves: keeps the samples, passes each message on to the leader, and
 * acknowledges when both are done. What the leader has to save first, such as a loss or the proof of an outage, is kept after it.
 */
import type { Clock } from '../../shared/clock.ts';
import { EvenkeelError, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Report } from '../../shared/report.ts';
import type { Acks } from '../intake/acks.ts';
import { type AdmitParts, admit, type Readable } from '../intake/read-message.ts';
import type { Publication } from '../intake/source.ts';
import type { SeriesStore } from '../series/series.ts';
import type { LeaderAnswer, ReceivedPlace } from './frames.ts';
import type { Holdings } from './holdings.ts';
import type { KnownEndpoint, KnownEndpoints } from './known.ts';
import type { Relay } from './relay.ts';

export interface PostParts {
  reading: AdmitParts;
  known: KnownEndpoints;
  series: Pick<SeriesStore, 'accept' | 'append'>;
  relay: Relay;
  acks: Pick<Acks, 'due' | 'conflict'>;
  holdings: Pick<Holdings, 'holds' | 'isSure'>;
  clock: Clock;
  log: Log;
}

export interface BucketPost {
  /** As of a source: never throws, and what it returns never rejects. */
  take(message: Publication): Promise<void> | undefined;
}

/** As `accept` of a store answers, or why it was not kept. */
type KeptAs = 'kept' | 'conflict' | 'waits';

export function createPost(parts: PostParts): BucketPost {
  const { known, relay, acks, series, clock, log } = parts;

  function readOf(message: Readable): Promise<void> | undefined {
    if (message.leaf !== 'report' && message.leaf !== 'backlog') return undefined;
    try {
      return admit(parts.reading, message)?.catch(() => undefined);
    } catch {
      // The leader comes to the same, sets it aside, and says what to do with its number.
      return undefined;
    }
  }

  function keep(endpoint: string, receivedAt: number, report: Report, digest: number): Promise<KeptAs> {
    return new Promise((resolve) => {
      try {
        const taken = series.accept({ endpoint, receivedAt, report, digest }, (problem) =>
          resolve(problem ? 'waits' : 'kept'),
        );
        if (taken === 'conflict') resolve('conflict');
      } catch (thrown) {
        // Numbers with more gaps than are remembered: a new epoch is the cure.
        const isFull = thrown instanceof EvenkeelError && thrown.code === 'TOO_MANY_GAPS';
        if (!isFull) log.debug({ endpoint, reason: reasonOf(thrown) }, 'A report was not kept; it is resent');
        resolve(isFull ? 'conflict' : 'waits');
      }
    });
  }

  async function keepPlaces(endpoint: string, receivedAt: number, places: readonly ReceivedPlace[]): Promise<boolean> {
    for (const { epoch, seq, digest, metrics } of places) {
      const report: Report = { v: 1, epoch, seq, at: receivedAt, metrics };
      const kept = await keep(endpoint, receivedAt, report, digest);
      if (kept === 'conflict') acks.conflict(endpoint, epoch);
      if (kept !== 'kept') return false;
      acks.due(endpoint, epoch);
    }
    return true;
  }

  async function finish(
    message: Publication,
    read: Readable,
    passing: Promise<LeaderAnswer>,
    keeping: Promise<KeptAs> | null,
  ) {
    const { endpoint } = message;
    const { receivedAt, report, digest = 0 } = read;
    const answer = await passing;
    for (const epoch of answer.conflicts) acks.conflict(endpoint, epoch);
    const isDone = answer.outcome === 'done' && (await keepPlaces(endpoint, receivedAt, answer.places));
    const kept = !isDone || !report ? null : await (keeping ?? keep(endpoint, receivedAt, report, digest));
    if (kept === 'conflict' && report) acks.conflict(endpoint, report.epoch);
    if (!isDone || (kept !== null && kept !== 'kept')) return message.refuse();
    if (report) acks.due(endpoint, report.epoch);
    message.acknowledge();
  }

  function pass(message: Publication, endpoint: KnownEndpoint): Promise<void> | undefined {
    const { leaf, topic, payload, from, crowded } = message;
    const receivedAt = clock.now();
    const answers = { acknowledge: message.acknowledge, refuse: message.refuse };
    const read: Readable = { endpoint, leaf, topic, payload, from, crowded, receivedAt, ...answers };
    const reading = readOf(read);
    const goOn = () => {
      const passing = relay.pass({ endpoint: endpoint.id, leaf, payload, from, receivedAt });
      const { report, isEmptied } = read;
      // Only samples of now may be kept before the leader has seen them.
      const isPlain = leaf === 'report' && report && !report.lost && !isEmptied;
      const keeping = isPlain ? keep(endpoint.id, receivedAt, report, read.digest as number) : null;
      finish(message, read, passing, keeping).catch((thrown: unknown) => {
        log.error({ err: thrown, endpoint: endpoint.id, topic }, 'Could not process a message; it is resent');
        message.refuse();
      });
    };
    if (!reading) return void goOn();
    return reading.then(goOn);
  }

  return {
    take(message) {
      // Another may serve its bucket by now.
      if (!parts.holdings.isSure()) return void message.refuse();
      const endpoint = known.get(message.endpoint);
      if (endpoint) return pass(message, endpoint);
      return known.find(message.endpoint).then(
        (found) => (found ? pass(message, found) : message.refuse()),
        () => message.refuse(),
      );
    },
  };
}
