/** Where an override changes nothing: it stands in for one person, and another one is on call then. Pure. */
import type { OnCallScheduleRow } from '../../../../shared/on-call.ts';

interface OverrideSpan {
  from: number;
  to: number;
  user: string;
  /** Null: it stands in for whoever is on call. */
  replace: string | null;
}

interface IdlePart {
  start: number;
  end: number;
  /** Who is on call then; null: nobody. */
  user: string | null;
}

/** @param shifts as they are known, with this override in them or still without it */
export function withoutEffect(
  shifts: OnCallScheduleRow['shifts'],
  { from, to, user, replace }: OverrideSpan,
): IdlePart[] {
  if (replace === null || replace === user) return [];
  return shifts.flatMap((shift) => {
    const [start, end] = [Math.max(shift.start, from), Math.min(shift.end, to)];
    const on = shift.by === 'gap' || shift.by === 'fallback' ? null : shift.user;
    return start < end && on !== user && on !== replace ? [{ start, end, user: on }] : [];
  });
}
