/**
 * The blocks that are durable in the journal and not yet in a segment, held by the worker with an index by endpoint.
 * They come in generations: the oldest is compacted while the newest grows. A query reads all of them.
 */
import { eachRecord, eachSample, type JournalBlock } from '../journal/record.ts';

/** What one compaction takes at most: sorting it needs about six times as much memory, which is kept. */
const fullGenerationBytes = 8 * 1024 * 1024;

interface RecordPlace {
  block: JournalBlock;
  offset: number;
}

export interface Generation {
  firstBlock: number;
  lastBlock: number;
  bytes: number;
  /** When it was first seen, ms UTC; null: not yet. */
  since: number | null;
  /** It is being compacted: nothing is added any more. */
  sealed: boolean;
  /** Its reports by endpoint, as they came. */
  byEndpoint: Map<number, RecordPlace[]>;
}

export interface BlockTail {
  add(block: JournalBlock): void;
  /** The oldest generation with blocks up to `upTo`, sealed, when it is full or has gathered for so long; undefined: none is due. */
  seal(step: { upTo: number; now: number; gatherMs: number }): Generation | undefined;
  /** The sealed generation is in segments that queries see from now on. */
  drop(): void;
  eachSample(endpoint: number, visit: (line: number, at: number, value: number) => void): void;
}

export function createTail(): BlockTail {
  let generations: Generation[] = [];

  const openFor = (block: JournalBlock): Generation => {
    const newest = generations.at(-1);
    if (newest && !newest.sealed && newest.bytes < fullGenerationBytes) return newest;
    const of = { firstBlock: block.id, lastBlock: block.id, byEndpoint: new Map<number, RecordPlace[]>() };
    const opened: Generation = { ...of, bytes: 0, since: null, sealed: false };
    generations.push(opened);
    return opened;
  };

  return {
    add(block) {
      const generation = openFor(block);
      generation.lastBlock = block.id;
      generation.bytes += block.floats.byteLength;
      eachRecord(block, (head, offset) => {
        if (head.groups === null) return;
        const places = generation.byEndpoint.get(head.endpoint);
        if (places) places.push({ block, offset });
        else generation.byEndpoint.set(head.endpoint, [{ block, offset }]);
      });
    },
    seal({ upTo, now, gatherMs }) {
      const oldest = generations[0];
      if (!oldest || oldest.firstBlock > upTo) return undefined;
      oldest.since ??= now;
      const isFull = generations.length > 1 || oldest.bytes >= fullGenerationBytes;
      // A clock that is set does not make it wait longer.
      const isOld = Math.abs(now - oldest.since) >= gatherMs;
      if (!oldest.sealed && !isFull && !isOld) return undefined;
      oldest.sealed = true;
      return oldest;
    },
    drop() {
      generations = generations.filter(({ sealed }) => !sealed);
    },
    eachSample(endpoint, visit) {
      for (const generation of generations) eachSampleOf(generation, endpoint, visit);
    },
  };
}

/** Calls `visit` for each sample of the endpoint in the generation, as they came. */
export function eachSampleOf(
  generation: Generation,
  endpoint: number,
  visit: (line: number, at: number, value: number) => void,
): void {
  for (const { block, offset } of generation.byEndpoint.get(endpoint) ?? []) eachSample(block, offset, visit);
}
