/** The story of one incident, for its page. */
import { Type } from 'typebox';
import { Incident } from '../../../shared/api.ts';
import type { App, Context } from '../context.ts';
import { incidentOf } from '../read-incident.ts';
import { closed, counted } from '../shapes.ts';

const TicketId = Type.Object({ id: counted('the number of a ticket') }, closed);

export function incidentRoutes(app: App, { state, impacts, months, zone, ruleNamed, clock }: Context): void {
  app.get(
    '/api/v1/incidents/:id',
    {
      schema: {
        summary: 'When an incident really began and ended, how it was found, and the alerts and endpoints in it',
        tags: ['tickets'],
        params: TicketId,
        response: { 200: Incident },
      },
    },
    (request) => incidentOf({ state, impacts, months, zone, ruleNamed }, request.params.id, clock.now()),
  );
}
