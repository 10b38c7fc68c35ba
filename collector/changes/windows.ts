/** The maintenance windows that stand for planned changes: one per target, so that each keeps the rules of maintenance. */
import { EvenkeelError } from '../../shared/errors.ts';
import type { MaintenanceActions } from '../maintenance/maintenance.ts';
import type { MaintenanceScope } from '../maintenance/window.ts';
import type { State } from '../state/open.ts';
import type { StoredChange } from './rows.ts';

export type MaintenancePort = Pick<MaintenanceActions, 'create' | 'change' | 'cancel' | 'end' | 'requireRoom'>;

/** A person has ended or cancelled the window meanwhile: that holds. */
async function unlessOver(work: Promise<void>): Promise<void> {
  try {
    await work;
  } catch (thrown) {
    if (!(thrown instanceof EvenkeelError) || !['CONFLICT', 'NOT_FOUND'].includes(thrown.code)) throw thrown;
  }
}

const scopesOf = (state: State, change: number) =>
  state.selectFrom('change_scopes').selectAll().where('change', '=', change).orderBy('of').orderBy('target').execute();

const reasonOf = ({ id, title }: Pick<StoredChange, 'id' | 'title'>) => `C-${id}: ${title}`;

/**
 * Brings them in line with the change. Work that is over when it is entered has none; what has begun when it is entered
 * is maintenance from now on, and counts once a second person has approved it. Can be repeated.
 * @throws EvenkeelError BAD_MAINTENANCE, CONFLICT when there are too many windows
 */
export async function openWindows(state: State, port: MaintenancePort, change: StoredChange, by: string, now: number) {
  if (change.end_at <= now || (change.state !== 'planned' && change.state !== 'in_progress')) return;
  const begun = change.start_at < now;
  const when = { from: change.start_at, to: change.end_at, ...(begun ? { late: true } : {}) };
  for (const { of, target, maintenance } of await scopesOf(state, change.id)) {
    if (maintenance !== null) continue;
    const id = await port.create({ scope: { of, target }, reason: reasonOf(change), ...when }, by);
    const own = state.updateTable('change_scopes').set({ maintenance: id }).where('change', '=', change.id);
    await own.where('of', '=', of).where('target', '=', target).execute();
  }
}

/** Moves those of a change that has not begun. */
export async function moveWindows(state: State, port: MaintenancePort, change: StoredChange, by: string) {
  const when = { from: change.start_at, to: change.end_at, reason: reasonOf(change) };
  for (const { maintenance } of await scopesOf(state, change.id))
    if (maintenance !== null) await unlessOver(port.change(maintenance, when, by));
}

/** Cancels what is to come, and ends what runs. */
export async function closeWindows(
  state: State,
  port: MaintenancePort,
  change: number,
  by: string,
  only?: readonly MaintenanceScope[],
) {
  for (const { of, target, maintenance } of await scopesOf(state, change)) {
    if (maintenance === null || (only && !only.some((one) => one.of === of && one.target === target))) continue;
    await unlessOver(port.end(maintenance, by));
    await unlessOver(port.cancel(maintenance, by));
  }
}
