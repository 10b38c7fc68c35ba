/** What a person asks for, checked: the bounds of windows stand here and nowhere else. Pure. */
import { isTime } from '../../shared/calendar.ts';
import type { EvenkeelError } from '../../shared/errors.ts';
import { shownName } from '../../shared/place-name.ts';
import { type Reason, ReasonedError, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { shownInstant, zoneNamed } from '../../shared/zone.ts';
import { readCron } from './cron.ts';
import {
  dayMs,
  isRecurring,
  longestOf,
  nextOccurrences,
  type Recurrence,
  type Schedule,
  shareOf,
} from './occurrences.ts';
import { aloneAtMostMs, isLate, longestMs, type MaintenanceWindow } from './window.ts';

export interface RepeatWish {
  cron: string;
  zone: string;
  durationMin?: number | undefined;
  /** Wall time `HH:MM` at which it ends. */
  until?: string | undefined;
  starts?: number | undefined;
  ends?: number | undefined;
}

export interface ScheduleWish {
  /** Now, where it is left out. */
  from?: number | undefined;
  to?: number | undefined;
  /** It began in the past. */
  late?: boolean | undefined;
  repeat?: RepeatWish | undefined;
}

/** A start this long ago is now: the clock of the browser may be behind. */
const nowMs = 60_000;
const lateAtMostMs = 62 * dayMs;
const aheadAtMostMs = 366 * dayMs;
const startsPerDay = 24;
const muchShare = 0.2;

/** @param at which of what was given it is about */
export const refused = (at: WindowField, why: Reason): EvenkeelError => refusal('BAD_MAINTENANCE', why, {}, [{ at }]);
export type WindowField =
  | ('from' | 'to' | 'until' | 'date')
  | `repeat.${'cron' | 'zone' | 'durationMin' | 'until' | 'starts' | 'ends'}`;

/** `zone`: of the times in messages, IANA; a repetition has its own. */
interface ScheduleAskedAt {
  now: number;
  zone: string;
}

/** @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE */
export function scheduleOf(wish: ScheduleWish, asked: ScheduleAskedAt, skip: readonly string[] = []): Schedule {
  if (wish.repeat && (wish.from !== undefined || wish.to !== undefined))
    throw refused('to', reason('maintenance_both'));
  return wish.repeat ? recurrenceOf(wish.repeat, asked.now, skip) : onceOf(wish, asked);
}

function onceOf({ to, late, ...given }: ScheduleWish, { now, zone }: ScheduleAskedAt): Schedule {
  const shown = (at: number) => shownInstant(at, zone);
  const from = given.from ?? now;
  if (to === undefined) throw refused('to', reason('maintenance_no_end'));
  const start = from < now && from >= now - nowMs ? now : from;
  if (to <= start) throw refused('to', reason('maintenance_order', { start: shown(start), end: shown(to) }));
  if (to - start > longestMs) throw refused('to', reason('maintenance_long'));
  if (start > now + aheadAtMostMs) throw refused('from', reason('maintenance_far', { start: shown(start) }));
  if (start < now && !late) throw refused('from', reason('maintenance_past', { start: shown(start) }));
  if (start < now - lateAtMostMs) throw refused('from', reason('maintenance_old', { start: shown(start) }));
  return { start, end: to };
}

function recurrenceOf(
  { cron, zone, durationMin, until, starts, ends }: RepeatWish,
  now: number,
  skip: readonly string[],
) {
  const schedule: Recurrence = {
    ...{ cron: cron.trim(), zone: zoneNamed(zone), durationMin: durationMin ?? null, untilWall: until ?? null, skip },
    ...{ starts: starts ?? null, ends: ends ?? null },
  };
  if ((durationMin === undefined) === (until === undefined))
    throw refused('repeat.durationMin', reason('maintenance_length'));
  const shown = shownName(schedule.cron);
  const perDay = timesOf(schedule.cron).minutes.length;
  if (until !== undefined && !isTime(until))
    throw refused('repeat.until', reason('maintenance_wall', { text: shownName(until) }));
  if (longestOf(schedule) > longestMs && durationMin !== undefined)
    throw refused('repeat.durationMin', reason('maintenance_long'));
  if (perDay > startsPerDay)
    throw refused('repeat.cron', reason('maintenance_often', { cron: shown, count: perDay, limit: startsPerDay }));
  if (starts !== undefined && starts < now - nowMs)
    throw refused('repeat.starts', reason('maintenance_first_past', { start: shownInstant(starts, schedule.zone) }));
  if (nextOccurrences(schedule, now, 1).length === 0)
    throw refused('repeat.cron', reason('maintenance_no_date', { cron: shown }));
  if (shareOf(schedule, now) === 1) throw refused('repeat.durationMin', reason('maintenance_no_gap'));
  return schedule;
}

function timesOf(cron: string) {
  try {
    return readCron(cron);
  } catch (thrown) {
    const [why] = thrown instanceof ReasonedError ? thrown.reasons : [];
    throw why ? refused('repeat.cron', why) : thrown;
  }
}

export type PlanWarning = 'late' | 'long' | 'much' | 'nobody';

/** What the person should know; none of it forbids the window. */
export function warningsOf(window: MaintenanceWindow, endpoints: number, now: number): PlanWarning[] {
  const { schedule, approval } = window;
  const longest = isRecurring(schedule)
    ? Math.max(0, ...nextOccurrences(schedule, now, 5).map(({ start, end }) => end - start))
    : schedule.end - schedule.start;
  const warnings: [PlanWarning, boolean][] = [
    ['late', isLate(window) && approval === null],
    ['long', longest > aloneAtMostMs && approval === null],
    ['much', isRecurring(schedule) && shareOf(schedule, now) > muchShare],
    ['nobody', endpoints === 0],
  ];
  return warnings.flatMap(([warning, holds]) => (holds ? warning : []));
}
