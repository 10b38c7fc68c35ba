/**
 * Reads one log on from where the last round ended, within bounds. What is returned is remembered as one document, so
 * whatever happens between two rounds, an entry is counted once.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { reason } from '../../../shared/reason.ts';
import { disturbing, unseen } from '../../../shared/safe-text.ts';
import type { CheckContext } from '../check.ts';
import { minute } from '../health/source.ts';
import { oneLine } from '../parse.ts';
import { addMatches, emptyTally } from './count.ts';
import { eventLog } from './event-log.ts';
import { journal } from './journal.ts';
import type { LogSettings } from './settings.ts';
import type { From, LogEntry, LogSource } from './source.ts';
import { keyOf, type LogState, windowOf } from './state.ts';

/** A log that is not read to its end for so many rounds has more new entries than we may read. */
const behindAtMost = 10;
/** What is read within it cannot have been deleted unless the log is flooded, and then it is behind. */
const shortWhile = 10 * minute;
const rightsEvery = 60 * minute;
/** Between two looks at the other work of the agent. */
const entriesPerTurn = 200;
const sampleLength = 200;

/** Parts beyond the first that a round may still read. */
export interface Spare {
  parts: number;
}

export interface LogReading {
  next: LogState;
  /** Matches within one window: the largest of those that ended since the last round. */
  count: number;
  /** Up to when it was read; null: up to its end. */
  upTo: number | null;
}

export interface LogReader {
  /**
   * @param before null: counting begins
   * @param first this process has not read it yet, and does not know for how long nobody did
   * @throws NoData, ReasonedError
   */
  read(
    context: CheckContext,
    log: LogSettings,
    before: LogState | null,
    first: boolean,
    spare: Spare,
  ): Promise<LogReading>;
  /** Forgets what belongs to other settings than these. */
  keep(logs: readonly LogSettings[]): void;
}

const sourceOf = (log: LogSettings): LogSource => (log.journal === undefined ? eventLog : journal);

export function createLogReader(): LogReader {
  const assertedAt = new Map<string, number>();
  let matchers = new Map<string, (entry: LogEntry) => boolean>();

  async function assertReadable(context: CheckContext, log: LogSettings, key: string): Promise<void> {
    const at = assertedAt.get(key);
    const now = context.clock.monotonic();
    if (at !== undefined && now - at < rightsEvery) return;
    await sourceOf(log).assertReadable(context, log);
    assertedAt.set(key, now);
  }

  async function matcherOf(log: LogSettings, key: string): Promise<(entry: LogEntry) => boolean> {
    const known = matchers.get(key);
    if (known) return known;
    const { text, pattern } = log;
    const fits = pattern === undefined ? null : (await import('./pattern.ts')).compilePattern(pattern);
    // The text first: it is a hundred times as fast.
    const matcher = (entry: LogEntry) =>
      (text === undefined && fits === null) ||
      (entry.text !== null && (text === undefined || entry.text.includes(text)) && (fits === null || fits(entry.text)));
    matchers.set(key, matcher);
    return matcher;
  }

  async function read(
    context: CheckContext,
    log: LogSettings,
    before: LogState | null,
    first: boolean,
    spare: Spare,
  ): Promise<LogReading> {
    const source = sourceOf(log);
    const key = keyOf(log);
    await assertReadable(context, log, key);
    const matches = await matcherOf(log, key);
    const windowMs = windowOf(log);
    const started = context.clock.now();
    const state: LogState = before ?? (await beginning(source, context, log, key, started));
    const lately = !first && state.behind === 0 && Math.abs(started - state.readAt) < shortWhile;
    const resumed =
      before === null ? null : await source.resume(context, log, state.place, lately ? null : state.readAt);
    let { partial, sample } = state;
    if (partial !== null && (partial.until <= started || partial.until > started + windowMs)) partial = null;
    if (resumed?.lost) partial = { until: started + windowMs, why: reason('log_gap', { from_at: state.readAt }) };
    const times: number[] = [];
    let unread = 0;
    let place = resumed?.place ?? state.place;
    let upTo = state.readAt;
    let from: From = resumed === null ? { since: started - windowMs, end: place } : { after: place, end: resumed.end };
    let more = true;
    for (let parts = 0; more && (parts === 0 || spare.parts-- > 0); parts++) {
      const part = await source.read(context, log, from);
      for (const [i, entry] of part.entries.entries()) {
        if (i % entriesPerTurn === entriesPerTurn - 1) await nextTurn();
        if (entry.text === null) unread += 1;
        if (!matches(entry)) continue;
        times.push(entry.at ?? started);
        if (log.samples) sample = cleaned(entry.text);
      }
      ({ more, place } = part);
      upTo = part.entries.at(-1)?.at ?? upTo;
      from = { after: place, end: from.end };
    }
    const now = context.clock.now();
    let behind = more ? state.behind + 1 : 0;
    if (behind >= behindAtMost) {
      place = await source.end(context, log);
      behind = 0;
      more = false;
      partial = { until: now + windowMs, why: reason('log_skipped', { from_at: upTo, until_at: now }) };
    }
    if (unread > 0 && (log.text ?? log.pattern) !== undefined)
      partial = { until: now + windowMs, why: reason('log_entries_long', { entries: unread }) };
    const { tally, matches: count } = addMatches(state.tally, times, windowMs, now);
    const next: LogState = { of: key, place, readAt: more ? state.readAt : started, tally, behind, partial, sample };
    return { next, count, upTo: more ? upTo : null };
  }

  return {
    read,
    keep(logs) {
      const keys = new Set(logs.map(keyOf));
      matchers = new Map([...matchers].filter(([key]) => keys.has(key)));
    },
  };
}

/** Counting begins one window ago: who tries a setting sees what it counts, and a burst of just now is not missed. */
async function beginning(source: LogSource, context: CheckContext, log: LogSettings, of: string, now: number) {
  const place = await source.end(context, log);
  return { of, place, readAt: now, tally: emptyTally, behind: 0, partial: null, sample: null };
}

/** One short line without what nobody sees, what turns text around, and secrets. */
const cleaned = (text: string | null) =>
  text === null || text === '' ? null : oneLine(text.replace(disturbing, ' ').replace(unseen, ''), sampleLength);
