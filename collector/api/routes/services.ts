/** Services: what users use, made of endpoints and targets. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { ServiceDetail, ServiceRow } from '../../../shared/target-api.ts';
import type { ServiceDefinition } from '../../targets/store.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, proseOrNone, word } from '../shapes.ts';

const content = {
  name: word(128),
  note: proseOrNone(2000),
  parts: Type.Array(word(64, 'id of an endpoint or a target'), { minItems: 1, maxItems: 50 }),
  need: Type.Union([Type.Integer({ minimum: 1, maximum: 50 }), Type.Null()], {
    description: 'how many parts must work; 1: any, null: all',
  }),
};
const { name, parts, note, need } = content;
const example = { name: 'Shop', note: '', parts: ['t2xq7p4m9k3w8v5n'], need: null };
const New = Type.Object(
  { name, parts, ...Type.Partial(Type.Object({ note, need })).properties },
  { ...closed, examples: [example] },
);
const Edit = Type.Object(Type.Partial(Type.Object(content)).properties, {
  ...{ ...closed, minProperties: 1 },
  examples: [{ need: 1 }],
});

const url = '/api/v1/services';
const tags = ['services'];

export function serviceRoutes(app: App, { services, dependencies, maintenance }: Context): void {
  app.get(
    url,
    { schema: { summary: 'All services and how they are now', tags, response: { 200: page(ServiceRow) } } },
    async () => ({ items: await services.list(), next: null }),
  );

  app.post(
    url,
    { schema: { summary: 'Make a service', tags, body: New, response: { 201: ServiceRow } } },
    async (request, reply) => {
      const { note: written = '', need: least = null, ...body } = request.body;
      const id = await services.create({ ...body, note: written, need: least }, callerNamed(request));
      return reply.status(201).send(await services.row(id));
    },
  );

  app.get(
    `${url}/:id`,
    {
      schema: {
        summary: 'One service: why it is as it is, how it was, what follows from it, planned work',
        tags,
        params: Id,
        response: { 200: ServiceDetail },
      },
    },
    async ({ params: { id } }) => {
      const detail = await services.detail(id);
      const ids = detail.parts.map((part) => part.id);
      const named = (one: string) => ({ id: one, name: dependencies.nameOf(one) ?? one });
      return {
        ...detail,
        dependents: dependencies
          .childrenOf(id)
          .filter((one) => !ids.includes(one))
          .map(named),
        dependentSites: dependencies.sites.behind(id),
        maintenance: maintenance.ahead([id, ...ids]).map(({ covers, ...one }) => ({
          ...{ ...one, covers: covers.map(named) },
          isOut: services.isOut(id, covers),
        })),
      };
    },
  );

  app.patch(
    `${url}/:id`,
    { schema: { summary: 'Change a service', tags, params: Id, body: Edit, response: { 200: ServiceRow } } },
    async (request) => {
      const { id } = request.params;
      await services.edit(id, request.body as Partial<ServiceDefinition>, callerNamed(request));
      return services.row(id);
    },
  );

  app.delete(
    `${url}/:id`,
    { schema: { summary: 'Remove a service', tags, params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await services.remove(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
