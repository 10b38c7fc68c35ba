/** What only a second person may do: approve what was entered late, or lasts more than 24 h. */
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { Input } from '../alerts/batch.ts';
import type { State } from '../state/open.ts';
import type { MaintenanceWish } from './changes.ts';
import type { MaintenanceMemory } from './memory.ts';
import { isRecurring } from './occurrences.ts';
import { isEnteredLate, occurrenceOf, windowOf } from './rows.ts';
import { enteredLate, goesOn, type MaintenanceWindow, type Occurrence } from './window.ts';

export interface MaintenancePeopleParts {
  state: State;
  clock: Clock;
  maintenance: MaintenanceMemory;
  /** Report zone, IANA: of the times in messages. */
  zone: string;
  push(input: Input): Promise<void>;
}

export function createApproval({ state, clock, maintenance, push }: MaintenancePeopleParts) {
  const wish = (given: MaintenanceWish, at: number) => push({ type: 'maintenance', at, wish: given });

  /** A second person: for what was entered late, and for more than 24 h. @throws EvenkeelError CONFLICT for the author */
  return async function approve(id: string, by: string): Promise<void> {
    const now = clock.now();
    const approval = { at: now, by };
    const [row] = await pendingOf(id);
    const window = await readWindow(id);
    if ([window.createdBy, window.updatedBy, row?.enteredBy].includes(by))
      throw refusal('CONFLICT', reason('maintenance_own'));
    if (row) {
      const occurrence = { ...row, approval };
      if (row.end > now) occurrence.end = row.plannedEnd;
      await wish({ type: 'occurrence', occurrence, by, code: 'approved', params: {} }, now);
    }
    const waits = isRecurring(window.schedule) ? goesOn(window) : row !== undefined || goesOn(window);
    if (waits && window.approval === null)
      await wish({ type: 'window', window: { ...window, approval }, by, code: 'approved', params: {} }, now);
    else if (!row) throw refusal('CONFLICT', reason('maintenance_not_waiting'));
  };

  /** Occurrences that wait for a second person: running ones first. */
  async function pendingOf(id: string): Promise<Occurrence[]> {
    const running = maintenance
      .runningOf(id)
      .filter((one) => one.approval === null && (enteredLate(one) || one.end < one.plannedEnd));
    if (running.length > 0) return running;
    const rows = await state
      .selectFrom('maintenance_occurrences')
      .selectAll()
      .where('maintenance', '=', id)
      .where('approved_at', 'is', null)
      .where(isEnteredLate)
      .execute();
    return rows.map(occurrenceOf);
  }

  async function readWindow(id: string): Promise<MaintenanceWindow> {
    const row = await state.selectFrom('maintenance_windows').selectAll().where('id', '=', id).executeTakeFirst();
    if (!row) throw fail('NOT_FOUND', { what: 'maintenance window', id });
    return windowOf(row);
  }
}
