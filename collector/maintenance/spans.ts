/** Stretches of maintenance as they took place. */
import type { MaintenanceSpan } from '../../shared/api.ts';
import type { Span } from '../../shared/intervals.ts';
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import { enteredLate } from './window.ts';

const columns = [
  'maintenance_occurrences.maintenance as maintenance',
  'maintenance_occurrences.end_at as ended',
  'maintenance_occurrences.start_at as began',
  'maintenance_occurrences.entered_at as entered',
  'maintenance_occurrences.entered_by as by',
  'maintenance_occurrences.asked_by as askedBy',
  'maintenance_occurrences.approved_at as approvedAt',
  'maintenance_occurrences.approved_by as approvedBy',
  'maintenance_windows.reason as reason',
] as const;

const occurrences = (state: State) =>
  state
    .selectFrom('maintenance_occurrences')
    .innerJoin('maintenance_windows', 'maintenance_windows.id', 'maintenance_occurrences.maintenance')
    .select(columns);

interface SpanRow {
  maintenance: string;
  began: number;
  ended: number;
  entered: number;
  by: string;
  askedBy: string | null;
  approvedAt: number | null;
  approvedBy: string | null;
  reason: string;
}

const spanOf = ({ maintenance, reason, by, askedBy, began, ended, entered, approvedAt: at, approvedBy }: SpanRow) => ({
  ...{ maintenance, reason, by, start: began, end: ended },
  late: enteredLate({ enteredAt: entered, start: began, askedBy }),
  approval: at === null || approvedBy === null ? null : { at, by: approvedBy },
});

/** Those that touch a range, by endpoint and in order; what runs ends at its planned end. */
export async function maintenanceOf(
  state: State,
  endpoints: readonly string[],
  { start, end }: Span,
): Promise<Map<string, MaintenanceSpan[]>> {
  const found = new Map<string, MaintenanceSpan[]>();
  for (const some of chunks(endpoints)) {
    const rows = await occurrences(state)
      .innerJoin('maintenance_members', 'maintenance_members.occurrence', 'maintenance_occurrences.id')
      .select(['endpoint', 'maintenance_members.from_at as from', 'maintenance_members.to_at as to'])
      .where('endpoint', 'in', some)
      .where('maintenance_members.from_at', '<', end)
      .where(({ eb, fn }) => eb(fn.coalesce('maintenance_members.to_at', 'end_at'), '>', start))
      .orderBy('from')
      .execute();
    for (const row of rows) {
      const span = { ...spanOf(row), start: row.from, end: Math.min(row.ended, row.to ?? row.ended) };
      found.set(row.endpoint, [...(found.get(row.endpoint) ?? []), span]);
    }
  }
  return found;
}

/** Of one window, newest first. */
export async function occurrencesOf(state: State, window: string, limit: number): Promise<MaintenanceSpan[]> {
  const rows = await occurrences(state)
    .where('maintenance', '=', window)
    .orderBy('start_at', 'desc')
    .limit(limit)
    .execute();
  return rows.map(spanOf);
}
