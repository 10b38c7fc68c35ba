/** Schedules of reports: how often, of what, in whose language, to whom. */
import { type Static, Type } from 'typebox';
import { OutwardChange, page, ReportSchedule } from '../../../shared/api.ts';
import { periodKinds } from '../../../shared/period.ts';
import { defaultLanguage, languages } from '../../../shared/words/index.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, proseOrNone, word } from '../shapes.ts';

/** One address alone: no names, lists or line breaks, which would become headers of the mail. */
const Address = Type.String({
  maxLength: 254,
  want: 'one mail address such as mia@example.org',
  pattern: '^[^\\s@<>,;:"\'\\\\()\\[\\]]+@[^\\s@<>,;:"\'\\\\()\\[\\]]+$',
});
const fields = {
  rhythm: Type.Enum([...periodKinds]),
  hour: Type.Integer({
    minimum: 0,
    maximum: 23,
    description: 'local hour: of Monday, or of the fourth day of a month',
  }),
  zone: word(64, 'IANA, such as Europe/Berlin'),
  site: Type.Union([word(64), Type.Null()], { description: 'id; null: all' }),
  language: Type.Enum([...languages]),
  recipients: Type.Array(Address, { maxItems: 50, uniqueItems: true }),
  enabled: Type.Boolean(),
};
const reason = Type.Optional(proseOrNone(500, 'kept with the change'));
const example = {
  ...{ rhythm: 'month' as const, hour: 7, zone: 'Europe/Berlin', site: null, language: defaultLanguage, enabled: true },
  recipients: ['board@example.org'],
};
const New = Type.Object({ ...fields, reason }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(fields)).properties, reason },
  { ...closed, examples: [{ enabled: false, reason: 'nobody reads it' }] },
);
const Why = Type.Object({ reason }, closed);

export function reportScheduleRoutes(app: App, { schedules }: Context): void {
  const url = '/api/v1/report-schedules';
  const tags = ['reports'];

  app.get(
    url,
    { schema: { summary: 'Schedules of reports', tags, response: { 200: page(ReportSchedule) } } },
    async () => ({
      ...{ items: await schedules.list(), next: null },
    }),
  );

  app.post(
    url,
    { schema: { summary: 'Make reports regularly', tags, body: New, response: { 201: ReportSchedule } } },
    async (request, reply) => {
      const { reason: why = '', ...schedule } = request.body;
      return reply.status(201).send(await schedules.create(schedule, callerNamed(request), why));
    },
  );

  app.patch(
    `${url}/:id`,
    { schema: { summary: 'Change a schedule', tags, params: Id, body: Edit, response: { 200: ReportSchedule } } },
    (request) => {
      const { reason: why = '', ...change } = request.body as Static<typeof Edit>;
      return schedules.edit(request.params.id, change as never, callerNamed(request), why);
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: 'Delete a schedule; its reports stay',
        tags,
        params: Id,
        querystring: Why,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await schedules.remove(request.params.id, callerNamed(request), request.query.reason ?? '');
      return reply.status(204).send(null);
    },
  );

  app.get(
    `${url}/:id/changes`,
    {
      schema: {
        ...{ summary: 'Who changed a schedule, when and why, newest first', tags, params: Id },
        response: { 200: Type.Array(OutwardChange) },
      },
    },
    ({ params }) => schedules.changes(params.id),
  );
}
