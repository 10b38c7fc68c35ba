/** Windows as people wish for them, checked against the bounds and what is there; nothing is saved. */
import { type Reason, reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import { makeId } from '../accounts/secret.ts';
import type { MaintenancePeopleParts } from './approve.ts';
import type { MaintenanceWish } from './changes.ts';
import { isRecurring } from './occurrences.ts';
import { type ScheduleWish, scheduleOf } from './plan.ts';
import type { WindowChange } from './table.ts';
import { goesOn, type MaintenanceScope, type MaintenanceWindow } from './window.ts';

export interface WindowWish extends ScheduleWish {
  scope: MaintenanceScope;
  reason: string;
  /** Id of the machine that asks for it itself. */
  askedBy?: string;
}

/** More are a mistake of a script. */
const windowsAtMost = 500;

export const conflict = (why: Reason) => refusal('CONFLICT', why);

export function createDrafts({
  clock,
  maintenance,
  zone,
}: Pick<MaintenancePeopleParts, 'clock' | 'maintenance' | 'zone'>) {
  function newWindow(
    { scope, reason: why, askedBy = null, ...when }: Omit<WindowWish, 'askedBy'> & { askedBy?: string | null },
    by: string,
    skip: readonly string[] = [],
  ) {
    const now = clock.now();
    const schedule = scheduleOf(when, { now, zone }, skip);
    const begunUntil = isRecurring(schedule) ? now : Math.min(now, schedule.start);
    const made = { createdAt: now, createdBy: by, updatedAt: now, updatedBy: by };
    const window: MaintenanceWindow = {
      ...{ id: makeId('m'), scope, reason: why.trim(), schedule },
      ...{ ...made, askedBy, approval: null, begunUntil, cancelledAt: null },
    };
    return window;
  }

  /** What has not begun of it. @throws EvenkeelError BAD_MAINTENANCE, BAD_ZONE, CONFLICT */
  function changed(before: MaintenanceWindow, given: Partial<WindowWish>, by: string, skip?: readonly string[]) {
    const now = clock.now();
    const moves = given.repeat !== undefined || given.from !== undefined || given.to !== undefined;
    if ((moves || given.scope) && !goesOn(before)) throw conflict(reason('maintenance_begun'));
    const window: MaintenanceWindow = {
      ...before,
      reason: given.reason?.trim() ?? before.reason,
      scope: given.scope ?? before.scope,
    };
    if (!moves && !given.scope) return window;
    const skipped = skip ?? (isRecurring(before.schedule) ? before.schedule.skip : []);
    if (moves) window.schedule = scheduleOf(movedOf(before, given), { now, zone }, skipped);
    Object.assign(window, { updatedAt: now, updatedBy: by, approval: null });
    if (isRecurring(window.schedule)) window.begunUntil = now;
    return window;
  }

  /** @throws EvenkeelError CONFLICT when there are too many for so many more */
  function requireRoom(more: number): void {
    const current = [...maintenance.windows()].filter(goesOn).length;
    if (current + more > windowsAtMost)
      throw conflict(reason('maintenance_many', { count: current, more, limit: windowsAtMost }));
  }

  /** The window that a line of a table wishes for. @throws EvenkeelError also CONFLICT where it is over */
  function planned({ before, scope, reason: why, when }: WindowChange, by: string): MaintenanceWindow {
    const late = when?.wish.from !== undefined && when.wish.from < clock.now() ? { late: true } : {};
    const given = { ...when?.wish, ...late, reason: why };
    if (before === null) return newWindow({ ...given, scope }, by, when?.skip);
    if (maintenance.runningOf(before.id).length === 0 && !goesOn(before)) throw conflict(reason('maintenance_over'));
    const isScoped = JSON.stringify(scope) !== JSON.stringify(before.scope);
    return changed(before, { ...given, ...(isScoped ? { scope } : {}) }, by, when?.skip);
  }

  return { newWindow, changed, planned, requireRoom };
}

/** For the history, too. */
export const saying = (window: MaintenanceWindow, before: MaintenanceWindow | null, by: string): MaintenanceWish =>
  before === null
    ? { type: 'window', window, by, code: 'created', params: facts(window) }
    : { type: 'window', window, by, code: 'changed', params: { from: facts(before), to: facts(window) } };

/** What was not given stays as it was. */
function movedOf({ schedule }: MaintenanceWindow, { from, to, late, repeat }: ScheduleWish): ScheduleWish {
  if (repeat) return { repeat };
  if (isRecurring(schedule)) return { from, to, late };
  return { from: from ?? schedule.start, to: to ?? schedule.end, late };
}

const facts = ({ scope, reason, schedule }: MaintenanceWindow) => ({ scope, reason, ...schedule });
