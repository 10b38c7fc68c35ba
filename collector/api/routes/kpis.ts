/** KPIs; each opens the evidence that it was computed from. */
import { Type } from 'typebox';
import { Availability, EndpointKind, KpiDetail, Kpis, KpiWhy } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { defaultLanguage } from '../../../shared/words/index.ts';
import { kpiDetail, kpisOf } from '../../kpi/answer.ts';
import { availabilityOf } from '../../kpi/history.ts';
import { kpis } from '../../kpi/kpis/index.ts';
import { presentMonth } from '../../kpi/period.ts';
import { kpiNamed, whyOf } from '../../kpi/why.ts';
import { evidenceCsv } from '../../reports/evidence-csv.ts';
import type { App, Context } from '../context.ts';
import { closed, Id, PageMark } from '../shapes.ts';
import { sendTable, TableText, tableSerializer } from '../tables.ts';
import { kpiQuestions, kpiScope, PeriodName, WordsOf } from './kpi-question.ts';

const ListQuery = Type.Object(kpiScope, closed);
const DetailQuery = Type.Object(
  {
    ...kpiScope,
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: 200 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const FileQuery = Type.Object({ ...kpiScope, language: WordsOf }, closed);
const WhyQuery = Type.Object({ from: PeriodName, to: PeriodName, site: kpiScope.site }, closed);
const AvailabilityQuery = Type.Object({ period: kpiScope.period, class: Type.Optional(EndpointKind) }, closed);

function kpiCalled(id: string) {
  const kpi = kpis.find((one) => one.id === id);
  if (!kpi) throw fail('NOT_FOUND', { what: 'KPI', id });
  return kpi;
}

export function kpiRoutes(app: App, context: Context): void {
  const { state, clock, zone, months } = context;
  const { questionOf } = kpiQuestions(context);

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
    async ({ query, params }) =>
      kpiDetail(state, months, kpiCalled(params.id), await questionOf(query), {
        start: Number(query.page ?? 0),
        limit: query.limit ?? 200,
      }),
  );

  app.get(
    '/api/v1/kpis/:id.csv',
    {
      schema: {
        summary: 'The whole list behind a KPI as CSV, not rounded: with the unit in each heading',
        ...{ tags: ['kpi'], produces: ['text/csv'] },
        params: Id,
        querystring: FileQuery,
        response: { 200: TableText },
      },
      serializerCompiler: tableSerializer,
    },
    async ({ query: { language = defaultLanguage, ...query }, params }, reply) => {
      const kpi = kpiCalled(params.id);
      const question = await questionOf(query);
      const detail = await kpiDetail(state, months, kpi, question, { start: 0, limit: Infinity });
      return sendTable(reply, `evenkeel-${kpi.id}-${question.period}`, evidenceCsv(detail, language));
    },
  );

  app.get(
    '/api/v1/kpis/:id/why',
    {
      schema: {
        summary: 'Why a KPI, or the index, differs between two periods: by incident, by site and by machine',
        tags: ['kpi'],
        params: Id,
        querystring: WhyQuery,
        response: { 200: KpiWhy },
      },
    },
    async ({ query: { from, to, site }, params }) =>
      whyOf(
        state,
        months,
        kpiNamed(kpis, params.id),
        await questionOf({ period: to, ...(site === undefined ? {} : { site }) }),
        from,
      ),
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
