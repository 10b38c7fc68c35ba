/** Status pages: the public answer, and what admins and operators make of them. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { OutwardChange, page, StatusAnswer, StatusPageRow, statusAccess, statusBases } from '../../../shared/api.ts';
import { withSight } from '../../state/sight.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, counted, Id, instantMs, Nothing, prose, proseOrNone, word } from '../shapes.ts';
import { sightOf } from '../sight.ts';

/** Open to everyone, per address; a page asks twice a minute. */
const few = { rateLimit: { max: 60, timeWindow: '1 minute' } };
const Part = Type.Object(
  {
    id: Type.String({
      pattern: '^[a-z0-9-]{1,32}$',
      want: '1 to 32 small letters a to z, digits or hyphens',
      description: 'of your choice; notices refer to it',
    }),
    name: word(80, 'as people know it; shown to everyone who may see the page'),
    of: Type.Enum([...statusBases]),
    target: word(64, 'id of the site, group, service or target'),
  },
  closed,
);
const fields = {
  slug: Type.String({
    pattern: '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$',
    want: '1 to 64 small letters a to z, digits, or hyphens between them',
    description: 'its address: /status/SLUG',
  }),
  title: word(120),
  intro: proseOrNone(1000),
  access: Type.Enum([...statusAccess], { description: 'login: only for people who are logged in' }),
  enabled: Type.Boolean(),
  zone: word(64, 'IANA, such as Europe/Berlin'),
  components: Type.Array(Part, { minItems: 1, maxItems: 20 }),
};
const reason = Type.Optional(proseOrNone(500, 'kept with the change'));
const example = {
  ...{
    slug: 'berlin',
    title: 'IT of Berlin',
    intro: 'Questions: call 4711.',
    access: 'public' as const,
    enabled: true,
  },
  ...{ zone: 'Europe/Berlin', components: [{ id: 'mail', name: 'Mail', of: 'group' as const, target: 'g1' }] },
};
const Why = Type.Object({ reason }, closed);
const New = Type.Object({ ...fields, reason }, { ...closed, examples: [example] });
const Edit = Type.Object(
  { ...Type.Partial(Type.Object(fields)).properties, reason },
  { ...closed, examples: [{ enabled: false }] },
);
const words = prose(2000, 'plain words for everyone who may see the page: no names of machines or people');
const nextAt = Type.Optional(Type.Union([instantMs(': when more will be said'), Type.Null()]));
const Notice = Type.Object(
  {
    component: Type.Optional(word(32, 'id of a part; default all')),
    title: word(120),
    beganAt: Type.Optional(instantMs('; default now')),
    words,
    nextAt,
  },
  { ...closed, examples: [{ component: 'mail', title: 'Mail is slow', words: 'We are looking into it.' }] },
);
const Update = Type.Object(
  { words, nextAt, ended: Type.Optional(Type.Boolean()) },
  { ...closed, examples: [{ words: 'It works again.', ended: true }] },
);
const NoticeId = Type.Object({ id: Id.properties.id, notice: counted('the number of a notice') }, closed);

export function statusRoutes(app: App, context: Context): void {
  const { status, clock } = context;
  /** A page for people who are logged in; of other sites than theirs it is not there for those with a limit. */
  async function mayRead({ caller, params }: FastifyRequest): Promise<boolean> {
    if (!caller?.sites) return caller !== null;
    const own = await withSight(await sightOf(context, caller.sites), () => status.list());
    return own.some(({ slug }) => slug === (params as { slug: string }).slug);
  }
  const url = '/api/v1/status-pages';
  const tags = ['status'];

  app.get(
    '/api/v1/status/:slug',
    {
      config: few,
      schema: {
        ...{ summary: 'A status page, for everyone who may see it', tags, response: { 200: StatusAnswer } },
        params: Type.Object({ slug: word(100) }, closed),
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { answer, isPublic } = await status.answer(request.params.slug, await mayRead(request));
      if (isPublic) reply.header('cache-control', 'public, max-age=15');
      return answer;
    },
  );

  app.get(
    url,
    {
      schema: { summary: 'Status pages, on or off, with their notices', tags, response: { 200: page(StatusPageRow) } },
    },
    async () => ({ items: await status.list(), next: null }),
  );

  app.post(
    url,
    { schema: { summary: 'Make a status page', tags, body: New, response: { 201: StatusPageRow } } },
    async (request, reply) => {
      const { reason: why = '', ...made } = request.body;
      return reply.status(201).send(await status.create(made, callerNamed(request), why));
    },
  );

  app.patch(
    `${url}/:id`,
    { schema: { summary: 'Change a status page', tags, params: Id, body: Edit, response: { 200: StatusPageRow } } },
    (request) => {
      const { reason: why = '', ...change } = request.body;
      return status.edit(request.params.id, change as never, callerNamed(request), why);
    },
  );

  app.delete(
    `${url}/:id`,
    {
      schema: {
        summary: 'Delete a status page and what was said on it; who deleted it when stays',
        ...{ tags, params: Id, querystring: Why, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      await status.remove(request.params.id, callerNamed(request), request.query.reason ?? '');
      return reply.status(204).send(null);
    },
  );

  app.get(
    `${url}/:id/changes`,
    {
      schema: {
        ...{ summary: 'Who changed a status page, when and why, newest first', tags, params: Id },
        response: { 200: Type.Array(OutwardChange) },
      },
    },
    ({ params }) => status.changes(params.id),
  );

  app.post(
    `${url}/:id/notices`,
    {
      schema: { summary: 'Say on the page what is wrong', tags, params: Id, body: Notice, response: { 204: Nothing } },
    },
    async (request, reply) => {
      const { component = '', beganAt = clock.now(), nextAt: next = null, ...rest } = request.body;
      await status.notice(request.params.id, { ...rest, component, beganAt, nextAt: next }, callerNamed(request));
      return reply.status(204).send(null);
    },
  );

  app.post(
    `${url}/:id/notices/:notice/updates`,
    {
      schema: {
        summary: 'Say more, or that it is over',
        tags,
        params: NoticeId,
        body: Update,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id, notice } = request.params;
      const { words: said, nextAt: next = null, ended = false } = request.body;
      const update = { words: said, nextAt: next, endedAt: ended ? clock.now() : null };
      await status.update(id, notice, update, callerNamed(request));
      return reply.status(204).send(null);
    },
  );
}
