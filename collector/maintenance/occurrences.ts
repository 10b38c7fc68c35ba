/**
 * When maintenance takes place: a window, once or recurring, as spans of time. Pure.
 *
 * A recurrence is a cron expression on the wall clock of a zone. It opens and closes by the rule of shared/calendar.ts;
 * a duration is elapsed time, so that eight hours of work stay eight hours in the night in which the clock changes.
 */
import { instantAt, minutesOf } from '../../shared/calendar.ts';
import { intersect, length, type Span, union } from '../../shared/intervals.ts';
import { readCron } from './cron.ts';

export interface Recurrence {
  cron: string;
  /** IANA. */
  zone: string;
  /** Either elapsed minutes, or the wall time `HH:MM` at which it ends. */
  durationMin: number | null;
  untilWall: string | null;
  /** Local dates of starts, `YYYY-MM-DD`, that are left out. */
  skip: readonly string[];
  /** Only starts in [starts, ends). */
  starts: number | null;
  ends: number | null;
}

export type Schedule = Span | Recurrence;

/** A change of one occurrence, which is named by its planned start; an end at or before the start cancels it. */
export interface OccurrenceEdit {
  at: number;
  occurrence: number;
  end: number;
}

export const isRecurring = (schedule: Schedule): schedule is Recurrence => 'cron' in schedule;

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
/** Two days, plus the hour that a clock is set back. */
const longestUntilMs = 49 * hourMs;

/** Occurrences that begin in [from, to), by their start. @throws RangeError for what cannot be read */
function* occurrencesFrom(schedule: Schedule, from: number, to: number): Generator<Span> {
  if (!isRecurring(schedule)) {
    if (schedule.start >= from && schedule.start < to) yield { start: schedule.start, end: schedule.end };
    return;
  }
  const { cron, zone, skip } = schedule;
  const times = readCron(cron);
  const first = Math.max(from, schedule.starts ?? from);
  const until = Math.min(to, schedule.ends ?? to);
  if (first >= until) return;
  const dateOf = (at: number) => Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate();
  const last = dateOf(until);
  let before = Number.NEGATIVE_INFINITY;
  // Where a clock is set on over midnight, or over a whole date, that date opens on the next one.
  for (
    let date = dateOf(first).subtract({ days: 1 });
    Temporal.PlainDate.compare(date, last) <= 0;
    date = date.add({ days: 1 })
  ) {
    if (!times.isOn(date) || skip.includes(date.toString())) continue;
    for (const minute of times.minutes) {
      const start = instantAt(date, minute, zone, 'open');
      // All that lie in the hour that a clock skips open at once.
      if (start < first || start >= until || start <= before) continue;
      const end = endOf(schedule, start, date, minute);
      if (end <= start) continue;
      before = start;
      yield { start, end };
    }
  }
}

function endOf(
  { durationMin, untilWall, zone }: Recurrence,
  start: number,
  date: Temporal.PlainDate,
  minute: number,
): number {
  if (untilWall === null) return start + (durationMin ?? 0) * minuteMs;
  const until = minutesOf(untilWall);
  return instantAt(until > minute ? date : date.add({ days: 1 }), until, zone, 'close');
}

/** How long an occurrence may last, ms: how far back one that touches an instant can have begun. */
export function longestOf(schedule: Schedule): number {
  if (!isRecurring(schedule)) return schedule.end - schedule.start;
  return schedule.untilWall === null ? (schedule.durationMin ?? 0) * minuteMs : longestUntilMs;
}

/**
 * The span of an occurrence after its edits, in the order in which they were made: one made when it was over changes
 * nothing, and an end in the past is the instant of the edit. Null where it was cancelled before it began.
 */
function edited(occurrence: Span, edits: readonly OccurrenceEdit[]): Span | null {
  let { end } = occurrence;
  const own = edits.filter((edit) => edit.occurrence === occurrence.start);
  for (const edit of own.toSorted((a, b) => a.at - b.at)) if (edit.at < end) end = Math.max(edit.end, edit.at);
  return end > occurrence.start ? { start: occurrence.start, end } : null;
}

/** The time under maintenance inside a range: the union of all windows. */
export function maintenanceTime(
  windows: readonly { schedule: Schedule; edits?: readonly OccurrenceEdit[] }[],
  range: Span,
): Span[] {
  const spans = windows.flatMap(({ schedule, edits = [] }) => {
    const prolonged = edits.filter(({ end }) => end > range.start).map(({ occurrence }) => occurrence);
    const from = Math.min(range.start - longestOf(schedule), ...prolonged);
    return [...occurrencesFrom(schedule, from, range.end)].flatMap((one) => edited(one, edits) ?? []);
  });
  return intersect(union(spans), [range]);
}

/** A leap day comes every four years, once after eight. */
const searchedMs = 9 * 366 * dayMs;

/** The next occurrences that begin at or after an instant. */
export function nextOccurrences(schedule: Schedule, from: number, count: number): Span[] {
  const found: Span[] = [];
  for (const one of occurrencesFrom(schedule, from, from + searchedMs)) {
    found.push(one);
    if (found.length >= count) break;
  }
  return found;
}

const lookedAheadMs = 28 * dayMs;

/** How much of the four weeks from the first occurrence on is under maintenance: 1 is without a gap. Zero: it never begins. */
export function shareOf(schedule: Recurrence, from: number): number {
  const [first] = nextOccurrences(schedule, from, 1);
  if (!first) return 0;
  const range = { start: first.start, end: first.start + lookedAheadMs };
  return length(maintenanceTime([{ schedule }], range)) / lookedAheadMs;
}
