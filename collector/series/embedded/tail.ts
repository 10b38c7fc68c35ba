/**
 * The frames that are durable in the journal and not yet in a segment, held by the worker with an index by endpoint.
 * Two generations: `sealed` is being compacted, `live` grows meanwhile. A query reads both.
 */
import { eachRecord, eachSample, type Frame } from './record.ts';

interface Place {
  frame: Frame;
  offset: number;
}

interface Generation {
  frames: Frame[];
  byEndpoint: Map<number, Place[]>;
}

const empty = (): Generation => ({ frames: [], byEndpoint: new Map() });

export interface Tail {
  add(frame: Frame): void;
  /** The frames to compact now: those left by a failed attempt first. Empty when there is nothing. */
  seal(): readonly Frame[];
  /** The sealed frames are in segments that queries see from now on. */
  drop(): void;
  eachSample(endpoint: number, visit: (line: number, at: number, value: number) => void): void;
}

export function createTail(): Tail {
  let live = empty();
  let sealed = empty();
  return {
    add(frame) {
      live.frames.push(frame);
      eachRecord(frame, (head, offset) => {
        if (head.groups === null) return;
        const places = live.byEndpoint.get(head.endpoint);
        if (places) places.push({ frame, offset });
        else live.byEndpoint.set(head.endpoint, [{ frame, offset }]);
      });
    },
    seal() {
      if (sealed.frames.length === 0) {
        sealed = live;
        live = empty();
      }
      return sealed.frames;
    },
    drop() {
      sealed = empty();
    },
    eachSample(endpoint, visit) {
      for (const generation of [sealed, live]) {
        for (const { frame, offset } of generation.byEndpoint.get(endpoint) ?? []) eachSample(frame, offset, visit);
      }
    },
  };
}
