/** One's own account: the password again, and another one. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { minimumLength } from '../../accounts/password.ts';
import type { User } from '../../accounts/users.ts';
import type { App, Context } from '../context.ts';
import { closed, Nothing } from '../shapes.ts';

export const Password = Type.String({
  ...{ maxLength: 1024, secret: true },
  description: `at least ${minimumLength} characters`,
});

/** The user with this password; wrong ones are slowed. @throws EvenkeelError TOO_MANY_LOGINS, BAD_LOGIN */
export async function verified(
  { accounts: { attempts, users } }: Context,
  { ip }: FastifyRequest,
  reply: FastifyReply,
  { user: name, password }: { user: string; password: string },
): Promise<User> {
  const seconds = Math.ceil(attempts.begin(name, ip) / 1000);
  if (seconds > 0) {
    reply.header('retry-after', seconds);
    throw fail('TOO_MANY_LOGINS', { seconds });
  }
  const user = await users.logIn(name, password);
  if (!user) throw fail('BAD_LOGIN');
  attempts.right(name, ip);
  return user;
}

export function ownAccountRoutes(app: App, context: Context): void {
  const { users, sessions } = context.accounts;

  /** Of the session that asks, and of a token: it has no password. */
  const sessionOf = ({ caller }: FastifyRequest) => {
    if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token has no password; log in as a person' });
    return { name: caller.name, ...caller.session };
  };

  app.post(
    '/api/v1/me/confirm',
    {
      schema: {
        summary: 'Type in the own password again, before what outlives a session',
        tags: ['session'],
        body: Type.Object(
          { password: Password },
          { ...closed, examples: [{ password: 'a sentence that I remember' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { name, secret } = sessionOf(request);
      await verified(context, request, reply, { user: name, password: request.body.password });
      await sessions.confirm(secret);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/me/password',
    {
      schema: {
        summary: 'Change the own password; ends all other sessions of that user',
        tags: ['session'],
        body: Type.Object(
          { current: Password, password: Password },
          { ...closed, examples: [{ current: 'a sentence that I remember', password: 'a fresh sentence of mine' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { name, user, secret } = sessionOf(request);
      const { current, password } = request.body;
      await verified(context, request, reply, { user: name, password: current });
      if (current.normalize('NFC') === password.normalize('NFC')) throw fail('SAME_PASSWORD');
      await users.setPassword(user, password, secret);
      await sessions.confirm(secret);
      return reply.status(204).send(null);
    },
  );
}
