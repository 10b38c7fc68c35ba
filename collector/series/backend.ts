/**
 * The interface behind the journal: a backend stores the samples permanently and answers queries. It receives each
 * block once that is durable in the journal, and moves the journal's watermark over the blocks that it holds; until
 * then the journal keeps them.
 */
import type { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../shared/clock.ts';
import type { EvenkeelError } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Metric } from '../../shared/report.ts';
import type { Dictionary } from './journal/dictionary.ts';
import type { Journal, Sealed } from './journal/journal.ts';
import type { JournalBlock } from './journal/record.ts';
import type { SeriesFile, SeriesQuery, SeriesResult } from './series.ts';
import type { SeriesRetention } from './span.ts';

/** The journal as a backend sees it. */
export interface JournalTail extends Pick<Journal, 'database' | 'lastBlock'> {
  /** Blocks after `after` that the backend does not hold yet, in order; damaged ones are left out. */
  blocks(after?: number): Iterable<JournalBlock & Sealed>;
  /** In one commit: what the backend writes into its own tables, and that it holds blocks up to `through`. */
  advance(through: number | null, record: () => void): Promise<void>;
}

export interface BackendParts {
  journal: JournalTail;
  dictionary: Dictionary;
  /** Absolute path, for files of the backend on this machine. */
  folder: string;
  clock: Clock;
  log: Log;
  retention: SeriesRetention;
  /** Other collectors keep samples of other endpoints in the same place. */
  isShared: boolean;
  /** While this returns a problem, no work is started: it could only fail. */
  problem: () => EvenkeelError | null;
}

/** Newest values as parallel arrays: endpoint, line, ms UTC, value. */
export interface Newest {
  endpoint: Float64Array;
  line: Float64Array;
  at: Float64Array;
  value: Float64Array;
}

export interface BackendStats {
  segments: number;
  segmentBytes: number;
  /** Raw samples held; 0 where the backend does not count them. */
  samples: number;
  /** Number of damaged or refused items set aside since the start. */
  quarantined: number;
  /** Why the backend accepts no blocks or answers no queries at present; null when all is well. The journal goes on. */
  trouble: string | null;
  lastCompactionAt: number | null;
}

export interface HeldFiles {
  /** What a copy of the journal names: paths below the folder of the series, with sizes and checksums. */
  named(journal: DatabaseSync): SeriesFile[];
  release(): void;
}

/** The ids and names of an endpoint, and of those that it goes on for. */
export interface ErasedSeries {
  id: number;
  name: string;
}

/** What a collector among others asks of a backend that all of them use. */
export interface SharedBackend {
  /**
   * The newest values of these endpoints at or after `since`, whoever has stored them; a few endpoints at a time. Resolves
   * when all are noted, or the backend is closed, and waits while the server is away.
   */
  learn(
    since: number,
    endpoints: readonly string[],
    note: (endpoint: string, metrics: Metric[]) => void,
  ): Promise<void>;
  /** Another collector had these until now: what it may have left open is done here. */
  takeOver(endpoints: readonly number[]): void;
}

export interface Backend {
  /** Left out by a backend that is of one collector. */
  readonly shared?: SharedBackend;
  /** Waiting bytes beyond which the journal accepts no more. Bounded by the backend's memory, or else by the disk. */
  readonly maxWaitingBytes: number;
  /** Waiting bytes beyond which `upkeep` is called at once. */
  readonly fullBytes: number;
  /** The block is durable in the journal. Its bytes belong to the backend. */
  write(block: Sealed): void;
  /** The newest value of each series at or after `since`; `note` may be called later, when the backend was away. */
  newest(since: number, note: (values: Newest) => void): Promise<void>;
  /** @throws EvenkeelError SERIES_UNAVAILABLE */
  query(query: SeriesQuery): Promise<SeriesResult>;
  /** Runs what is due: moving blocks, rollups, retention. Calls during a run join it. Never rejects. */
  upkeep(): Promise<void>;
  /** The same for everything committed so far, due or not. */
  compact(): Promise<void>;
  /**
   * Until the returned function is called, each file that its table in the journal names, now or later, stays as it is.
   * Null: what it holds is not in files of this machine.
   */
  hold(): Promise<HeldFiles | null>;
  /** None of their samples is held when this resolves, whether in use or waiting. @throws while that is not possible */
  erase(endpoints: readonly ErasedSeries[]): Promise<void>;
  stats(): BackendStats;
  close(): Promise<void>;
}

/** Must return quickly and not wait for anything that may be away. */
export type OpenBackend = (parts: BackendParts) => Backend;
