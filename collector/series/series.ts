/** Time series as the rest of the collector sees them. Behind it: the journal (store.ts) and a backend (backend.ts). */
import type { Ack, Report } from '../../shared/report.ts';

/** One report as it came in: decoded and admitted. */
export interface Arrival {
  endpoint: string;
  /** ms UTC by the collector's wall clock. */
  receivedAt: number;
  report: Report;
  /**
   * One for each of its metrics, where they are known: those with the same object have the same name, tags and fields, in the
   * same order, and are not compared again.
   */
  shapes?: readonly object[] | undefined;
  /** Of the message as its sender made it, before anything in it was corrected: 1 to 2^32 - 1. */
  digest: number;
}

/** `conflict`: the number was used with other content, or with content that is not remembered any more. */
export type Stored = 'stored' | 'duplicate' | 'conflict';

/** Called once: null when the report is durable, an error when the store was closed before that. Must not throw. */
export type Settled = (problem: Error | null) => void;

export type Aggregate = 'mean' | 'min' | 'max' | 'last' | 'count' | 'rate';

export interface SeriesQuery {
  endpoint: string;
  /** `measurement.field` names from the catalogue; several for one chart. */
  metrics: readonly string[];
  /** Only series that carry all of these tags. */
  tags?: Readonly<Record<string, string>>;
  /** ms UTC, half-open [from, to). */
  from: number;
  to: number;
  /** ms; the driver takes the next step it has. Left out: about 300 points. */
  step?: number;
  /** `rate` is per second, for counters; a counter that falls gives null. Default: mean, or rate for counters. */
  agg?: Aggregate;
}

export interface SeriesLine {
  metric: string;
  tags: Record<string, string>;
  agg: Aggregate;
  /** [start of the step in ms UTC, value or null]: a step without data is null, never 0, never left out. */
  points: [number, number | null][];
}

export interface SeriesResult {
  from: number;
  to: number;
  step: number;
  /** Which data answered: raw samples, 5 min or 1 h rollups. */
  resolution: 'raw' | '5m' | '1h';
  series: SeriesLine[];
}

export interface LatestValue {
  metric: string;
  tags: Record<string, string>;
  at: number;
  value: number;
}

export interface SeriesStats {
  /** Reports in the journal that the backend does not hold yet. */
  journalRows: number;
  segments: number;
  segmentBytes: number;
  samples: number;
  series: number;
  duplicates: number;
  /** Reports whose append has not resolved yet. */
  pending: number;
  /** Number of damaged or refused items set aside since the start. */
  quarantined: number;
  /** Why appends wait at present, such as a full disk; null when they do not. */
  appendsWait: string | null;
  /** The same, or why the backend is stuck while the journal goes on; null when all is well. */
  trouble: string | null;
  lastCompactionAt: number | null;
}

export interface SeriesFile {
  /** Below the folder of the series, with `/`. */
  path: string;
  bytes: number;
  /** CRC-32, by which two files of the same name are the same. */
  crc: number;
}

export interface SeriesCopy {
  journal: string;
  /** All that follow, before the first of them. */
  files(files: readonly (SeriesFile & { from: string })[]): Promise<void>;
  /** Of the journal. */
  progress(done: number, total: number): void;
}

/** What a collector among others asks of a store whose samples all of them keep in one place. */
export interface SharedSeries {
  /** Newest values of these endpoints into memory, whoever keeps them. Resolves when that is done; waits while the backend is away. */
  learn(endpoints: readonly string[]): Promise<void>;
  /** Another collector kept the samples of these until now; its rollups are made sure of. */
  takeOver(endpoints: readonly string[]): void;
}

export interface SeriesStore {
  readonly shared?: SharedSeries;
  /**
   * Accepts one report; the store keeps no reference to it afterwards. `settled(null)` follows when it would
   * survive `kill -9` and power loss, and not before; while the disk is full, it is delayed. `report.lost` ranges
   * count as received from then on.
   * @returns `duplicate` when the same (endpoint, epoch, seq) with the same digest is stored already or about to be:
   *   settled with the first. `conflict` when the number has other content: nothing is stored, and `settled` is never
   *   called
   * @throws EvenkeelError for a report that can never be stored, and CONFLICT after `close`
   */
  accept(arrival: Arrival, settled: Settled): 'new' | 'duplicate' | 'conflict';
  /** Newest values alone, in memory: another collector keeps the samples. */
  note(arrival: Pick<Arrival, 'endpoint' | 'report'>): void;
  /** `accept` for one report at a time: resolves when it is durable or refused, rejects where `accept` throws. */
  append(arrival: Arrival): Promise<Stored>;
  /** Whether anything of the epoch was ever received, or is on its way. */
  hasEpoch(endpoint: string, epoch: string): boolean;
  /** What is durable of one epoch: the content of an `ack`. */
  receipt(endpoint: string, epoch: string): Ack;
  /** @throws EvenkeelError SERIES_UNAVAILABLE while the backend is away */
  query(query: SeriesQuery): Promise<SeriesResult>;
  /** The newest value of each series of the endpoint, from memory. */
  latest(endpoint: string): readonly LatestValue[];
  stats(): SeriesStats;
  /** Whether anything but the number of the endpoint is in the journal or in memory: receipts, names, newest values. */
  holds(endpoint: string): boolean;
  /** Drops an endpoint's latest values (retired); its history stays until retention ends it. */
  forget(endpoint: string): void;
  /** What was stored under `from` is found under `to` from now on, beside its own. Repeating it changes nothing. */
  adopt(from: string, to: string): void;
  /**
   * Erases what is held of an endpoint and of those that it goes on for: samples, names and receipts, also from free pages
   * of our own files. It must not report any more. Repeating it does no harm. @throws while that is not possible
   */
  erase(endpoint: string): Promise<void>;
  /**
   * Copies the journal into the new file `journal`, while reports go on to come, and then hands out the files that the copy
   * names; none of them is changed or removed before `files` has resolved.
   * @returns whether samples are in such files; if not, they are where the backend keeps them
   */
  copy(to: SeriesCopy): Promise<{ isWhole: boolean }>;
  close(): Promise<void>;
}
