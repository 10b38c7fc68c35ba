/** Period reports: made once, kept as they were, as JSON and as a table. */
import { Type } from 'typebox';
import { PeriodReport, PeriodReportRow, page } from '../../../shared/api.ts';
import { periodText, periodWords } from '../../../shared/period.ts';
import { defaultLanguage, type Language, languages } from '../../../shared/words/index.ts';
import { csvOf } from '../../reports/csv.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, PageMark, prose, word } from '../shapes.ts';
import { sendTable, TableText, tableSerializer } from '../tables.ts';

const ListQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    page: Type.Optional(PageMark),
  },
  closed,
);
const NewReport = Type.Object(
  {
    period: Type.String({ pattern: periodText, want: periodWords }),
    zone: Type.Optional(word(64, 'IANA, such as Europe/Berlin; default the report zone')),
    site: Type.Optional(word(64, 'id; default all')),
    language: Type.Optional(Type.Enum([...languages])),
    reason: Type.Optional(
      prose(500, 'makes it anew, as the next revision; without it the report that is there is answered'),
    ),
  },
  { ...closed, examples: [{ period: '2026-10', language: defaultLanguage }] },
);

/** A body that is no JSON. */
const file = (type: string) => ({
  description: 'a file',
  content: { [type]: { schema: Type.Unsafe<string | Buffer>(Type.String()) } },
});

export function reportRoutes(app: App, { reports, pdfs }: Context): void {
  app.get(
    '/api/v1/reports',
    {
      schema: {
        summary: 'Reports that were made, newest first',
        tags: ['reports'],
        querystring: ListQuery,
        response: { 200: page(PeriodReportRow) },
      },
    },
    ({ query }) => reports.list(Number(query.page ?? 0), query.limit ?? 50),
  );

  app.post(
    '/api/v1/reports',
    {
      schema: {
        summary: 'Make the report of a period, or get the one that was made before',
        tags: ['reports'],
        body: NewReport,
        response: { 200: PeriodReportRow, 201: PeriodReportRow },
      },
    },
    async (request, reply) => {
      const { reason = null, site = null, language = defaultLanguage, ...query } = request.body;
      const { row, isNew } = await reports.make({ ...query, site, language }, callerNamed(request), reason);
      return reply.status(isNew ? 201 : 200).send(row);
    },
  );

  app.get(
    '/api/v1/reports/:id',
    {
      schema: {
        summary: 'A report: its numbers as they were when it was made',
        tags: ['reports'],
        params: Id,
        response: { 200: PeriodReport },
      },
    },
    ({ params }) => reports.get(params.id),
  );

  app.get(
    '/api/v1/reports/:id.csv',
    {
      schema: {
        summary: 'The same numbers as a table: one row each, not rounded',
        ...{ tags: ['reports'], produces: ['text/csv'] },
        params: Id,
        response: { 200: TableText },
      },
      serializerCompiler: tableSerializer,
    },
    async ({ params }, reply) => {
      const { content, ...report } = await reports.get(params.id);
      return sendTable(reply, fileName(report), csvOf(content, report, report.language as Language));
    },
  );

  app.get(
    '/api/v1/reports/:id.pdf',
    {
      schema: {
        summary: 'The same page on paper, made by the Chromium of the collector’s machine',
        tags: ['reports'],
        params: Id,
        response: { 200: file('application/pdf') },
      },
    },
    async ({ params }, reply) => {
      const report = await reports.get(params.id);
      const pdf = await pdfs.of(report, report.language as Language);
      return reply
        .type('application/pdf')
        .header('content-disposition', `attachment; filename="${fileName(report)}.pdf"`)
        .send(pdf);
    },
  );
}

/** Of letters, digits and hyphens only. */
const fileName = ({ period, revision }: Pick<PeriodReport, 'period' | 'revision'>) =>
  `evenkeel-${period.name}${revision > 0 ? `-r${revision}` : ''}`;
