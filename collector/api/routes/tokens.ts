/** Bearer tokens for scripts. */
import { Type } from 'typebox';
import { page, Role, Token } from '../../../shared/api.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

export function tokenRoutes(app: App, { accounts: { tokens } }: Context): void {
  app.get(
    '/api/v1/tokens',
    { schema: { summary: 'Tokens, newest first', tags: ['access'], response: { 200: page(Token) } } },
    async () => ({ items: await tokens.list(), next: null }),
  );

  app.post(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'Create a token; the only time that its secret is shown',
        tags: ['access'],
        body: Type.Object(
          { name: word(64), role: Role },
          { ...closed, examples: [{ name: 'nightly report', role: 'viewer' }] },
        ),
        response: { 201: Type.Object({ token: Token, secret: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { name, role } = request.body;
      return reply.status(201).send(await tokens.create({ name, role, by: callerNamed(request) }));
    },
  );

  app.delete(
    '/api/v1/tokens/:id',
    { schema: { summary: 'Revoke a token', tags: ['access'], params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await tokens.revoke(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
