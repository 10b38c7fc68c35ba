/** The data folder of a collector that has lived for some days: endpoints, an outage, alerts, tickets, people, a report. */
import { fillHistory } from '../simulate/history/fill.ts';
import type { HistoryPlan } from '../simulate/history/plan.ts';

const hour = 3_600_000;
export const livedMs = 60 * hour;

const planFrom = (startAt: number): HistoryPlan => ({
  ...{ seed: 5, startAt, changes: [], groups: [{ name: 'Databases', note: '', hosts: ['osa-db-1'] }] },
  sites: [
    {
      ...{ name: 'Osaka', zone: 'Asia/Tokyo', region: 'JP', people: 113, laptops: ['osa-amber'] },
      ...{ servers: { 'osa-db-1': 20, 'osa-erp-1': 60, 'osa-mail-1': 110 }, desk: ['山田 太郎', 'Mia Doe'] },
    },
  ],
  outages: [{ hosts: ['osa-db-1', 'osa-erp-1'], from: startAt + 30 * hour, to: startAt + 33 * hour, how: 'crash' }],
  troubles: [{ host: 'osa-mail-1', kind: 'disk-filling', from: startAt + 20 * hour, to: startAt + 58 * hour }],
  works: [
    {
      site: 'Osaka',
      reason: 'patches',
      enteredAt: startAt + 2 * hour,
      when: { from: startAt + 40 * hour, to: startAt + 41 * hour },
    },
  ],
});

/** @param startAt ms UTC. @returns when it ends */
export async function fillLived(data: string, startAt: number): Promise<number> {
  await fillHistory({ plan: planFrom(startAt), data, until: () => startAt + livedMs });
  return startAt + livedMs;
}
