/** Numbers for managers; each carries the intervals that it was computed from. */
import { Type } from 'typebox';
import { Availability, EndpointKind } from '../../../shared/api.ts';
import { availabilityOf } from '../../kpi/history.ts';
import type { App, Context } from '../context.ts';
import { closed } from '../shapes.ts';

const Query = Type.Object(
  {
    period: Type.Optional(
      Type.String({
        pattern: '^\\d{4}-(0[1-9]|1[0-2])$',
        description: 'a month such as 2026-11; default the present one',
      }),
    ),
    class: Type.Optional(EndpointKind),
  },
  closed,
);

export function kpiRoutes(app: App, { state, clock, zone }: Context): void {
  app.get(
    '/api/v1/kpis/availability',
    {
      schema: {
        summary: 'Availability of servers or workstations in a month',
        tags: ['kpi'],
        querystring: Query,
        response: { 200: Availability },
      },
    },
    (request) => {
      const now = clock.now();
      const present = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(zone).toPlainDate().toString();
      const period = request.query.period ?? present.slice(0, 7);
      return availabilityOf(state, { period, class: request.query.class ?? 'server', now, zone });
    },
  );
}
