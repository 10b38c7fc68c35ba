/** Articles of the knowledge base: written, changed, looked at again, and whether they helped. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { articleLists, outcomePlaces } from '../../../shared/choices.ts';
import { ArticleDetail, ArticleList, ArticleState, ArticleVersion } from '../../../shared/knowledge.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { runbookRules } from '../read-help.ts';
import { closed, counted, instantMs, prose, proseOrNone, UserName, wordOrNone } from '../shapes.ts';
import { mayWrite, TextLanguage } from './search.ts';

const url = '/api/v1/articles';
const tags = ['knowledge'];

const ArticleId = Type.String({
  pattern: '^[a-z0-9-]{1,64}$',
  want: 'the id of an article: letters a to z, digits and hyphens',
});
const Params = Type.Object({ id: ArticleId }, closed);
// Its limits have better reasons than a schema's where they are checked: collector/knowledge/articles.ts.
const Text = Type.Object(
  { language: TextLanguage, title: wordOrNone(200), body: proseOrNone(60_000, 'Markdown') },
  closed,
);
const validUntil = Type.Union([instantMs('; until then it holds'), Type.Null()], {
  description: 'null: it does not end',
});
const fields = {
  texts: Type.Array(Text, { maxItems: 20, description: 'one per language' }),
  keywords: wordOrNone(500, 'other words that it is found by'),
  reviewer: Type.Union([UserName, Type.Null()], { description: 'who looks at it again' }),
  validUntil,
  state: ArticleState,
  isPublic: Type.Optional(
    Type.Boolean({ description: 'whoever reports something may read it without an account; default false' }),
  ),
};
const why = prose(500, 'what was changed');
const example = {
  texts: [{ language: 'en', title: 'Free disk space', body: '## Steps\n\n```sh\njournalctl --vacuum-size=200M\n```' }],
  ...{ keywords: 'full logrotate', reviewer: 'mia', validUntil: 1_820_000_000_000, state: 'published' as const },
};
const New = Type.Object({ ...fields, reason: Type.Optional(why) }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(fields)).properties, reason: why },
  { ...closed, examples: [{ state: 'archived' as const, reason: 'The old printers are gone' }] },
);
const Restore = Type.Object(
  { version: counted('the number of a version'), reason: why },
  { ...closed, examples: [{ version: 3, reason: 'The steps of before are the right ones' }] },
);
const Review = Type.Object({ validUntil }, { ...closed, examples: [{ validUntil: 1_830_000_000_000 }] });
const Said = Type.Object(
  {
    solved: Type.Boolean(),
    place: Type.Enum([...outcomePlaces], { description: 'request: before a ticket was made, so that there is none' }),
    ticket: Type.Optional(counted('the number of a ticket')),
  },
  { ...closed, examples: [{ solved: true, place: 'request' as const }] },
);
const OfTicket = Type.Object(
  { ticket: counted('the number of a ticket'), language: TextLanguage },
  { ...closed, examples: [{ ticket: 2, language: 'en' }] },
);
const Made = Type.Object({ id: Type.String() });

export function knowledgeRoutes(app: App, context: Context): void {
  const { knowledge } = context;
  const detail = (request: FastifyRequest, id: string) =>
    knowledge.detail(id, runbookRules(context, id), { mayEdit: mayWrite(request) });
  const answer = { response: { 200: ArticleDetail } };

  app.get(
    url,
    {
      schema: {
        ...{ summary: 'Articles, and how many requests they ended', tags },
        querystring: Type.Object(
          {
            list: Type.Optional(
              Type.Enum([...articleLists], { description: 'review: their end is near, or past', default: 'published' }),
            ),
            page: Type.Optional(Type.String({ maxLength: 200 })),
          },
          closed,
        ),
        response: { 200: ArticleList },
      },
    },
    (request) => {
      const { list = 'published', page } = request.query;
      return knowledge.list({ list, page, mayEdit: mayWrite(request) });
    },
  );

  app.get(
    `${url}/:id`,
    { schema: { summary: 'An article with its texts and versions', tags, params: Params, ...answer } },
    (request) => detail(request, request.params.id),
  );

  app.get(
    `${url}/:id/versions/:version`,
    {
      schema: {
        ...{ summary: 'A version of an article as it was', tags, response: { 200: ArticleVersion } },
        params: Type.Object({ ...Params.properties, version: counted('the number of a version') }, closed),
      },
    },
    async (request) => {
      // Nobody reads by its past what they may not read.
      await detail(request, request.params.id);
      return knowledge.version(request.params.id, request.params.version);
    },
  );

  app.post(
    url,
    { schema: { summary: 'Write an article', tags, body: New, response: { 201: Made } } },
    async (request, reply) => {
      const { reason = '', ...article } = request.body;
      return reply.status(201).send({ id: await knowledge.create(article, callerNamed(request), reason) });
    },
  );

  app.post(
    `${url}/draft`,
    { schema: { summary: 'Make a draft of a resolved ticket', tags, body: OfTicket, response: { 201: Made } } },
    async (request, reply) => {
      const { ticket, language } = request.body;
      return reply.status(201).send({ id: await knowledge.draft(ticket, language, callerNamed(request)) });
    },
  );

  app.patch(
    `${url}/:id`,
    {
      schema: {
        summary: 'Change an article; what was is kept as a version',
        tags,
        params: Params,
        body: Edit,
        ...answer,
      },
    },
    async (request) => {
      const { reason, ...changed } = request.body;
      await knowledge.edit(request.params.id, changed, callerNamed(request), reason);
      return detail(request, request.params.id);
    },
  );

  app.post(
    `${url}/:id/restore`,
    { schema: { summary: 'Go back to the texts of a version', tags, params: Params, body: Restore, ...answer } },
    async (request) => {
      const { version, reason } = request.body;
      await knowledge.restore(request.params.id, version, callerNamed(request), reason);
      return detail(request, request.params.id);
    },
  );

  app.post(
    `${url}/:id/review`,
    {
      schema: {
        summary: 'Say that an article still holds, and until when',
        tags,
        params: Params,
        body: Review,
        ...answer,
      },
    },
    async (request) => {
      await knowledge.review(request.params.id, request.body.validUntil, callerNamed(request));
      return detail(request, request.params.id);
    },
  );

  app.post(
    `${url}/:id/outcome`,
    { schema: { summary: 'Say whether an article solved it', tags, params: Params, body: Said, ...answer } },
    async (request) => {
      await detail(request, request.params.id);
      const { ticket = null, ...said } = request.body;
      await knowledge.note(request.params.id, { ...said, ticket }, callerNamed(request));
      return detail(request, request.params.id);
    },
  );
}
