/** Set-up, log-in, log-out, and the current user. */
import { Type } from 'typebox';
import { Me } from '../../../shared/api.ts';
import type { App, Caller, Context } from '../context.ts';
import { cookieName, giveSession } from '../cookies.ts';
import { closed, Nothing, UserName, word } from '../shapes.ts';
import { Password, verified } from './own-account.ts';

/** Few attempts, per address: it is done once. */
const few = { rateLimit: { max: 10, timeWindow: '1 minute' } };

export function sessionRoutes(app: App, context: Context): void {
  const { sessions, setup } = context.accounts;

  const address = () => context.addresses().http;
  const me = async (caller: Pick<Caller, 'name' | 'role' | 'sites'> | null): Promise<Me> => ({
    user: caller?.name ?? null,
    role: caller?.role ?? null,
    setup: setup.secret() !== null,
    version: context.version,
    zone: caller === null ? null : context.zone,
    sites: caller?.sites ? await context.accounts.users.sitesCalled(caller.sites) : null,
  });

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
      await giveSession(context, reply, user.id);
      return reply.status(201).send(await me(user));
    },
  );

  app.post(
    '/api/v1/login',
    {
      schema: {
        summary: 'Log in; answers with a session cookie',
        tags: ['session'],
        body: Type.Object(
          { user: Type.String({ maxLength: 64 }), password: Type.String({ maxLength: 1024, secret: true }) },
          { ...closed, examples: [{ user: 'ada', password: 'a sentence that I remember' }] },
        ),
        response: { 200: Me },
      },
    },
    async (request, reply) => {
      const user = await verified(context, request, reply, request.body);
      await giveSession(context, reply, user.id);
      return me(user);
    },
  );

  app.post(
    '/api/v1/logout',
    { schema: { summary: 'End the session', tags: ['session'], response: { 204: Nothing } } },
    async (request, reply) => {
      const secret = request.cookies[cookieName(address())];
      if (secret) await sessions.end(secret);
      return reply
        .clearCookie(cookieName(address()), { path: '/', secure: address().startsWith('https:') })
        .status(204)
        .send(null);
    },
  );

  app.get(
    '/api/v1/me',
    { schema: { summary: 'The logged-in user, and whether set-up is open', tags: ['session'], response: { 200: Me } } },
    (request) => me(request.caller),
  );
}
