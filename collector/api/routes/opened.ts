/** A person has opened an alert: they are at work on its incident for a while. */
import type { App, Context } from '../context.ts';
import { Id, Nothing } from '../shapes.ts';

export function openedRoutes(app: App, { alerts }: Context): void {
  app.post(
    '/api/v1/alerts/:id/opened',
    {
      schema: {
        summary:
          'A person has opened the alert: for 30 minutes, further ones of its incident come to them as a digest. A token changes nothing',
        tags: ['alerts'],
        params: Id,
        response: { 204: Nothing },
      },
    },
    async ({ params, caller }, reply) => {
      await alerts.opened(params.id, caller?.session ? caller.name : null);
      return reply.status(204).send(null);
    },
  );
}
