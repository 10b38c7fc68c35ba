/** A restore test was entered: the rules see it at once. Called by `collector.ts` alone. */
import type { Clock } from '../shared/clock.ts';
import type { Report } from '../shared/report.ts';
import type { Endpoint, Fleet } from './fleet/fleet.ts';
import { verificationsOf } from './fleet/restore-tests.ts';
import type { Rows } from './fleet/rows.ts';
import type { State } from './state/open.ts';

interface RestoreTriedParts {
  state: State;
  fleet: Pick<Fleet, 'get'>;
  clock: Clock;
  rows: Pick<Rows, 'facts'>;
  alerts: { onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined };
}

export const restoreTrier =
  ({ state, fleet, clock, rows, alerts }: RestoreTriedParts) =>
  async (id: string): Promise<void> => {
    const endpoint = fleet.get(id);
    const at = clock.now();
    const metrics = await verificationsOf(state, id, rows.facts(id).backups ?? [], at);
    // Only for the rules: into the series it goes with the section, daily at the latest.
    if (endpoint) await alerts.onReport(endpoint, { v: 1, epoch: 'collector', seq: 1, at, metrics }, true);
  };
