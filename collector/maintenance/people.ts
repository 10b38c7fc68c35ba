/**
 * What people do to maintenance windows. Each is checked against memory, then goes through the queue of alerts like any
 * other input: it is saved with what follows from it, or not at all.
 */
import { fail } from '../../shared/errors.ts';
import { makeId } from '../accounts/secret.ts';
import { createApproval, type MaintenancePeopleParts } from './approve.ts';
import type { MaintenanceWish } from './changes.ts';
import { dayMs, isRecurring, nextOccurrences } from './occurrences.ts';
import { refused, type ScheduleWish, scheduleOf } from './plan.ts';
import {
  aloneAtMostMs,
  endOf,
  goesOn,
  longestMs,
  type MaintenanceScope,
  type MaintenanceWindow,
  type Occurrence,
} from './window.ts';

export interface WindowWish extends ScheduleWish {
  scope: MaintenanceScope;
  reason: string;
}

/** More are a mistake of a script. */
const windowsAtMost = 500;
const skippedAtMost = 200;

export type MaintenancePeople = ReturnType<typeof createMaintenancePeople>;

const tooMany = (current: number, more: number) =>
  fail('CONFLICT', {
    problem: `there are ${current} maintenance windows already, ${more} more are wanted, and at most ${windowsAtMost} are kept; cancel some`,
  });

export function createMaintenancePeople(parts: MaintenancePeopleParts) {
  const { state, clock, maintenance, push, zone } = parts;
  const wish = (given: MaintenanceWish, at: number) => push({ type: 'maintenance', at, wish: given });

  const approve = createApproval(parts);

  /** @throws EvenkeelError NOT_FOUND, CONFLICT where nothing begins any more */
  async function windowOf(id: string): Promise<MaintenanceWindow> {
    const window = maintenance.window(id);
    if (window && (maintenance.runningOf(id).length > 0 || goesOn(window))) return window;
    const row = await state.selectFrom('maintenance_windows').select('id').where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'maintenance window', id });
    throw fail('CONFLICT', { problem: 'the maintenance is over' });
  }

  /** Which runs and ends last. @throws EvenkeelError CONFLICT */
  async function runningOf(id: string, verb: string): Promise<Occurrence> {
    await windowOf(id);
    const now = clock.now();
    const [last] = maintenance.runningOf(id).sort((a, b) => b.end - a.end);
    if (!last || last.end <= now)
      throw fail('CONFLICT', { problem: `the maintenance does not run now; only a running one can be ${verb}` });
    return last;
  }

  function newWindow({ scope, reason, ...when }: WindowWish, by: string): MaintenanceWindow {
    const now = clock.now();
    const schedule = scheduleOf(when, { now, zone });
    const begunUntil = isRecurring(schedule) ? now : Math.min(now, schedule.start);
    const made = { createdAt: now, createdBy: by, updatedAt: now, updatedBy: by };
    return {
      id: makeId('m'),
      scope,
      reason: reason.trim(),
      schedule,
      ...made,
      approval: null,
      begunUntil,
      cancelledAt: null,
    };
  }

  /** @throws EvenkeelError CONFLICT when there are too many for so many more */
  function requireRoom(more: number): void {
    const current = [...maintenance.windows()].filter(goesOn).length;
    if (current + more > windowsAtMost) throw tooMany(current, more);
  }

  return {
    approve,
    requireRoom,

    /** As it would be created. @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE */
    preview: newWindow,

    /** @returns its id @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE, CONFLICT when there are too many */
    async create(given: WindowWish, by: string): Promise<string> {
      const window = newWindow(given, by);
      requireRoom(1);
      await wish({ type: 'window', window, by, code: 'created', params: facts(window) }, window.createdAt);
      return window.id;
    },

    /** Changes occurrences that have not begun. @throws EvenkeelError also NOT_FOUND, CONFLICT */
    async change(id: string, given: Partial<WindowWish>, by: string): Promise<void> {
      const before = await windowOf(id);
      const now = clock.now();
      const moves = given.repeat !== undefined || given.from !== undefined || given.to !== undefined;
      if ((moves || given.scope) && !goesOn(before))
        throw fail('CONFLICT', { problem: 'the maintenance has begun; end or extend it instead' });
      const window: MaintenanceWindow = {
        ...before,
        reason: given.reason?.trim() ?? before.reason,
        scope: given.scope ?? before.scope,
      };
      if (moves || given.scope) {
        if (moves)
          window.schedule = scheduleOf(
            movedOf(before, given),
            { now, zone },
            isRecurring(before.schedule) ? before.schedule.skip : [],
          );
        Object.assign(window, { updatedAt: now, updatedBy: by, approval: null });
        if (isRecurring(window.schedule)) window.begunUntil = now;
      }
      const params = { from: facts(before), to: facts(window) };
      await wish({ type: 'window', window, by, code: 'changed', params }, now);
    },

    /** The running occurrence ends now. */
    async end(id: string, by: string): Promise<void> {
      const one = await runningOf(id, 'ended');
      const now = clock.now();
      const occurrence = { ...one, end: now, plannedEnd: now };
      await wish({ type: 'occurrence', occurrence, by, code: 'ended', params: { from: one.end, to: now } }, now);
    },

    /** The running occurrence ends later; beyond 24 h once a second person has approved it. */
    async extend(id: string, until: number, by: string): Promise<void> {
      const one = await runningOf(id, 'extended');
      const now = clock.now();
      if (until <= one.end)
        throw refused('the new end is not after the present one', 'Give a later end, or end it now.');
      if (until - one.start > longestMs) throw refused('it would last more than 30 days', 'Give an earlier end.');
      const approval = until - one.start > aloneAtMostMs ? null : one.approval;
      const occurrence: Occurrence = { ...one, plannedEnd: until, enteredBy: by, approval };
      occurrence.end = Math.max(one.end, endOf(occurrence));
      await wish({ type: 'occurrence', occurrence, by, code: 'extended', params: { from: one.end, to: until } }, now);
    },

    /** Leaves out one date of a recurrence: the local date on which it would start. */
    async skip(id: string, date: string, by: string): Promise<void> {
      const window = await windowOf(id);
      const { schedule } = window;
      const now = clock.now();
      if (!isRecurring(schedule))
        throw fail('CONFLICT', { problem: 'the maintenance does not repeat; cancel it instead' });
      const from = Math.max(now, window.begunUntil);
      const dates = nextOccurrences(schedule, from, 60).map(({ start }) => localDate(start, schedule.zone));
      if (!dates.includes(date))
        throw refused(
          `none of its next 60 occurrences starts on ${date}`,
          `Give one of its dates: ${dates.slice(0, 5).join(', ')}.`,
        );
      const today = localDate(now - dayMs, schedule.zone);
      const skip = [...schedule.skip.filter((one) => one >= today), date];
      if (skip.length > skippedAtMost)
        throw fail('CONFLICT', { problem: `${skippedAtMost} dates are left out already; change the repetition` });
      const changed = { ...window, schedule: { ...schedule, skip } };
      await wish({ type: 'window', window: changed, by, code: 'skipped', params: { date } }, now);
    },

    /** Sites or groups were renamed or removed. */
    async scopesMoved(): Promise<void> {
      const rows = await state.selectFrom('maintenance_windows').select(['id', 'target']).execute();
      const moved = rows.filter(({ id, target }) => (maintenance.window(id)?.scope.target ?? target) !== target);
      const targets = new Map(moved.map(({ id, target }) => [id, target]));
      if (targets.size > 0) await wish({ type: 'targets', targets }, clock.now());
    },

    /** Nothing of it begins any more; what runs goes on. */
    async cancel(id: string, by: string): Promise<void> {
      const window = await windowOf(id);
      if (!goesOn(window)) throw fail('CONFLICT', { problem: 'nothing of the maintenance is to come; end it instead' });
      const now = clock.now();
      await wish({ type: 'window', window: { ...window, cancelledAt: now }, by, code: 'cancelled', params: {} }, now);
    },
  };
}

const localDate = (at: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();

/** What was not given stays as it was. */
function movedOf({ schedule }: MaintenanceWindow, { from, to, late, repeat }: ScheduleWish): ScheduleWish {
  if (repeat) return { repeat };
  if (isRecurring(schedule)) return { from, to, late };
  return { from: from ?? schedule.start, to: to ?? schedule.end, late };
}

const facts = ({ scope, reason, schedule }: MaintenanceWindow) => ({ scope, reason, ...schedule });
