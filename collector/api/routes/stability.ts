/** The Stability page: a period with its index, the line of months, the definition of the index, and closed months. */
import { type Static, Type } from 'typebox';
import { IndexLine, Recomputed, Stability, StabilityDefinition, StabilityDefinitions } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { kindOfPeriod } from '../../../shared/period.ts';
import { defaultLanguage } from '../../../shared/words/index.ts';
import { changeDefinition, definitions } from '../../kpi/definition.ts';
import { indexLine } from '../../kpi/index-line.ts';
import { presentMonth } from '../../kpi/period.ts';
import { stabilityOf } from '../../kpi/stability-answer.ts';
import { contentOf } from '../../reports/content.ts';
import { csvOf } from '../../reports/csv.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, PlaceName, prose } from '../shapes.ts';
import { sendTable, TableText, tableSerializer } from '../tables.ts';
import { kpiQuestions, kpiScope, PeriodName, WordsOf } from './kpi-question.ts';

const newest = Type.Optional({
  ...PeriodName,
  description: 'default: the newest closed month, before there is one the present one',
});
const StabilityQuery = Type.Object(
  {
    ...{ period: newest, site: kpiScope.site },
    compare: Type.Optional({ ...PeriodName, description: 'the period beside it; default the one before' }),
    against: Type.Optional({ ...PlaceName, description: 'a site beside it; default the same one' }),
  },
  closed,
);
const FileQuery = Type.Object({ ...StabilityQuery.properties, language: WordsOf }, closed);
const parts = {
  servers: { weight: 30, target: 99.9, floor: 99 },
  workstations: { weight: 15, target: 99.5, floor: 97 },
  response: { weight: 15, target: 95, floor: 70 },
  major_incidents: { weight: 20, target: 0, floor: 4 },
  lost_hours: { weight: 20, target: 0, floor: 0.5 },
};
const Defined = Type.Object(
  { parts: StabilityDefinition, reason: prose(500, 'kept with the version') },
  { ...closed, examples: [{ parts, reason: 'calibrated after the first quarter' }] },
);
const month = Type.String({ maxLength: 40, description: 'a month such as 2026-11' });
const Recompute = Type.Object(
  { month, reason: Type.Optional(prose(500, 'without it nothing is changed')) },
  { ...closed, examples: [{ month: '2026-10' }] },
);

export function stabilityRoutes(app: App, context: Context): void {
  const { state, clock, zone, months } = context;
  const { scopeOf, questionOf } = kpiQuestions(context);

  async function asked({ compare, against, ...query }: Static<typeof StabilityQuery>) {
    const period = query.period ?? (await months.newestClosed()) ?? presentMonth(clock.now(), zone);
    const scope = against === undefined ? undefined : await scopeOf({ site: against });
    return { question: await questionOf({ ...query, period }), beside: { period: compare, scope } };
  }

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
      const { question, beside } = await asked(query);
      return stabilityOf(state, months, question, beside);
    },
  );

  app.get(
    '/api/v1/stability.csv',
    {
      schema: {
        summary: 'The same numbers as CSV: one row each, not rounded, as in the CSV of a report',
        ...{ tags: ['kpi'], produces: ['text/csv'] },
        querystring: FileQuery,
        response: { 200: TableText },
      },
      serializerCompiler: tableSerializer,
    },
    async ({ query: { language = defaultLanguage, ...query } }, reply) => {
      const { question, beside } = await asked(query);
      const content = await contentOf(state, months, question, beside);
      return sendTable(reply, `evenkeel-stability-${question.period}`, csvOf(content, null, language));
    },
  );

  app.get(
    '/api/v1/stability/line',
    {
      schema: {
        summary: 'The index of thirteen months',
        tags: ['kpi'],
        querystring: Type.Object({ site: kpiScope.site }, closed),
        response: { 200: IndexLine },
      },
    },
    async ({ query }) => indexLine(state, months, { zone, now: clock.now(), scope: await scopeOf(query) }),
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
      if (kindOfPeriod(month) !== 'month')
        throw fail('BAD_REQUEST', { problem: `"${month}" is not a month such as 2026-11: only months are closed` });
      const apply = reason === undefined ? null : { by: callerNamed(request), reason };
      const { differences, kept } = await months.recompute(month, apply);
      const noted = (side: 'before' | 'after') =>
        Object.fromEntries(differences.map((one) => [`${one.kpi} ${one.siteName ?? ''}`.trim(), one[side]]));
      request.noted = { before: noted('before'), after: noted('after') };
      return {
        applied: apply !== null,
        differences: differences.map(({ siteName, site: _, ...rest }) => ({ ...rest, site: siteName })),
        kept: kept.map(({ siteName, kpi }) => ({ site: siteName, kpi })),
      };
    },
  );
}
