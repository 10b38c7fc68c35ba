/** Alerts of endpoints in maintenance: suppressed from its start on, and released five minutes after its end. */
import type { LiveAlert } from '../alerts/alert.ts';
import type { AlertChange, Batch } from '../alerts/batch.ts';
import type { AlertMemory } from '../alerts/memory.ts';
import { fires } from '../alerts/suppressions.ts';
import type { MaintenanceMemory } from './memory.ts';

/** Machines are still starting when people say that the work is done. */
export const afterEndMs = 5 * 60_000;

export interface SuppressionParts {
  maintenance: MaintenanceMemory;
  memory: Pick<AlertMemory, 'alertsOf'>;
}

export function createSuppression({ maintenance, memory }: SuppressionParts, batch: Batch) {
  function cover(endpoint: string, at: number): void {
    maintenance.setRelease(endpoint, null);
    setTickets(endpoint, true, at);
    for (const alert of memory.alertsOf(endpoint)) if (fires(alert) && (alert.firedAt ?? at) <= at) suppress(alert, at);
  }

  function uncover(endpoint: string, at: number): void {
    setTickets(endpoint, false, at);
    if (memory.alertsOf(endpoint).some(({ id }) => maintenance.isSuppressed(id)))
      maintenance.setRelease(endpoint, at + afterEndMs);
  }

  function setTickets(endpoint: string, on: boolean, at: number): void {
    const keys = memory.alertsOf(endpoint).map(({ key }) => key);
    batch.changes.push({ event: { type: 'maintenance', on, endpoint, keys, at }, at });
  }

  function onAlert(change: AlertChange): void {
    const { alert, at, ended } = change;
    if (ended) mark(alert, false);
    else if (maintenance.covers(alert.endpoint, at)) {
      change.isSuppressed ||= fires(alert);
      if (fires(alert)) suppress(alert, at);
    } else if (maintenance.isSuppressed(alert.id)) change.isSuppressed = true;
  }

  function suppress(alert: LiveAlert, at: number): void {
    if (maintenance.isSuppressed(alert.id)) return;
    mark(alert, true);
    const windows = [...maintenance.coveringOf(alert.endpoint)].flatMap(
      (id) => maintenance.occurrence(id)?.window ?? [],
    );
    batch.changes.push({ ...note(alert, at), code: 'maintenance', params: { windows } });
  }

  /** Of what is unknown nobody is told before its endpoint is back, in maintenance or not. */
  function release(alert: LiveAlert, at: number): void {
    if (!maintenance.isSuppressed(alert.id)) return;
    mark(alert, false);
    batch.changes.push({ ...note(alert, at), code: 'maintenance_ended', params: {} });
  }

  function mark({ id }: LiveAlert, isSuppressed: boolean): void {
    if (maintenance.isSuppressed(id) === isSuppressed) return;
    maintenance.suppress(id, isSuppressed);
    batch.maintenance.push({ type: 'alert', id, suppressed: isSuppressed });
  }

  return {
    cover,
    uncover,
    onAlert,
    releaseAll(endpoint: string, at: number): void {
      for (const alert of memory.alertsOf(endpoint)) release(alert, at);
    },
  };
}

const note = (alert: LiveAlert, at: number) => ({
  ...{ alert, at, ended: false, reason: null, actor: 'monitor', isSuppressed: false },
});
