/** Set-up, log-in, log-out, and the current user. */
import { Type } from 'typebox';
import { Me } from '../../../shared/api.ts';
import { LoggedOutAt } from '../../../shared/openid.ts';
import type { App, Caller, Context } from '../context.ts';
import { cookieName, giveSession } from '../cookies.ts';
import { lacksFactor } from '../guard.ts';
import { closed, Nothing, UserName, word } from '../shapes.ts';
import { FactorCode, Password, verified } from './own-account.ts';

/** Few attempts, per address: it is done once. */
const few = { rateLimit: { max: 10, timeWindow: '1 minute' } };

/** What the pages may know of whoever asks. */
export async function meOf(
  context: Context,
  caller: (Pick<Caller, 'name' | 'role' | 'via' | 'sites'> & Partial<Pick<Caller, 'session'>>) | null,
): Promise<Me> {
  const { accounts, version, views, zone } = context;
  return {
    ...{ user: caller?.name ?? null, role: caller?.role ?? null, via: caller?.via ?? null },
    ...{ provider: accounts.openId?.settings.name ?? null, setup: accounts.setup.secret() !== null },
    recovers: context.recovery.isOn,
    lacksFactor: caller?.session ? lacksFactor({ ...caller, session: caller.session }, context) : false,
    ...{ version, zone: caller === null ? null : zone },
    sites: caller?.sites ? await accounts.users.sitesCalled(caller.sites) : null,
    starts: caller ? await views.starts({ ...caller, isLimited: caller.sites !== null }) : {},
  };
}

export function sessionRoutes(app: App, context: Context): void {
  const { sessions, setup, openId, idTokens } = context.accounts;

  const address = () => context.addresses().http;
  const me = (caller: Parameters<typeof meOf>[1]) => meOf(context, caller);

  app.post(
    '/api/v1/setup',
    {
      config: few,
      schema: {
        summary: 'Create the first admin, once',
        tags: ['session'],
        body: Type.Object(
          {
            secret: Type.String({ ...word(100, 'from the link that the start printed'), secret: true }),
            user: UserName,
            password: Password,
          },
          {
            ...closed,
            examples: [{ secret: 'from-the-link', user: 'ada', password: 'a sentence that I remember' }],
          },
        ),
        response: { 201: Me },
      },
    },
    async (request, reply) => {
      const user = await setup.complete(request.body);
      await giveSession(context, request, reply, user.id);
      return reply.status(201).send(await me({ ...user, via: 'password' }));
    },
  );

  app.post(
    '/api/v1/login',
    {
      schema: {
        summary: 'Log in; answers with a session cookie',
        tags: ['session'],
        body: Type.Object(
          {
            user: Type.String({ maxLength: 64 }),
            password: Type.String({ maxLength: 1024, secret: true }),
            code: FactorCode,
          },
          { ...closed, examples: [{ user: 'ada', password: 'a sentence that I remember' }] },
        ),
        response: { 200: Me },
      },
    },
    async (request, reply) => {
      const user = await verified(context, request, reply, request.body);
      await giveSession(context, request, reply, user.id);
      return me({ ...user, via: 'password' });
    },
  );

  app.post(
    '/api/v1/logout',
    {
      schema: {
        summary: 'End the session; of a log-in by the provider, answers with where it is ended there as well',
        ...{ tags: ['session'], response: { 200: LoggedOutAt, 204: Nothing } },
      },
    },
    async (request, reply) => {
      const secret = request.cookies[cookieName(address())];
      if (secret) await sessions.end(secret);
      reply.clearCookie(cookieName(address()), { path: '/', secure: address().startsWith('https:') });
      if (secret === undefined || request.caller?.via !== 'openid') return reply.status(204).send(null);
      const idToken = idTokens.take(secret);
      // The session here has ended, whatever the provider does.
      const url = await openId?.endUrl(idToken, `${address()}/login`).catch(() => null);
      return url ? reply.status(200).send({ url }) : reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/me',
    { schema: { summary: 'The logged-in user, and whether set-up is open', tags: ['session'], response: { 200: Me } } },
    (request) => me(request.caller),
  );
}
