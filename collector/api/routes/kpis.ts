/** KPIs; each opens the evidence that it was computed from. */
import { type Static, Type } from 'typebox';
import {
  Availability,
  EndpointKind,
  KpiDetail,
  Kpis,
  Recomputed,
  Stability,
  StabilityDefinition,
  StabilityDefinitions,
} from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { periodText } from '../../../shared/period.ts';
import { nameKey } from '../../../shared/place-name.ts';
import { kpiDetail, kpisOf } from '../../kpi/answer.ts';
import { changeDefinition, definitions } from '../../kpi/definition.ts';
import { availabilityOf } from '../../kpi/history.ts';
import { kpis } from '../../kpi/kpis/index.ts';
import { presentMonth } from '../../kpi/period.ts';
import type { KpiScope } from '../../kpi/question.ts';
import { stabilityOf } from '../../kpi/stability-answer.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, PlaceName, word } from '../shapes.ts';

const monthText = '^\\d{4}-(0[1-9]|1[0-2])$';
const period = Type.Optional(
  Type.String({
    pattern: periodText,
    description:
      'a month such as 2026-11, a week such as 2026-W48 or a quarter such as 2026-Q4; default the present month',
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
const newest = Type.Optional(
  Type.String({
    pattern: periodText,
    description: 'default: the newest closed month, before there is one the present one',
  }),
);
const StabilityQuery = Type.Object({ period: newest, site: scope.site }, closed);
const parts = {
  servers: { weight: 30, target: 99.9, floor: 99 },
  workstations: { weight: 15, target: 99.5, floor: 97 },
  response: { weight: 15, target: 95, floor: 70 },
  major_incidents: { weight: 20, target: 0, floor: 4 },
  lost_hours: { weight: 20, target: 0, floor: 0.5 },
};
const Defined = Type.Object(
  { parts: StabilityDefinition, reason: word(500, 'kept with the version') },
  { ...closed, examples: [{ parts, reason: 'calibrated after the first quarter' }] },
);
const month = Type.String({ pattern: monthText, description: 'a month such as 2026-11' });
const Recompute = Type.Object(
  { month, reason: Type.Optional(word(500, 'without it nothing is changed')) },
  { ...closed, examples: [{ month: '2026-10' }] },
);
const AvailabilityQuery = Type.Object({ period, class: Type.Optional(EndpointKind) }, closed);

export function kpiRoutes(app: App, { state, clock, zone, sites, groups, months, ruleNamed }: Context): void {
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
    async ({ query }) => kpisOf(state, months, kpis, await questionOf(query)),
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
      return kpiDetail(state, months, kpi, await questionOf(query), {
        start: Number(query.page ?? 0),
        limit: query.limit ?? 200,
      });
    },
  );

  app.get(
    '/api/v1/stability',
    {
      schema: {
        summary: 'A month: the index, its parts and causes, lost hours, sites, and what to do next',
        tags: ['kpi'],
        querystring: StabilityQuery,
        response: { 200: Stability },
      },
    },
    async ({ query }) => {
      const period = query.period ?? (await months.newestClosed()) ?? presentMonth(clock.now(), zone);
      return stabilityOf(state, months, await questionOf({ ...query, period }));
    },
  );

  app.get(
    '/api/v1/stability/definition',
    {
      schema: {
        summary: 'What the index is made of: weights, targets and floors, all versions, newest first',
        tags: ['kpi'],
        response: { 200: StabilityDefinitions },
      },
    },
    async () => (await definitions(state)) as never,
  );

  app.put(
    '/api/v1/stability/definition',
    {
      schema: {
        summary: 'Change what the index is made of; closed months keep theirs',
        tags: ['kpi'],
        body: Defined,
        response: { 200: StabilityDefinitions },
      },
    },
    async (request) => {
      const { parts, reason } = request.body;
      await changeDefinition(state, parts as never, callerNamed(request), reason, clock.now());
      return (await definitions(state)) as never;
    },
  );

  app.post(
    '/api/v1/stability/recompute',
    {
      schema: {
        summary:
          'What a computation of today would change of a closed month; with a reason it becomes its newest revision',
        tags: ['kpi'],
        body: Recompute,
        response: { 200: Recomputed },
      },
    },
    async (request) => {
      const { month, reason } = request.body;
      const apply = reason === undefined ? null : { by: callerNamed(request), reason };
      const differences = await months.recompute(month, apply);
      return {
        applied: apply !== null,
        differences: differences.map(({ siteName, kpi, before, after }) => ({ site: siteName, kpi, before, after })),
      };
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
