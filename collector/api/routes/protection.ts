/** Backups and updates over the whole fleet: the Protection and the Patches page. */
import { PatchOverview, Protection } from '../../../shared/api.ts';
import { patchOverview, patchRow } from '../../fleet/patch-compliance.ts';
import { protectionOf } from '../../fleet/protection.ts';
import type { App, Context } from '../context.ts';

export function protectionRoutes(app: App, { state, fleet, rows, alerts, clock }: Context): void {
  app.get(
    '/api/v1/protection',
    {
      schema: {
        summary: 'Endpoints without a backup, and backups that are late, never verified or smaller than usual',
        tags: ['protection'],
        response: { 200: Protection },
      },
    },
    async () => protectionOf(state, fleet, rows.facts, alerts.held, clock.now()),
  );

  app.get(
    '/api/v1/patches',
    {
      schema: {
        summary: 'Patch compliance by site and by endpoint, by the age of the oldest security update',
        tags: ['protection'],
        response: { 200: PatchOverview },
      },
    },
    async () => {
      const now = clock.now();
      return patchOverview(
        [...fleet.all()].map((endpoint) => patchRow(endpoint, rows.facts(endpoint.id), alerts.held(endpoint.id), now)),
        now,
      );
    },
  );
}
