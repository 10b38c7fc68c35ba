/** What is remembered of the logs between two rounds, over restarts: place and count are one document. */
import { parseDuration } from '../../../shared/duration.ts';
import type { Reason } from '../../../shared/reason.ts';
import type { Tally } from './count.ts';
import { defaultWindow, type LogSettings } from './settings.ts';

/** A change of the place alone is not written to disk each round. */
const writeEvery = 5 * 60_000;

/** What is remembered of one log. */
export interface LogState {
  /** What it is the state of: after a change of what is counted, counting begins anew. */
  of: string;
  place: string;
  /** When it was last read up to its end, ms. */
  readAt: number;
  tally: Tally;
  /** Rounds in a row that did not come to the end. */
  behind: number;
  /** Until when its count is not of all entries, and why. */
  partial: { until: number; why: Reason } | null;
  /** The newest match, cleaned; only where asked for. */
  sample: string | null;
}

export type LogStates = Record<string, LogState>;

export const windowOf = (log: LogSettings) => parseDuration(log.window ?? defaultWindow, `window of ${log.name}`);

/** What is counted, and over how long; not from how many on it is a problem. */
export const keyOf = ({ name, journal: from, windows, text, pattern, window }: LogSettings) =>
  JSON.stringify([name, from, windows, text, pattern, window]);

/** A document of another shape is none. */
export function statesIn(value: unknown): LogStates {
  const { logs } = (value ?? {}) as { logs?: unknown };
  if (typeof logs !== 'object' || logs === null) return {};
  const isState = (state: Partial<LogState> | null) =>
    typeof state?.of === 'string' &&
    typeof state.place === 'string' &&
    typeof state.readAt === 'number' &&
    typeof state.tally?.total === 'number' &&
    Array.isArray(state.tally.counts);
  return Object.fromEntries(Object.entries(logs).filter(([, state]) => isState(state)));
}

/** Whether it is worth writing. */
export function isNews(before: LogStates, after: LogStates): boolean {
  const meaning = (states: LogStates) =>
    JSON.stringify(Object.entries(states).map(([name, { readAt: _, ...state }]) => [name, state]));
  const waits = Object.entries(after).some(
    ([name, { readAt }]) => Math.abs(readAt - (before[name]?.readAt ?? 0)) >= writeEvery,
  );
  return waits || meaning(before) !== meaning(after);
}
