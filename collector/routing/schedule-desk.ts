/** Schedules as people see and change them: who is on call, shifts, gaps, overrides, the link for calendar programs. */
import { createHash } from 'node:crypto';
import { fail } from '../../shared/errors.ts';
import { namesThere } from '../../shared/nearest.ts';
import type { OnCallAnswer, OnCallOverrideRow, OnCallScheduleRow, ScheduleContent } from '../../shared/on-call.ts';
import type { OwnTurn } from '../../shared/own-ways.ts';
import { shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { shownInstant } from '../../shared/zone.ts';
import { calendarText } from '../on-call/ical.ts';
import { isGap, nextHandOver, type Shift, shiftsOf } from '../on-call/schedule.ts';
import type { KnownNames } from './check.ts';
import { scheduleOf } from './compile.ts';
import type { DocumentsStore } from './documents.ts';
import type { Feeds } from './feeds.ts';
import type { OverridesStore, OverrideWish } from './overrides.ts';
import type { RoutingMemory } from './routing.ts';

const day = 86_400_000;
const lookedAheadMs = 28 * day;
/** So far after the end of a range the end of its last shift is looked for. */
const beyondMs = 28 * day;
/** A gap that begins so soon is an alert. */
export const gapAheadMs = 7 * day;
/** A calendar program gets the past week and what is to come. */
const feedBackMs = 7 * day;
const feedMonths = 4;

export interface DocumentAuthor {
  by: string;
  reason: string;
  /** Refused where the name is taken. */
  isNew?: boolean;
}
interface ScheduleSave extends DocumentAuthor {
  /** Takes effect then, ms; null: with the next hand-over, a new schedule at once. */
  from: number | null;
}

/** All but reads throw EvenkeelError BAD_ENTRY with the fault, CONFLICT for what the file has. */
export interface ScheduleDesk {
  /** Whether somebody is on call now, and until when that stays so. */
  ownTurn(user: string): OwnTurn;
  overview(user: string, from: number, to: number): Promise<OnCallAnswer>;
  saveSchedule(name: string, content: ScheduleContent, how: ScheduleSave): Promise<OnCallScheduleRow>;
  /** As it would be from now on. */
  previewSchedule(name: string, content: ScheduleContent): Promise<OnCallScheduleRow>;
  addOverride(schedule: string, wish: OverrideWish, by: string, wins: boolean): Promise<OnCallOverrideRow>;
  removeOverride(id: string, by: string): Promise<void>;
  feeds: Pick<Feeds, 'create' | 'revoke'>;
  /** The calendar behind a link; null: there is none. */
  feedText(secret: string): Promise<string | null>;
  /** All schedules, each with the first time before an instant at which nobody is on call; null: there is none. */
  firstGaps(until: number): { name: string; gapAt: number | null }[];
}

export interface ScheduleDeskParts {
  documents: DocumentsStore;
  overrides: OverridesStore;
  memory: RoutingMemory;
  feeds: Feeds;
  known(): Promise<KnownNames>;
  isActive(user: string): boolean;
  now: () => number;
  /** Something was saved. */
  changed(): void;
}

export function createScheduleDesk(parts: ScheduleDeskParts): ScheduleDesk {
  const { documents, overrides, memory, feeds, now, changed } = parts;
  const names = () => documents.names('schedule', Number.POSITIVE_INFINITY);

  function rowOf(name: string, from: number, to: number): OnCallScheduleRow {
    const at = now();
    const [newest] = documents.versions('schedule', name);
    const content = documents.contentAt('schedule', name, Math.max(at, newest?.from ?? at)) as ScheduleContent;
    return scheduleRow(
      name,
      content,
      begunBefore(memory.shifts(name, at, at + lookedAheadMs + beyondMs), at + lookedAheadMs),
      begunBefore(memory.shifts(name, from, to + beyondMs), to),
      from,
      to,
    );
  }

  function scheduleRow(
    name: string,
    content: ScheduleContent,
    ahead: Shift[],
    shifts: Shift[],
    from: number,
    to: number,
  ): OnCallScheduleRow {
    const at = now();
    const [first, ...later] = ahead;
    const next = later.find(({ user }) => user !== first?.user);
    const [newest] = documents.versions('schedule', name);
    return {
      ...{ name, owner: documents.isOfFile('schedule', name) ? 'file' : 'people', zone: content.zone, content },
      shifts: shifts.map(shown),
      now: {
        ...{ user: first?.user ?? null, by: first?.by ?? 'gap', isReached: isReached(memory, first, at) },
        ...{ until: next?.start ?? null, next: next?.user ?? null },
      },
      overrides: overrides.rows(name, from, to),
      gaps: ahead.filter(isOpen).map(shown),
      changesAt: newest && newest.from > at ? newest.from : null,
    };
  }

  /** Somebody who cannot log in any more is nobody. What the fallback fills is no gap, unless nobody is behind it. */
  const isOpen = (shift: Shift): boolean => (isGap(shift) ? !isFilled(memory, shift) : isOff(shift));
  const isOff = (shift: Shift): boolean => !isGap(shift) && !parts.isActive(shift.user ?? '');
  const shown = (shift: Shift) => ({ ...shift, isOff: isOff(shift) });

  function scheduleNamed(name: string): ScheduleContent {
    const content = documents.contentAt('schedule', name, now()) ?? documents.contentAt('schedule', name, Infinity);
    if (!content) throw fail('NOT_FOUND', { what: 'schedule', id: name });
    return content;
  }

  const ownShifts = (user: string, from: number, to: number) =>
    names()
      .flatMap((schedule) =>
        memory
          .shifts(schedule, from, to)
          .filter((shift) => shift.user === user)
          .map(({ start, end }) => ({ schedule, start, end })),
      )
      .sort((a, b) => a.start - b.start);

  /** The next hand-over of what is in force; a new one begins at once. @throws EvenkeelError BAD_ENTRY for the past */
  function effectOf(name: string, zone: string, from: number | null): number {
    const at = now();
    const before = memory.scheduleAt(name, at);
    if (from === null) return (before && nextHandOver(before, at, at + lookedAheadMs)) ?? at;
    if (from < at - 60_000)
      throw refusal('BAD_ENTRY', reason('oncall_version_past', { from: shownInstant(from, zone) }), {
        what: `the schedule ${shownName(name)}`,
      });
    return from;
  }

  return {
    ownTurn(user) {
      const at = now();
      return turnOf(ownShifts(user, at, at + lookedAheadMs), at);
    },
    async overview(user, from, to) {
      const at = now();
      const own = ownShifts(user, at, at + lookedAheadMs);
      return {
        ...{ at, from, to, known: to + beyondMs },
        me: {
          now: own.filter(({ start }) => start <= at),
          next: own.find(({ start }) => start > at) ?? null,
          hasFeed: await feeds.has(user),
        },
        schedules: names().map((name) => rowOf(name, from, to)),
      };
    },
    async saveSchedule(name, content, { from, ...how }) {
      // The zone is checked before an instant is shown in it.
      await documents.check('schedule', name, content);
      await documents.save('schedule', name, content, { ...how, from: effectOf(name, content.zone, from) });
      changed();
      const at = now();
      return rowOf(name, at, at + lookedAheadMs);
    },
    async previewSchedule(name, content) {
      await documents.check('schedule', name, content);
      const at = now();
      const end = at + lookedAheadMs;
      const ahead = begunBefore(shiftsOf(scheduleOf(content, overrides.of(name)), at, end + beyondMs), end);
      return scheduleRow(name, content, ahead, ahead, at, end);
    },
    async addOverride(schedule, wish, by, wins) {
      const { zone } = scheduleNamed(schedule);
      const { users } = await parts.known();
      for (const name of [wish.user, ...(wish.replace === undefined ? [] : [wish.replace])])
        if (users && !users.includes(name))
          throw refusal('BAD_ENTRY', reason('oncall_no_user', { name: shownName(name), ...namesThere(name, users) }), {
            what: `the override of ${shownName(schedule)}`,
          });
      const made = await overrides.add(schedule, zone, wish, by, wins);
      changed();
      return made;
    },
    async removeOverride(id, by) {
      await overrides.remove(id, by);
      changed();
    },
    feeds,
    async feedText(secret) {
      const user = await feeds.find(secret);
      if (user === undefined || !parts.isActive(user)) return null;
      const at = now();
      // From month to month: what is cut at an edge is the same event at each reading.
      const [from, to] = [monthOf(at - feedBackMs, 0), monthOf(at, feedMonths)];
      const shifts = ownShifts(user, from, to + beyondMs).filter(({ start }) => start < to);
      const events = shifts.map(({ schedule, start, end }) => ({
        ...{ uid: uidOf(schedule, start), start, end, title: `On call: ${schedule}` },
        description: `${user} is on call by the schedule ${schedule}.`,
      }));
      return calendarText(`On call: ${user}`, events, at);
    },
    firstGaps(until) {
      const at = now();
      return names().map((name) => ({ name, gapAt: memory.shifts(name, at, until).find(isOpen)?.start ?? null }));
    },
  };
}

/** Of a time that no layer covers: the fallback reaches somebody. */
const isFilled = (memory: RoutingMemory, { by, user, start }: Shift): boolean =>
  by === 'fallback' && memory.resolve(user ?? '', start).length > 0;

/** The begin of a month, UTC. */
function monthOf(at: number, later: number): number {
  const date = new Date(at);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + later);
}

/** A name may hold anything. */
const uidOf = (schedule: string, start: number): string =>
  `${createHash('sha256').update(`${schedule}\n${start}`).digest('hex').slice(0, 32)}@evenkeel`;

/** Whole ones: where the range ends nobody hands over. */
const begunBefore = (shifts: Shift[], to: number) => shifts.filter(({ start }) => start < to);

/** A person without a way to be reached is on call, and nobody is notified. */
function isReached(memory: RoutingMemory, shift: Shift | undefined, at: number): boolean {
  if (!shift || shift.user === null) return false;
  return memory.resolve(shift.by === 'fallback' ? shift.user : `person:${shift.user}`, at).length > 0;
}

/** @param own the shifts of somebody from `at` on */
function turnOf(own: readonly { schedule: string; start: number; end: number }[], at: number): OwnTurn {
  const changes = own
    .map(({ start, end }) => (start <= at ? end : start))
    .filter((change) => change < at + lookedAheadMs)
    .sort((a, b) => a - b);
  const present = own.filter(({ start }) => start <= at);
  return { schedules: present.map(({ schedule }) => schedule), until: changes[0] ?? null };
}
