/**
 * What the disk refuses: an epoch that only this process knows, bounded. So the collector is notified of a full disk
 * while it is full. Its numbers cannot be those of the file's epoch, because they cannot be persisted before use.
 */
import type { Loss } from '../shared/report.ts';
import { encode } from '../shared/wire.ts';
import type { Compose, SpoolEntry, SpoolKind } from './spool-entry.ts';
import { lostPerReport } from './spool-file.ts';

export class SpoolMemory {
  readonly era: number;
  readonly epoch: string;
  seq = 0;
  entries: SpoolEntry[] = [];
  /** Given up here, and not yet carried by an entry that is still here. */
  losses: Loss[] = [];
  #carried = new WeakMap<SpoolEntry, Loss[]>();
  #most: number;

  constructor(era: number, epoch: string, most: number) {
    this.era = era;
    this.epoch = epoch;
    this.#most = most;
  }

  put(kind: SpoolKind, at: number, compose: Compose): SpoolEntry {
    this.seq += 1;
    const lost = kind === 'report' ? this.losses.splice(0, lostPerReport) : [];
    const body = encode(compose({ epoch: this.epoch, seq: this.seq, lost }));
    const entry: SpoolEntry = { era: this.era, epoch: this.epoch, seq: this.seq, kind, at, body };
    this.entries.push(entry);
    this.#carried.set(entry, lost);
    while (this.entries.length > this.#most) this.#forget(this.entries.shift() as SpoolEntry);
    return entry;
  }

  #forget(entry: SpoolEntry): void {
    this.losses.push(...this.carriedBy(entry));
    const last = this.losses.at(-1);
    if (last && last.epoch === entry.epoch && last.to === entry.seq - 1) {
      last.to = entry.seq;
      last.count += 1;
    } else this.losses.push({ epoch: entry.epoch, from: entry.seq, to: entry.seq, reason: 'disk_full', count: 1 });
  }

  carriedBy(entry: SpoolEntry): readonly Loss[] {
    return this.#carried.get(entry) ?? [];
  }

  ack(ranges: readonly (readonly [number, number])[]): void {
    this.entries = this.entries.filter(({ seq }) => !ranges.some(([from, to]) => seq >= from && seq <= to));
  }

  after({ era, seq }: { era: number; seq: number }): SpoolEntry[] {
    return this.entries.filter((entry) => entry.era > era || (entry.era === era && entry.seq > seq));
  }
}
