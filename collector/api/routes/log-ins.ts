/** Sessions to see and to end: one's own, and for admins of everybody. */
import { Type } from 'typebox';
import { page } from '../../../shared/api.ts';
import { LogIn } from '../../../shared/log-ins.ts';
import type { App, Context } from '../context.ts';
import { personOf } from '../guard.ts';
import { Id, Nothing } from '../shapes.ts';

export function logInRoutes(app: App, { accounts: { sessions } }: Context): void {
  const own = '/api/v1/me/sessions';

  app.get(
    own,
    { schema: { summary: 'Own sessions that go on', tags: ['session'], response: { 200: page(LogIn) } } },
    async (request) => {
      const { id, secret } = personOf(request);
      return { items: await sessions.list(secret, id), next: null };
    },
  );
  app.delete(
    `${own}/:id`,
    { schema: { summary: 'End one of them', tags: ['session'], params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await sessions.endOne(request.params.id, personOf(request).id);
      return reply.status(204).send(null);
    },
  );
  app.delete(
    own,
    {
      schema: {
        summary: 'End all others',
        ...{ tags: ['session'], response: { 200: Type.Object({ ended: Type.Integer() }) } },
      },
    },
    async (request) => {
      const { id, secret } = personOf(request);
      return { ended: await sessions.endOthers(id, secret) };
    },
  );

  app.get(
    '/api/v1/sessions',
    { schema: { summary: 'Sessions of everybody', tags: ['access'], response: { 200: page(LogIn) } } },
    async (request) => ({ items: await sessions.list(request.caller?.session?.secret ?? ''), next: null }),
  );
  app.delete(
    '/api/v1/sessions/:id',
    { schema: { summary: 'End a session of anybody', tags: ['access'], params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await sessions.endOne(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
