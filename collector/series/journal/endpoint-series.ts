/**
 * The newest value of each series of one endpoint, and the shape of its last reports. Kept in flat arrays of numbers:
 * about 1.5 KB per endpoint with 25 series.
 */
import type { Metric } from '../../../shared/report.ts';
import { type Dictionary, looksLike, type SeriesGroup } from './dictionary.ts';

/** More shapes than this are dropped and learned again: they are a cache, the values are not. */
const maxGroups = 512;
const maxSlotLists = 20_000;
/** From so many lines on a map finds them; it takes more memory than all that is kept of a usual endpoint. */
const manyLines = 64;
/** Reports leave out slow checks, so the next series group is rarely far. */
const lookAhead = 12;

/** The one array for all equal lists of slots. */
export type SlotLists = (slots: number[]) => readonly number[];

/**
 * Endpoints with equal reports have equal slots: one array for all of them. More lists than this are dropped and
 * learned again; one that is in use stays with its user.
 */
export function createSlotLists(): SlotLists {
  const lists = new Map<string, readonly number[]>();
  return (slots) => {
    const key = slots.join();
    const known = lists.get(key);
    if (known) return known;
    if (lists.size >= maxSlotLists) lists.clear();
    lists.set(key, slots);
    return slots;
  };
}

export class EndpointSeries {
  readonly id: number;
  /** Values up to this time are not shown: the endpoint was forgotten then. */
  forgottenAt: number;
  lines: number[] = [];
  at: number[] = [];
  values: number[] = [];
  #groups: SeriesGroup[] = [];
  #slots: (readonly number[])[] = [];
  #cursor = 0;
  #slotLists: SlotLists;
  /** From lines to slots, where these are many and some are learned: 7 KB, dropped with the next report. */
  #slotByLine: Map<number, number> | null = null;
  /** Lists may have room for more than is in them. */
  #isLoose = false;

  constructor(id: number, slotLists: SlotLists, forgottenAt = 0) {
    this.id = id;
    this.#slotLists = slotLists;
    this.forgottenAt = forgottenAt;
  }

  /** Starts a report: its metrics are looked up from the first series group on. */
  rewind(): void {
    this.#cursor = 0;
    if (this.#slotByLine || this.#isLoose) this.#tighten();
  }

  /** Nearly always nothing is learned for days. */
  #tighten(): void {
    this.#slotByLine = null;
    this.#isLoose = false;
    this.lines = this.lines.slice();
    this.at = this.at.slice();
    this.values = this.values.slice();
    this.#groups = this.#groups.slice();
    this.#slots = this.#slots.slice();
  }

  /**
   * The series group of the metric, whose values are noted as the newest unless newer ones are known.
   * @param values is given them, in the order of its lines
   * @param shape the same for metrics that look alike; left out, they are compared
   */
  take(metric: Metric, dictionary: Dictionary, values: number[], shape?: object): SeriesGroup {
    const index = this.#groupAt(metric, dictionary, shape);
    const group = this.#groups[index] as SeriesGroup;
    const slots = this.#slots[index] as readonly number[];
    for (let i = 0; i < slots.length; i++) {
      const slot = slots[i] as number;
      const value = metric.fields[group.fields[i] as string] as number;
      values[i] = value;
      if (metric.timestamp < (this.at[slot] as number)) continue;
      this.at[slot] = metric.timestamp;
      this.values[slot] = value;
    }
    return group;
  }

  /** Notes one value, such as one found in a segment. */
  note(line: number, at: number, value: number): void {
    if (at <= this.forgottenAt) return;
    const slot = this.#slotOf(line);
    if (at < (this.at[slot] as number)) return;
    this.at[slot] = at;
    this.values[slot] = value;
  }

  clear(forgottenAt: number): void {
    this.forgottenAt = forgottenAt;
    this.#keep([]);
  }

  has(line: number): boolean {
    return this.#find(line) >= 0;
  }

  /** Series that have not come since `before` leave memory. @returns them, with the time of their last sample */
  prune(before: number): { line: number; at: number }[] {
    if (this.at.every((at) => at >= before)) return [];
    const slots = this.lines.map((_, slot) => slot);
    const isOld = (slot: number) => (this.at[slot] as number) < before;
    const gone = slots.filter(isOld).map((slot) => ({ line: this.lines[slot] as number, at: this.at[slot] as number }));
    this.#keep(slots.filter((slot) => !isOld(slot)));
    return gone;
  }

  #keep(slots: readonly number[]): void {
    this.lines = slots.map((slot) => this.lines[slot] as number);
    this.at = slots.map((slot) => this.at[slot] as number);
    this.values = slots.map((slot) => this.values[slot] as number);
    this.#slotByLine = null;
    this.#groups = [];
    this.#slots = [];
  }

  #groupAt(metric: Metric, dictionary: Dictionary, shape?: object): number {
    const end = Math.min(this.#groups.length, this.#cursor + lookAhead);
    for (let i = this.#cursor; i < end; i++) {
      const group = this.#groups[i] as SeriesGroup;
      if ((shape === undefined || group.shape !== shape) && !looksLike(group, metric)) continue;
      group.shape = shape;
      this.#cursor = i + 1;
      return i;
    }
    return this.#learn(dictionary.groupOf(metric), dictionary);
  }

  #learn(group: SeriesGroup, dictionary: Dictionary): number {
    let index = this.#groups.indexOf(group);
    if (index < 0) {
      if (this.#groups.length >= maxGroups) {
        this.#groups = [];
        this.#slots = [];
      }
      this.#isLoose = true;
      index = this.#groups.push(group) - 1;
      const known = this.lines.length;
      this.#slots.push(this.#slotLists(group.lines.map((line) => this.#slotOf(line))));
      for (const line of this.lines.slice(known)) dictionary.comes({ endpoint: this.id, line });
    }
    this.#cursor = index + 1;
    return index;
  }

  #slotOf(line: number): number {
    const known = this.#find(line);
    if (known >= 0) return known;
    this.at.push(Number.NEGATIVE_INFINITY);
    this.values.push(0);
    this.#isLoose = true;
    const slot = this.lines.push(line) - 1;
    this.#slotByLine?.set(line, slot);
    return slot;
  }

  #find(line: number): number {
    if (this.lines.length < manyLines) return this.lines.indexOf(line);
    this.#slotByLine ??= new Map(this.lines.map((one, slot) => [one, slot]));
    return this.#slotByLine.get(line) ?? -1;
  }
}
