/**
 * The step after `advance`: windows begin and end, and alerts of endpoints in maintenance are suppressed. Inside no one
 * is notified of anything but an end; what still fires five minutes after it is notified then, and gets its ticket.
 */
import { makeId } from '../accounts/secret.ts';
import { type Batch, isAlertChange } from '../alerts/batch.ts';
import { breathe } from '../state/breathe.ts';
import type { MaintenanceWish } from './changes.ts';
import type { MaintenanceDue } from './memory.ts';
import { createSuppression, type SuppressionParts } from './suppress.ts';
import type { MaintenanceWindow, Occurrence } from './window.ts';

export async function maintain(parts: SuppressionParts, batch: Batch): Promise<void> {
  const { maintenance } = parts;
  const incoming = batch.changes;
  const changes: Batch['changes'] = [];
  batch.changes = changes;
  const { cover, uncover, onAlert, releaseAll } = createSuppression(parts, batch);
  for (const change of incoming) {
    await runDue(change.at);
    changes.push(change);
    if (isAlertChange(change)) onAlert(change);
    else if ('wish' in change) await fulfil(change.wish, change.at);
  }
  await runDue(batch.at);

  async function runDue(now: number): Promise<void> {
    for (let next = maintenance.take(now); next; next = maintenance.take(now)) {
      await onDue(next, maintenance.notBefore(next.at));
      await breathe();
    }
  }

  async function onDue({ kind, id }: MaintenanceDue, at: number): Promise<void> {
    const window = kind === 'begin' ? maintenance.window(id) : undefined;
    if (window) await begin(window, at);
    const occurrence = kind === 'end' ? maintenance.occurrence(id) : undefined;
    if (occurrence) await end(occurrence, at);
    if (kind === 'release') releaseAll(id, at);
  }

  // ── windows ──

  async function begin(window: MaintenanceWindow, at: number): Promise<void> {
    const next = maintenance.beginOf(window, at);
    const begun = { ...window, begunUntil: next ? next.start + 1 : at };
    maintenance.putWindow(begun);
    batch.maintenance.push({ type: 'window', window: begun });
    if (!next) return;
    const occurrence: Occurrence = { id: makeId('o'), ...next };
    batch.maintenance.push({ type: 'occurrence', occurrence });
    const isOver = occurrence.end <= at;
    if (!isOver) maintenance.putOccurrence(occurrence);
    for (const endpoint of maintenance.endpointsIn(occurrence.scope)) {
      if (isOver) saveMember(occurrence, endpoint, occurrence.start, occurrence.end);
      else join(occurrence, endpoint, occurrence.start, at);
      await breathe();
    }
  }

  async function end(occurrence: Occurrence, at: number): Promise<void> {
    for (const endpoint of maintenance.membersOf(occurrence.id).keys()) {
      if (maintenance.leave(occurrence.id, endpoint)) uncover(endpoint, at);
      await breathe();
    }
    maintenance.endOccurrence(occurrence.id);
    batch.maintenance.push({ type: 'over', window: occurrence.window, occurrence: occurrence.id, to: occurrence.end });
  }

  async function fulfil(wish: MaintenanceWish, at: number): Promise<void> {
    if (wish.type === 'place') return followPlace(wish.endpoint, at);
    if (wish.type === 'all') {
      for (const one of wish.wishes) await fulfil(one, at);
      return;
    }
    if (wish.type === 'targets') return maintenance.retarget(wish.targets);
    const { by, code, params } = wish;
    if (wish.type === 'window') {
      const begunUntil = Math.max(wish.window.begunUntil, maintenance.window(wish.window.id)?.begunUntil ?? 0);
      const window = { ...wish.window, begunUntil };
      maintenance.putWindow(window);
      batch.maintenance.push({ type: 'window', window });
    } else {
      const runs = maintenance.occurrence(wish.occurrence.id) !== undefined;
      // It was over before the request arrived; only an approval may come later.
      if (!runs && code !== 'approved') return;
      if (runs) maintenance.putOccurrence(wish.occurrence);
      batch.maintenance.push({ type: 'occurrence', occurrence: wish.occurrence });
    }
    const window = wish.type === 'window' ? wish.window.id : wish.occurrence.window;
    batch.maintenance.push({ type: 'event', window, at, done: { by, code, params } });
    await runDue(at);
  }

  function followPlace(endpoint: string, at: number): void {
    for (const occurrence of maintenance.running()) {
      const isMember = maintenance.membersOf(occurrence.id).has(endpoint);
      const belongs = maintenance.belongs(endpoint, occurrence.scope);
      if (belongs && !isMember) join(occurrence, endpoint, at, at);
      else if (!belongs && isMember) {
        batch.maintenance.push({ type: 'left', occurrence: occurrence.id, endpoint, to: at });
        if (maintenance.leave(occurrence.id, endpoint)) uncover(endpoint, at);
      }
    }
  }

  function join(occurrence: Occurrence, endpoint: string, from: number, at: number): void {
    saveMember(occurrence, endpoint, from, null);
    if (maintenance.join(occurrence.id, endpoint, from)) cover(endpoint, at);
  }

  function saveMember({ id }: Occurrence, endpoint: string, from: number, to: number | null): void {
    batch.maintenance.push({ type: 'member', occurrence: id, endpoint, from, to });
  }
}
