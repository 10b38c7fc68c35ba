/** What a person asks for, checked: the bounds of windows stand here and nowhere else. Pure. */
import { minutesOf } from '../../shared/calendar.ts';
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { shownName } from '../../shared/place-name.ts';
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

export const refused = (problem: string, todo: string): EvenkeelError => fail('BAD_MAINTENANCE', { problem, todo });

/** `zone`: of the times in messages, IANA; a repetition has its own. */
interface ScheduleAskedAt {
  now: number;
  zone: string;
}

/** @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE */
export function scheduleOf(wish: ScheduleWish, asked: ScheduleAskedAt, skip: readonly string[] = []): Schedule {
  if (wish.repeat && (wish.from !== undefined || wish.to !== undefined))
    throw refused('it has both an end and a repetition', 'Give `from` and `to`, or `repeat` alone.');
  return wish.repeat ? recurrenceOf(wish.repeat, asked.now, skip) : onceOf(wish, asked);
}

function onceOf({ to, late, ...given }: ScheduleWish, { now, zone }: ScheduleAskedAt): Schedule {
  const shown = (at: number) => shownInstant(at, zone);
  const from = given.from ?? now;
  if (to === undefined) throw refused('it has no end', 'Give `to`, or `repeat`: maintenance is never without an end.');
  const start = from < now && from >= now - nowMs ? now : from;
  if (to <= start) throw refused(`its end ${shown(to)} is not after its start ${shown(start)}`, 'Give a later end.');
  if (to - start > longestMs)
    throw refused('it lasts more than 30 days', 'Give an earlier end, or retire the endpoints.');
  if (start > now + aheadAtMostMs)
    throw refused(`its start ${shown(start)} is more than a year away`, 'Give an earlier start.');
  if (start < now && !late)
    throw refused(
      `its start ${shown(start)} is past`,
      'Start it now; or send `late: true`: it then counts as downtime until a second person approves it.',
    );
  if (start < now - lateAtMostMs)
    throw refused(`its start ${shown(start)} is more than 62 days ago`, 'Give a later start.');
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
    throw refused('a repetition needs either a duration or an end on the wall clock', 'Give `durationMin` or `until`.');
  const perDay = read(`${shownName(schedule.cron)}`, () => readCron(schedule.cron)).minutes.length;
  if (until !== undefined) read('', () => minutesOf(until));
  if (longestOf(schedule) > longestMs && durationMin !== undefined)
    throw refused('an occurrence lasts more than 30 days', 'Give a shorter duration.');
  if (perDay > startsPerDay)
    throw refused(
      `${shownName(schedule.cron)} starts ${perDay} times a day, and at most ${startsPerDay} are taken`,
      'Give fewer minutes or hours.',
    );
  if (starts !== undefined && starts < now - nowMs)
    throw refused(
      `its first day ${shownInstant(starts, schedule.zone)} is past`,
      'Leave out `starts`, or give a later one.',
    );
  if (nextOccurrences(schedule, now, 1).length === 0)
    throw refused(
      `${shownName(schedule.cron)} selects no date from now on`,
      'Change the expression, or `starts` and `ends`.',
    );
  if (shareOf(schedule, now) === 1)
    throw refused('its occurrences leave no gap in 28 days', 'Give a shorter duration, or retire the endpoints.');
  return schedule;
}

function read<T>(what: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw refused(
      `${what} ${thrown.message}`.trim(),
      'Give five cron fields such as "0 22 * * TUE#2", and times as HH:MM.',
    );
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
