/** Windows and occurrences as rows. */
import type { ExpressionBuilder, Insertable, Selectable } from 'kysely';
import { bucketOf } from '../../shared/topics.ts';
import type { Database } from '../state/database.ts';
import { isRecurring, type Schedule } from './occurrences.ts';
import type { Approval, MaintenanceWindow, Occurrence } from './window.ts';

type WindowRow = Insertable<Database['maintenance_windows']>;
type OccurrenceRow = Insertable<Database['maintenance_occurrences']>;

export function windowRow(window: MaintenanceWindow): WindowRow {
  const { id, scope, schedule, approval } = window;
  const again = isRecurring(schedule) ? schedule : null;
  const once = isRecurring(schedule) ? null : schedule;
  return {
    ...{ id, bucket: bucketOf(scope.target), scope: scope.of, target: scope.target, reason: window.reason },
    ...{ from_at: once?.start ?? null, to_at: once?.end ?? null, cron: again?.cron ?? null, zone: again?.zone ?? null },
    ...{ duration_min: again?.durationMin ?? null, until_wall: again?.untilWall ?? null },
    ...{ skip: JSON.stringify(again?.skip ?? []), starts_at: again?.starts ?? null, ends_at: again?.ends ?? null },
    ...{ begun_until: window.begunUntil, cancelled_at: window.cancelledAt },
    ...{ approved_at: approval?.at ?? null, approved_by: approval?.by ?? null },
    ...{ created_at: window.createdAt, created_by: window.createdBy },
    ...{ updated_at: window.updatedAt, updated_by: window.updatedBy, asked_by: window.askedBy },
  };
}

export function windowOf(row: Selectable<Database['maintenance_windows']>): MaintenanceWindow {
  return {
    id: row.id,
    scope: { of: row.scope, target: row.target },
    reason: row.reason,
    schedule: scheduleOf(row),
    ...{ createdAt: row.created_at, createdBy: row.created_by, updatedAt: row.updated_at, updatedBy: row.updated_by },
    askedBy: row.asked_by,
    approval: approvalOf(row),
    begunUntil: row.begun_until,
    cancelledAt: row.cancelled_at,
  };
}

function scheduleOf(row: Selectable<Database['maintenance_windows']>): Schedule {
  if (row.cron === null) return { start: row.from_at ?? 0, end: row.to_at ?? 0 };
  return {
    ...{ cron: row.cron, zone: row.zone ?? 'UTC', durationMin: row.duration_min, untilWall: row.until_wall },
    ...{ skip: JSON.parse(row.skip) as string[], starts: row.starts_at, ends: row.ends_at },
  };
}

const approvalOf = ({
  approved_at: at,
  approved_by: by,
}: {
  approved_at: number | null;
  approved_by: string | null;
}) => (at === null || by === null ? null : ({ at, by } satisfies Approval));

export function occurrenceRow(one: Occurrence): OccurrenceRow {
  const { id, window, scope, approval } = one;
  return {
    ...{ id, maintenance: window, bucket: bucketOf(scope.target), scope: scope.of, target: scope.target },
    ...{ start_at: one.start, end_at: one.end, planned_end_at: one.plannedEnd },
    ...{ entered_at: one.enteredAt, entered_by: one.enteredBy, asked_by: one.askedBy },
    ...{ approved_at: approval?.at ?? null, approved_by: approval?.by ?? null },
  };
}

export function occurrenceOf(row: Selectable<Database['maintenance_occurrences']>): Occurrence {
  return {
    id: row.id,
    window: row.maintenance,
    scope: { of: row.scope, target: row.target },
    ...{ start: row.start_at, end: row.end_at, plannedEnd: row.planned_end_at },
    ...{ enteredAt: row.entered_at, enteredBy: row.entered_by, askedBy: row.asked_by },
    approval: approvalOf(row),
  };
}

/** What `enteredLate` says of an occurrence, of its row. */
export const isEnteredLate = ({ eb, or, ref }: ExpressionBuilder<Database, 'maintenance_occurrences'>) =>
  or([eb('entered_at', '>', ref('start_at')), eb('asked_by', 'is not', null)]);
