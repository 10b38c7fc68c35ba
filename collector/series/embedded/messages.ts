/** Messages between the store and its worker. Each request gets one answer; blocks get none. */
import type { Newest } from '../backend.ts';
import type { Aggregate, SeriesLine } from '../series.ts';
import type { QuerySpan, SeriesRetention } from '../span.ts';
import type { Segment } from './plan.ts';

/** Sent when the worker starts. */
export interface Start {
  /** Absolute path of the store's folder. */
  folder: string;
  segments: Segment[];
  nextId: number;
  threads: number;
  memoryMb: number;
}

export interface SeriesQuestion extends QuerySpan {
  /** More than one for an endpoint that goes on for others. */
  endpoints: number[];
  /** The aggregate requested per line. */
  lines: { line: number; agg: Aggregate }[];
}

/** The lines that have data, by id. */
export interface QueryAnswer {
  lines: { line: number; points: SeriesLine['points'] }[];
}

/** One change of the manifest. The store makes it durable, then asks the worker to `install` it. */
export interface Plan {
  added: Segment[];
  removed: Segment[];
  /** Blocks up to this id are in `added`; null when the plan moves no blocks. */
  through: number | null;
}

export interface Damage {
  segment: Segment;
  reason: string;
}

export interface Requests {
  /** Removes orphans, and finds the newest values since `since`. */
  open: { ask: { since: number }; answer: Newest };
  /**
   * One step of housekeeping, or null when nothing is due. Blocks after `upTo` wait for the next time, and those before it
   * until they are many or have gathered for `gatherMs`. With `wait`, a merge that is due or running is awaited; without,
   * `merged` reports that it has ended.
   */
  step: {
    ask: { now: number; retention: SeriesRetention; upTo: number; gatherMs: number; wait: boolean };
    answer: Plan | null;
  };
  /** The next file with a greater id than `after` that holds rows of these endpoints, without them; null: no other does. */
  erase: { ask: { endpoints: readonly number[]; after: number }; answer: Plan | null };
  /** The plan of the last step is durable (true), or could not be made so (false). */
  install: { ask: { durable: boolean }; answer: null };
  /** Files that the manifest names from now on stay until this is asked again with `on: false`. */
  hold: { ask: { on: boolean }; answer: null };
  query: { ask: SeriesQuestion; answer: QueryAnswer };
  close: { ask: null; answer: null };
}

export type RequestKind = keyof Requests;
export type ToWorker =
  | { [K in RequestKind]: { kind: K; id: number; ask: Requests[K]['ask'] } }[RequestKind]
  | { kind: 'blocks'; blocks: { id: number; bytes: Uint8Array }[] };
export type FromWorker =
  | { kind: 'answer'; id: number; answer: Requests[RequestKind]['answer'] }
  | { kind: 'failed'; id: number; reason: string }
  | { kind: 'damaged'; damage: Damage }
  | { kind: 'merged' };
