/**
 * What people do to maintenance windows. Each is checked against memory, then goes through the queue of alerts like any
 * other input: it is saved with what follows from it, or not at all.
 */
import { fail } from '../../shared/errors.ts';
import { shownName } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { shownInstant } from '../../shared/zone.ts';
import { createApproval, type MaintenancePeopleParts } from './approve.ts';
import type { MaintenanceWish } from './changes.ts';
import { conflict, createDrafts, saying, type WindowWish } from './drafts.ts';
import { dayMs, isRecurring, nextOccurrences } from './occurrences.ts';
import { refused } from './plan.ts';
import { aloneAtMostMs, endOf, goesOn, longestMs, type MaintenanceWindow, type Occurrence } from './window.ts';

const skippedAtMost = 200;

export type MaintenancePeople = ReturnType<typeof createMaintenancePeople>;

export function createMaintenancePeople(parts: MaintenancePeopleParts) {
  const { state, clock, maintenance, push, zone } = parts;
  const wish = (given: MaintenanceWish, at: number) => push({ type: 'maintenance', at, wish: given });

  const approve = createApproval(parts);
  const { newWindow, changed, planned, requireRoom } = createDrafts(parts);

  /** @throws EvenkeelError NOT_FOUND, CONFLICT where nothing begins any more */
  async function windowOf(id: string): Promise<MaintenanceWindow> {
    const window = maintenance.window(id);
    if (window && (maintenance.runningOf(id).length > 0 || goesOn(window))) return window;
    const row = await state.selectFrom('maintenance_windows').select('id').where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'maintenance window', id });
    throw conflict(reason('maintenance_over'));
  }

  /** Which runs and ends last. @throws EvenkeelError CONFLICT */
  async function runningOf(id: string): Promise<Occurrence> {
    await windowOf(id);
    const now = clock.now();
    const [last] = maintenance.runningOf(id).sort((a, b) => b.end - a.end);
    if (!last || last.end <= now) throw conflict(reason('maintenance_not_running'));
    return last;
  }

  return {
    approve,
    requireRoom,
    planned,

    /** As it would be created. @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE */
    preview: newWindow,

    /** @returns its id @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE, CONFLICT when there are too many */
    async create(given: WindowWish, by: string): Promise<string> {
      const window = newWindow(given, by);
      requireRoom(1);
      await wish(saying(window, null, by), window.createdAt);
      return window.id;
    },

    /** Changes occurrences that have not begun. @throws EvenkeelError also NOT_FOUND, CONFLICT */
    async change(id: string, given: Partial<WindowWish>, by: string): Promise<void> {
      const before = await windowOf(id);
      await wish(saying(changed(before, given, by), before, by), clock.now());
    },

    /** All of them or none. @throws EvenkeelError CONFLICT when there are too many */
    async enterAll(changes: readonly { before: MaintenanceWindow | null; after: MaintenanceWindow }[], by: string) {
      requireRoom(changes.filter(({ before }) => before === null).length);
      const wishes = changes.map(({ before, after }) => saying(after, before, by));
      if (wishes.length > 0) await wish({ type: 'all', wishes }, clock.now());
    },

    /** The running occurrence ends now. */
    async end(id: string, by: string): Promise<void> {
      const one = await runningOf(id);
      const now = clock.now();
      const occurrence = { ...one, end: now, plannedEnd: now };
      await wish({ type: 'occurrence', occurrence, by, code: 'ended', params: { from: one.end, to: now } }, now);
    },

    /** The running occurrence ends later; beyond 24 h once a second person has approved it. */
    async extend(id: string, until: number, by: string): Promise<void> {
      const one = await runningOf(id);
      const now = clock.now();
      if (until <= one.end)
        throw refused(
          'until',
          reason('maintenance_extend', { end: shownInstant(one.end, zone), until: shownInstant(until, zone) }),
        );
      if (until - one.start > longestMs) throw refused('until', reason('maintenance_long'));
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
      if (!isRecurring(schedule)) throw conflict(reason('maintenance_once'));
      const from = Math.max(now, window.begunUntil);
      const dates = nextOccurrences(schedule, from, 60).map(({ start }) => localDate(start, schedule.zone));
      if (!dates.includes(date))
        throw refused(
          'date',
          reason('maintenance_no_occurrence', { date: shownName(date), known: dates.slice(0, 5).join(', ') }),
        );
      const today = localDate(now - dayMs, schedule.zone);
      const skip = [...schedule.skip.filter((one) => one >= today), date];
      if (skip.length > skippedAtMost) throw conflict(reason('maintenance_many_skipped', { limit: skippedAtMost }));
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
      if (!goesOn(window)) throw conflict(reason('maintenance_none_to_come'));
      const now = clock.now();
      await wish({ type: 'window', window: { ...window, cancelledAt: now }, by, code: 'cancelled', params: {} }, now);
    },
  };
}

const localDate = (at: number, zone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone).toPlainDate().toString();
