/** Saved views of pages. They are of people: a token has no pages. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { SavedView, ViewPage, Views } from '../../../shared/view.ts';
import type { Viewer } from '../../fleet/views.ts';
import type { App, Context } from '../context.ts';
import { personOf } from '../guard.ts';
import { closed, Id, Nothing, word, wordOrNone } from '../shapes.ts';

const url = '/api/v1/views';
const tags = ['views'];

/** The rules of such names give better reasons than a schema. */
const name = Type.String({ maxLength: 512, description: 'one line, at most 128 characters' });
const query = wordOrNone(8000, 'of the address, at most 2000 characters');
const shared = Type.Boolean({ description: 'everybody has it in the menu; operators and admins may share' });
const examples = [
  { page: 'fleet' as const, name: 'Servers in Berlin', query: 'site=Berlin&kind=server', shared: false },
];
const New = Type.Object({ page: ViewPage, name, query, shared }, { ...closed, examples });
const Edit = Type.Partial(Type.Object({ name, query, shared }), { ...closed, examples: [{ name: 'Berlin' }] });
const Start = Type.Object(
  { page: ViewPage, view: Type.Union([word(64), Type.Null()], { description: 'id; null: none' }) },
  { ...closed, examples: [{ page: 'fleet' as const, view: null }] },
);

const viewerOf = (request: FastifyRequest): Viewer => {
  const { name: person, role } = personOf(request);
  return { name: person, role, isLimited: (request.caller?.sites ?? null) !== null };
};

export function viewRoutes(app: App, { views }: Context): void {
  app.get(
    url,
    {
      schema: {
        ...{ summary: 'Saved views of a page: one’s own, and those that are shared', tags },
        ...{ querystring: Type.Object({ page: ViewPage }, closed), response: { 200: Views } },
      },
    },
    (request) => views.list(request.query.page, viewerOf(request)),
  );

  app.post(
    url,
    { schema: { summary: 'Save a view of a page', tags, body: New, response: { 201: SavedView } } },
    async (request, reply) => {
      const { page, ...fields } = request.body;
      return reply.status(201).send(await views.create(page, fields, viewerOf(request)));
    },
  );

  app.put(
    `${url}/start-view`,
    { schema: { summary: 'Choose the view that a page opens with', tags, body: Start, response: { 200: Views } } },
    (request) => views.startWith(request.body.page, request.body.view, viewerOf(request)),
  );

  app.patch(
    `${url}/:id`,
    { schema: { summary: 'Change a saved view', tags, params: Id, body: Edit, response: { 200: SavedView } } },
    (request) => views.edit(request.params.id, request.body, viewerOf(request)),
  );

  app.delete(
    `${url}/:id`,
    { schema: { summary: 'Remove a saved view', tags, params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await views.remove(request.params.id, viewerOf(request));
      return reply.status(204).send(null);
    },
  );
}
