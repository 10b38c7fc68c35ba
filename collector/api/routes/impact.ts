/** What an incident did to people: estimated, then stated and corrected by people. */
import { Type } from 'typebox';
import { Impact, ImpactSegment } from '../../../shared/api.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { impactOf } from '../read-impact.ts';
import { closed, counted, prose } from '../shapes.ts';
import { tableRoutes } from '../tables.ts';

const TicketId = Type.Object({ id: counted('the number of a ticket') }, closed);
const segment = {
  ...{ start: Date.UTC(2026, 9, 9, 11, 14), end: Date.UTC(2026, 9, 9, 14, 41), factor: 0.8 },
  ...{ affected: [{ site: 'sabcdefghijkmnpq', people: 113 }] },
};
const example =
  'ticket,start,end,factor,site,people\r\n12,2026-10-09T20:14+09:00,2026-10-09T23:41+09:00,0.8,Osaka,113\r\n';
const Stated = Type.Object(
  {
    segments: Type.Array(ImpactSegment, { maxItems: 200, description: 'none: no one was hindered' }),
    reason: prose(500, 'what it is known from; kept with the version'),
  },
  { ...closed, examples: [{ segments: [segment], reason: 'asked the team leads' }] },
);

export function impactRoutes(app: App, { state, impacts, fleet, clock, zone }: Context): void {
  const url = '/api/v1/tickets/:id/impact';
  const nameOf = (endpoint: string) => fleet.get(endpoint)?.name ?? endpoint;
  tableRoutes(app, {
    ...{ url: '/api/v1/impacts/table', tag: 'tickets', what: 'Impact of incidents', file: 'impacts', example },
    write: () => impacts.table(),
    read: (text, author) => impacts.readTable(text, zone, author),
  });

  const shown = (id: number) => impactOf({ state, impacts, nameOf }, id, clock.now());

  app.get(
    url,
    {
      schema: {
        summary: 'Who was hindered by an incident, when and how much',
        tags: ['tickets'],
        params: TicketId,
        response: { 200: Impact },
      },
    },
    (request) => shown(request.params.id),
  );

  app.put(
    url,
    {
      schema: {
        summary: 'Confirm or correct the impact of an incident; earlier versions stay',
        tags: ['tickets'],
        params: TicketId,
        body: Stated,
        response: { 200: Impact },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { segments, reason } = request.body;
      await impacts.set(id, segments, callerNamed(request), reason);
      return shown(id);
    },
  );
}
