/** The certificate of the collector, and which agents have not taken a change of its authority. */
import { Type } from 'typebox';
import { NotTrusting, TlsView } from '../../../shared/tls.ts';
import { living } from '../../fleet/fleet.ts';
import type { App, Context } from '../context.ts';
import { Id } from '../shapes.ts';

const EndpointTrust = Type.Object({
  missing: Type.Union([NotTrusting, Type.Null()], {
    description: 'why it has not taken the last change; null: it has',
  }),
});

export function tlsRoutes(app: App, { trust, fleet }: Context): void {
  app.get(
    '/api/v1/collector/tls',
    {
      schema: {
        summary: 'The certificate, the authority behind it, and who has not taken a change of it',
        ...{ tags: ['collector'], response: { 200: TlsView } },
      },
    },
    async () => trust.view(),
  );

  app.get(
    '/api/v1/endpoints/:id/trust',
    {
      schema: {
        summary: 'Whether the agent has taken the last change of authority',
        ...{ tags: ['endpoints'], params: Id, response: { 200: EndpointTrust } },
      },
    },
    async ({ params }) => ({ missing: trust.ofEndpoint(living(fleet, params.id).id) }),
  );
}
