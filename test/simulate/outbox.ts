/** What a simulated agent has not been told to be durable: in memory, numbered, trimmed only by acks. */
import { type Ack, encode } from '../../shared/report.ts';
import type { UpLeaf } from '../../shared/topics.ts';

export interface Item {
  seq: number;
  at: number;
  leaf: Extract<UpLeaf, 'report' | 'inventory'>;
  payload: Buffer;
}

export interface Outbox {
  readonly epoch: string;
  /** Numbers given out so far. */
  readonly generated: number;
  readonly size: number;
  put(leaf: Item['leaf'], at: number, body: object): Item;
  /** @returns how many were trimmed */
  acked(ack: Ack): number;
  items(): Iterable<Item>;
}

export function createOutbox(epoch: string): Outbox {
  const items = new Map<number, Item>();
  let seq = 0;
  return {
    epoch,
    get generated() {
      return seq;
    },
    get size() {
      return items.size;
    },
    put(leaf, at, body) {
      seq++;
      const item = { seq, at, leaf, payload: encode({ v: 1, epoch, seq, at, ...body }) };
      items.set(seq, item);
      return item;
    },
    acked(ack) {
      if (ack.epoch !== epoch) return 0;
      const before = items.size;
      // In the order of their numbers: what is beyond `through` ends the search.
      for (const number of items.keys()) {
        if (number > ack.through) break;
        items.delete(number);
      }
      for (const [from, to] of ack.also) for (let number = from; number <= to; number++) items.delete(number);
      return before - items.size;
    },
    items: () => items.values(),
  };
}
