/** Targets of availability and what is left of the error budgets. */
import { type Static, Type } from 'typebox';
import { AvailabilityTargets, Budgets, EndpointKind } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { periodHead } from '../../kpi/answer.ts';
import { budgetsOf, setTarget, targetVersions } from '../../kpi/budget.ts';
import { definitionNow } from '../../kpi/definition.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { requireTag } from '../rule-scope.ts';
import { closed, PageMark, prose, word } from '../shapes.ts';
import { kpiQuestions, kpiScope } from './kpi-question.ts';

const BudgetQuery = Type.Object(
  {
    ...{ period: kpiScope.period, site: kpiScope.site, endpoint: kpiScope.endpoint },
    kind: EndpointKind,
    by: Type.Optional(Type.Enum(['endpoint', 'site', 'group', 'tag'], { default: 'endpoint' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const Target = Type.Object(
  {
    scope: Type.Enum(['site', 'group', 'tag', 'endpoint']),
    target: word(128, 'name or id of the site or group, the tag, or the id of the endpoint'),
    percent: Type.Union([Type.Number(), Type.Null()], { description: 'above 0 and below 100; null: withdraw it' }),
    reason: prose(500, 'kept with the version'),
  },
  { ...closed, examples: [{ scope: 'tag', target: 'shop', percent: 99.95, reason: 'contract of 2026' }] },
);

export function budgetRoutes(app: App, context: Context): void {
  const { state, clock, months, sites, groups, fleet } = context;
  const { scopeOf, questionOf } = kpiQuestions(context);

  app.get(
    '/api/v1/availability/budgets',
    {
      schema: {
        summary: 'Availability, target and what is left of the error budget, the most overspent first',
        tags: ['kpi'],
        querystring: BudgetQuery,
        response: { 200: Budgets },
      },
    },
    async ({ query: { kind, by = 'endpoint', endpoint, limit = 100, page = '0', ...rest } }) => {
      const question = await questionOf(rest);
      const {
        asOf,
        closed: isClosed,
        standard,
        rows,
      } = await budgetsOf(state, months, question, { kind, by, endpoint });
      const start = Number(page);
      return {
        ...(await periodHead(state, question, asOf)),
        ...{ closed: isClosed, kind, by, standard, n: rows.length },
        items: rows.slice(start, start + limit).map(({ key, up, down, whole: _, budget, ...row }) => ({
          ...row,
          key,
          name:
            by === 'endpoint'
              ? (fleet.get(key ?? '')?.name ?? key)
              : by === 'group'
                ? (groups.nameOf(key ?? '') ?? key)
                : key,
          ...{ availability: up + down > 0 ? 100 * (up / (up + down)) : null, used: down, budget },
          left: budget === null ? null : budget - down,
        })),
        next: rows.length > start + limit ? String(start + limit) : null,
      };
    },
  );

  async function answer(): Promise<Static<typeof AvailabilityTargets>> {
    const { parts } = await definitionNow(state);
    const siteNames = new Map((await sites.list()).map(({ id, name }) => [id, name]));
    const nameOf = { site: siteNames.get.bind(siteNames), group: groups.nameOf, tag: () => undefined } as const;
    const versions = await targetVersions(state);
    return {
      standard: { server: parts.servers.target, workstation: parts.workstations.target },
      versions: versions.map(({ scope, target, ...version }) => ({
        ...{ scope, target, ...version },
        name: (scope === 'endpoint' ? fleet.get(target)?.name : nameOf[scope](target)) ?? target,
      })),
    };
  }

  app.get(
    '/api/v1/availability/targets',
    {
      schema: {
        summary:
          'Targets of availability: of both kinds, and every change of those of places and endpoints, newest first',
        tags: ['kpi'],
        response: { 200: AvailabilityTargets },
      },
    },
    answer,
  );

  app.put(
    '/api/v1/availability/targets',
    {
      schema: {
        summary: 'Set or withdraw a target of availability; closed months keep theirs',
        tags: ['kpi'],
        body: Target,
        response: { 200: AvailabilityTargets },
      },
    },
    async (request) => {
      const { scope, target, percent, reason } = request.body;
      if (scope === 'tag' && percent !== null) requireTag(fleet, target);
      const found = scope === 'tag' ? target : await idOf(scope, target);
      await setTarget(state, { scope, target: found, percent, reason, by: callerNamed(request), at: clock.now() });
      return answer();
    },
  );

  /** @throws EvenkeelError NOT_FOUND */
  async function idOf(scope: 'site' | 'group' | 'endpoint', target: string): Promise<string> {
    const named = await scopeOf({ [scope]: target });
    const id = scope === 'site' ? (await sites.list()).find(({ name }) => name === named.site)?.id : named[scope];
    if (id === undefined) throw fail('NOT_FOUND', { what: scope, id: target });
    return id;
  }
}
