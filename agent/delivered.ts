/**
 * What a broker has confirmed on one connection. An `ack` names numbers, and with a copied folder another machine may
 * have used the same ones: so only what the broker also confirmed to this process may leave its spool.
 */
import type { Ack } from '../shared/report.ts';

type SeqRange = [from: number, to: number];

export interface Delivered {
  add(entry: { epoch: string; seq: number }): void;
  /** What of the ack was delivered here. */
  within(ack: Ack): Ack;
}

export function createDelivered(): Delivered {
  /** Live and backlog are each sent in order: a few ranges suffice. */
  const known = new Map<string, SeqRange[]>();

  return {
    add({ epoch, seq }) {
      const ranges = known.get(epoch) ?? [];
      known.set(epoch, ranges);
      const touching = ranges.filter(([from, to]) => seq >= from - 1 && seq <= to + 1);
      const joined: SeqRange = [seq, seq];
      for (const range of touching) {
        joined[0] = Math.min(joined[0], range[0]);
        joined[1] = Math.max(joined[1], range[1]);
        ranges.splice(ranges.indexOf(range), 1);
      }
      ranges.push(joined);
    },
    within({ epoch, through, also }) {
      const both: SeqRange[] = [];
      for (const [from, to] of [[1, through], ...also] as SeqRange[])
        for (const [first, last] of known.get(epoch) ?? [])
          if (first <= to && last >= from) both.push([Math.max(first, from), Math.min(last, to)]);
      return { epoch, through: 0, also: both };
    },
  };
}
