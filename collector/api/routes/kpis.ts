/** KPIs; each opens the evidence that it was computed from. */
import { type Static, Type } from 'typebox';
import { Availability, EndpointKind, KpiDetail, Kpis } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { nameKey } from '../../../shared/place-name.ts';
import { kpiDetail, kpisOf } from '../../kpi/answer.ts';
import type { KpiScope } from '../../kpi/facts.ts';
import { availabilityOf } from '../../kpi/history.ts';
import { kpis } from '../../kpi/kpis/index.ts';
import { presentMonth } from '../../kpi/period.ts';
import type { App, Context } from '../context.ts';
import { closed, Id, PlaceName } from '../shapes.ts';

const period = Type.Optional(
  Type.String({
    pattern: '^\\d{4}-(0[1-9]|1[0-2])$',
    description: 'a month such as 2026-11; default the present one',
  }),
);
const scope = {
  period,
  kind: Type.Optional(EndpointKind),
  site: Type.Optional(PlaceName),
  group: Type.Optional(PlaceName),
  endpoint: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'its id' })),
};
const ListQuery = Type.Object(scope, closed);
const DetailQuery = Type.Object(
  {
    ...scope,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
    page: Type.Optional(Type.String({ pattern: '^\\d{1,9}$' })),
  },
  closed,
);
const AvailabilityQuery = Type.Object({ period, class: Type.Optional(EndpointKind) }, closed);

export function kpiRoutes(app: App, { state, clock, zone, sites, groups, ruleNamed }: Context): void {
  /** @throws EvenkeelError NOT_FOUND: a mistyped name must not look like "no data" */
  async function scopeOf({ kind, site, group, endpoint }: Static<typeof ListQuery>): Promise<KpiScope> {
    const named = site === undefined ? undefined : (await sites.list()).find(isCalled(site));
    if (site !== undefined && !named) throw fail('NOT_FOUND', { what: 'site', id: site });
    const groupId = group === undefined ? undefined : groups.named(group);
    if (group !== undefined && groupId === undefined) throw fail('NOT_FOUND', { what: 'group', id: group });
    if (endpoint !== undefined) {
      const known = state.selectFrom('endpoints').select('id').where('id', '=', endpoint);
      if (!(await known.executeTakeFirst())) throw fail('NOT_FOUND', { what: 'endpoint', id: endpoint });
    }
    return { kind, site: named?.name, group: groupId, endpoint };
  }

  async function questionOf(query: Static<typeof ListQuery>) {
    const now = clock.now();
    return { period: query.period ?? presentMonth(now, zone), zone, now, scope: await scopeOf(query), ruleNamed };
  }

  app.get(
    '/api/v1/kpis',
    {
      schema: {
        summary: 'All KPIs of a month',
        tags: ['kpi'],
        querystring: ListQuery,
        response: { 200: Kpis },
      },
    },
    async ({ query }) => kpisOf(state, kpis, await questionOf(query)),
  );

  app.get(
    '/api/v1/kpis/:id',
    {
      schema: {
        summary: 'One KPI of a month with the list that it was computed from, worst first',
        tags: ['kpi'],
        params: Id,
        querystring: DetailQuery,
        response: { 200: KpiDetail },
      },
    },
    async ({ query, params }) => {
      const kpi = kpis.find(({ id }) => id === params.id);
      if (!kpi) throw fail('NOT_FOUND', { what: 'KPI', id: params.id });
      return kpiDetail(state, kpi, await questionOf(query), {
        start: Number(query.page ?? 0),
        limit: query.limit ?? 200,
      });
    },
  );

  app.get(
    '/api/v1/kpis/availability',
    {
      schema: {
        summary: 'Availability of servers or workstations in a month, each with its intervals',
        tags: ['kpi'],
        querystring: AvailabilityQuery,
        response: { 200: Availability },
      },
    },
    ({ query }) => {
      const now = clock.now();
      const month = query.period ?? presentMonth(now, zone);
      return availabilityOf(state, { period: month, class: query.class ?? 'server', now, zone });
    },
  );
}

const isCalled = (text: string) => {
  const key = nameKey(text);
  return ({ id, name }: { id: string; name: string }) => id === text || nameKey(name) === key;
};
