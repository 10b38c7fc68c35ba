/** A maintenance window and its occurrences in memory. Pure. */
import type { Scope } from '../evaluate/scope.ts';
import { dayMs, isRecurring, nextOccurrences, type Schedule } from './occurrences.ts';

export type MaintenanceScope = Scope & { of: 'site' | 'group' | 'tag' | 'endpoint' };

/** A second person, beside the author. */
export interface Approval {
  at: number;
  by: string;
}

export interface MaintenanceWindow {
  id: string;
  scope: MaintenanceScope;
  reason: string;
  schedule: Schedule;
  createdAt: number;
  createdBy: string;
  /** When and by whom it was entered as it is: by this instant an occurrence is in time or late. */
  updatedAt: number;
  updatedBy: string;
  /** Id of the machine that asked for it itself. */
  askedBy: string | null;
  approval: Approval | null;
  /** Occurrences that begin before it have begun, or never will. */
  begunUntil: number;
  cancelledAt: number | null;
}

export interface Occurrence {
  id: string;
  window: string;
  scope: MaintenanceScope;
  start: number;
  end: number;
  plannedEnd: number;
  enteredAt: number;
  enteredBy: string;
  askedBy: string | null;
  approval: Approval | null;
}

/** An occurrence of more than this needs a second person; until then it ends here. */
export const aloneAtMostMs = dayMs;
export const longestMs = 30 * dayMs;

/** The planned end, or 24 h after the start while no one else has confirmed more. */
export function endOf({ start, plannedEnd, approval }: Pick<Occurrence, 'start' | 'plannedEnd' | 'approval'>): number {
  return approval === null ? Math.min(plannedEnd, start + aloneAtMostMs) : plannedEnd;
}

/** Something of it is still to begin. */
export const goesOn = ({ cancelledAt, schedule, begunUntil }: MaintenanceWindow): boolean =>
  cancelledAt === null && nextOccurrences(schedule, begunUntil, 1).length > 0;

/** It counts as downtime until a second person has approved it. What a machine asks for is never planned before. */
export const isLate = ({ schedule, updatedAt, askedBy }: MaintenanceWindow): boolean =>
  askedBy !== null || (!isRecurring(schedule) && schedule.start < updatedAt);

/** The same of an occurrence. */
export const enteredLate = ({
  enteredAt,
  start,
  askedBy,
}: Pick<Occurrence, 'enteredAt' | 'start' | 'askedBy'>): boolean => askedBy !== null || enteredAt > start;
