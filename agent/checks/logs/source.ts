/** The contract of a log that can be read from a place on: what has been read once is not read again. */
import type { CheckContext } from '../check.ts';
import type { LogSettings } from './settings.ts';

export interface LogEntry {
  /** ms; null where it has no time that can be read. */
  at: number | null;
  /** null: not printed, because it is too long; `''` where nothing asked for it. */
  text: string | null;
  /** The place of this entry. */
  place: string;
}

/** A part of the log, in its order. */
export interface LogPart {
  entries: LogEntry[];
  /** There is more: the limit of one part was reached. */
  more: boolean;
  /** Where the next part begins. */
  place: string;
}

/** Memory and work of one part, whoever floods the log. */
export const partLimits = { timeoutMs: 15_000, maxBytes: 2 * 1024 * 1024 };

/** Where to begin: after a place, or at a time before anything was remembered. `end` is the end of the log as it was before. */
export type From = { end: string } & ({ after: string } | { since: number });

/** Where a log goes on that was read before. */
export interface Resumption {
  place: string;
  end: string;
  /** Entries that nobody has read were deleted meanwhile. */
  lost: boolean;
}

/** @throws NoData, ReasonedError when the log cannot be read as a whole: part of a log proves nothing */
export interface LogSource {
  /** Whether it may be read, and whether what it is narrowed to is known at all. */
  assertReadable(context: CheckContext, log: LogSettings): Promise<void>;
  /** The place of the newest entry, whatever it is about. */
  end(context: CheckContext, log: LogSettings): Promise<string>;
  /** @param readAt when the log was last read up to its end, ms; null: so lately that nothing can be gone */
  resume(context: CheckContext, log: LogSettings, place: string, readAt: number | null): Promise<Resumption>;
  read(context: CheckContext, log: LogSettings, from: From): Promise<LogPart>;
}
