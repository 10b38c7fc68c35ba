/** Silences: what they hide, and what people do to them. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { SilenceMade, SilencePreview, SilenceRow, SilenceSummary } from '../../../shared/silence.ts';
import { matchersAtMost } from '../../silences/people.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { matcherWarnings } from '../matcher-warnings.ts';
import { anyInstantMs, closed, Id, prose, word } from '../shapes.ts';

const Matchers = Type.Array(word(1200, 'such as `site="Osaka"`; also !=, and =~ and !~ for a pattern (RE2)'), {
  minItems: 1,
  maxItems: matchersAtMost,
  description: 'all have to fit; at least one must not fit an alert without its label',
});
const what = {
  matchers: Matchers,
  reason: prose(1000),
  start: Type.Optional(anyInstantMs('; default now, never before')),
  end: Type.Optional(anyInstantMs('; default two hours after the start, at most 30 days after it')),
};
const example = { matchers: ['site="Osaka"', 'rule=~"disk-.*"'], reason: 'Disks are being replaced' };
const New = Type.Object(what, { ...closed, examples: [example] });
const Edit = Type.Object(
  {
    matchers: Type.Optional(Matchers),
    reason: Type.Optional(what.reason),
    ...{ start: what.start, end: Type.Optional(anyInstantMs('')) },
  },
  { ...closed, minProperties: 1, examples: [{ reason: 'The disks come tomorrow' }] },
);

const url = '/api/v1/silences';
const tags = ['silences'];

export function silenceRoutes(app: App, context: Context): void {
  const { silences } = context;
  app.get(
    url,
    {
      schema: {
        summary: 'Silences: those in force and to come, or those that are over',
        tags,
        querystring: Type.Object({ past: Type.Optional(Type.Boolean()) }, closed),
        response: { 200: page(SilenceRow) },
      },
    },
    async ({ query: { past = false } }) => ({ items: await silences.list(past), next: null }),
  );

  app.get(
    `${url}/summary`,
    { schema: { summary: 'How many silences hide how many alerts now', tags, response: { 200: SilenceSummary } } },
    () => silences.summary(),
  );

  app.get(
    `${url}/proposal`,
    {
      schema: {
        summary: 'Matchers of a silence for one alert, and what else they would hide',
        tags,
        querystring: Type.Object({ alert: word(64) }, closed),
        response: { 200: SilencePreview },
      },
    },
    async (request) => ({ ...silences.proposal(request.query.alert), warnings: [] }),
  );

  app.post(
    `${url}/preview`,
    {
      schema: {
        summary: 'What a silence would hide now',
        tags,
        body: Type.Object({ matchers: Matchers }, { ...closed, examples: [{ matchers: example.matchers }] }),
        response: { 200: SilencePreview },
      },
    },
    async (request) => ({
      ...silences.preview(request.body.matchers),
      warnings: await matcherWarnings(context, request.body.matchers),
    }),
  );

  app.post(
    url,
    { schema: { summary: 'Enter a silence', tags, body: New, response: { 201: SilenceMade } } },
    async (request, reply) => {
      const id = await silences.create(request.body, callerNamed(request));
      const warnings = await matcherWarnings(context, request.body.matchers);
      return reply.status(201).send({ ...(await silences.row(id)), warnings });
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'One silence', tags, params: Id, response: { 200: SilenceRow } } },
    (request) => silences.row(request.params.id),
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: 'Change a silence: reason and end while it is not over, matchers and start before it begins',
        tags,
        params: Id,
        body: Edit,
        response: { 200: SilenceRow },
      },
    },
    async (request) => {
      await silences.change(request.params.id, request.body, callerNamed(request));
      return silences.row(request.params.id);
    },
  );

  app.post(
    `${url}/:id/end`,
    { schema: { summary: 'End a silence now', tags, params: Id, response: { 200: SilenceRow } } },
    async (request) => {
      await silences.end(request.params.id, callerNamed(request));
      return silences.row(request.params.id);
    },
  );
}
