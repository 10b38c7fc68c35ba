/** One's own account: the password again, and another one. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { minimumLength } from '../../accounts/password.ts';
import { hashSecret } from '../../accounts/secret.ts';
import type { User } from '../../accounts/users.ts';

import type { App, Context } from '../context.ts';
import { deviceCookie, giveDevice } from '../cookies.ts';
import { closed, Nothing, word } from '../shapes.ts';

export const Password = Type.String({
  ...{ maxLength: 1024, secret: true },
  description: `at least ${minimumLength} characters`,
});

/** Where a second factor is on. */
export const FactorCode = Type.Optional(
  Type.String({ ...word(20, 'of the second factor, where one is on'), secret: true }),
);

/**
 * The user with this password; wrong ones are slowed: by session where one asks, so that nobody else can use up what it has.
 * @throws EvenkeelError TOO_MANY_LOGINS, LOGINS_BUSY, BAD_LOGIN, CODE_NEEDED, WRONG_CODE, TOO_MANY_CODES
 */
export async function verified(
  { accounts: { attempts, devices, users, secondFactors }, addresses }: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  {
    user: name,
    password,
    code,
    session,
  }: { user: string; password: string; code?: string | undefined; session?: string },
): Promise<User> {
  const device = await devices.find(name, (user) => request.cookies[deviceCookie(addresses().http, user)]);
  const attempt = attempts.begin({ name, address: request.ip, device, session: session && hashSecret(session) });
  const seconds = Math.ceil(attempt.waitMs / 1000);
  if (seconds > 0) {
    reply.header('retry-after', seconds);
    throw fail('TOO_MANY_LOGINS', { seconds });
  }
  const user = await users.logIn(name, password, attempt.isKnown).catch((thrown) => {
    attempt.giveBack();
    throw thrown;
  });
  if (!user) throw fail('BAD_LOGIN');
  await secondFactors.check(user.id, code).catch((thrown) => {
    // The password was right: codes are counted by themselves.
    attempt.giveBack();
    throw thrown;
  });
  attempt.right();
  return user;
}

export function ownAccountRoutes(app: App, context: Context): void {
  const { users, sessions, openId } = context.accounts;

  /** Of the session that asks, and of a token: it has no password. */
  const sessionOf = ({ caller }: FastifyRequest) => {
    if (!caller?.session) throw fail('BAD_REQUEST', { problem: 'a token has no password; log in as a person' });
    if (caller.via === 'openid') {
      const provider = openId?.settings.name ?? 'a provider';
      throw fail('BAD_REQUEST', {
        problem: `${caller.name} has no password here and logs in at ${provider}; do it there`,
      });
    }
    return { name: caller.name, ...caller.session };
  };

  app.post(
    '/api/v1/me/confirm',
    {
      schema: {
        summary: 'Type in the own password again, before what outlives a session',
        tags: ['session'],
        body: Type.Object(
          { password: Password, code: FactorCode },
          { ...closed, examples: [{ password: 'a sentence that I remember' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { name, secret } = sessionOf(request);
      await verified(context, request, reply, { user: name, ...request.body, session: secret });
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
          { current: Password, password: Password, code: FactorCode },
          { ...closed, examples: [{ current: 'a sentence that I remember', password: 'a fresh sentence of mine' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { name, user, secret } = sessionOf(request);
      const { current, password, code } = request.body;
      await verified(context, request, reply, { user: name, password: current, code, session: secret });
      if (current.normalize('NFC') === password.normalize('NFC')) throw fail('SAME_PASSWORD');
      await users.setPassword(user, password, secret);
      await sessions.confirm(secret);
      // The one that this browser had has ended with the password.
      await giveDevice(context, reply, user);
      return reply.status(204).send(null);
    },
  );
}
