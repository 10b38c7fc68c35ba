/** What tabs of an endpoint's page show beside its detail: how its backups went lately, and what runs on it. */
import type { Static } from 'typebox';
import { page } from '../../../shared/api.ts';
import { BackupRuns } from '../../../shared/backup-runs.ts';
import { Processes } from '../../../shared/processes.ts';
import { lastRuns } from '../../fleet/backup-runs.ts';
import { living } from '../../fleet/fleet.ts';
import type { LatestValue } from '../../series/series.ts';
import type { App, Context } from '../context.ts';
import { Id } from '../shapes.ts';

/** Those of the newest look: the agent sends the largest few each time, so older ones are no longer among them. */
function processesIn(values: readonly LatestValue[]): Static<typeof Processes> {
  const of = values.filter(({ metric }) => metric.startsWith('procstat.'));
  const at = of.length === 0 ? null : Math.max(...of.map((one) => one.at));
  const newest = Map.groupBy(
    of.filter((one) => one.at === at),
    ({ tags }) => tags.process_name ?? '?',
  );
  const items = [...newest].map(([name, fields]) => {
    const newestOf = (field: string) => fields.find(({ metric }) => metric === `procstat.${field}`)?.value ?? null;
    return { name, cpu: newestOf('cpu_usage'), memory: newestOf('memory_rss'), count: newestOf('num_procs') };
  });
  return { at, items: items.sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1) || (b.memory ?? -1) - (a.memory ?? -1)) };
}

export function endpointPageRoutes(app: App, { state, fleet, series }: Context): void {
  app.get(
    '/api/v1/endpoints/:id/backups/runs',
    {
      schema: {
        summary: 'The last 30 runs of each backup job, good or not',
        tags: ['fleet'],
        params: Id,
        response: { 200: page(BackupRuns) },
      },
    },
    async ({ params }) => ({ items: await lastRuns(state, living(fleet, params.id).id), next: null }),
  );

  app.get(
    '/api/v1/endpoints/:id/processes',
    {
      schema: {
        summary: 'The largest processes by CPU and by memory, as its agent reported them last',
        tags: ['fleet'],
        params: Id,
        response: { 200: Processes },
      },
    },
    ({ params }) => processesIn(series.latest(living(fleet, params.id).id)),
  );
}
