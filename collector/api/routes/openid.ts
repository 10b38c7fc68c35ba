/** Log-in by a provider: away to it, back from it, and a look at whether it works. */
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { OpenIdBegun, OpenIdFinished, ProviderLook } from '../../../shared/openid.ts';
import { pendingMs } from '../../accounts/openid.ts';
import { lookAt, providerPage } from '../../accounts/openid-look.ts';
import type { App, Context } from '../context.ts';
import { attributes, cookieName, giveSession } from '../cookies.ts';
import { refuseToken } from '../guard.ts';
import { closed, word } from '../shapes.ts';
import { meOf } from './session.ts';

/** Per address: each asks the provider something. */
const some = { rateLimit: { max: 30, timeWindow: '1 minute' } };

export function openIdRoutes(app: App, context: Context): void {
  const { accounts } = context;
  const address = () => context.addresses().http;
  const redirect = () => address() + providerPage;
  const pendingCookie = () => `${cookieName(address())}-pending`;
  const provider = () => {
    if (accounts.openId === null) throw fail('OPENID_OFF');
    return accounts.openId;
  };

  app.post(
    '/api/v1/login/openid',
    {
      config: some,
      schema: {
        summary: 'Begin a log-in by the provider; answers with where the browser goes, and a cookie to come back with',
        tags: ['session'],
        body: Type.Object(
          {
            again: Type.Optional(
              Type.Boolean({ description: 'it is to ask for the password, also of who is logged in there' }),
            ),
          },
          { ...closed, examples: [{ again: false }] },
        ),
        response: { 200: OpenIdBegun },
      },
    },
    async (request, reply) => {
      const { url, pending } = await provider().begin(redirect(), request.body.again === true);
      reply.setCookie(pendingCookie(), pending, attributes(address(), pendingMs));
      return { url };
    },
  );

  app.post(
    '/api/v1/login/openid/finish',
    {
      config: some,
      schema: {
        summary: 'Finish it, with what the provider put into the address; answers with a session cookie',
        tags: ['session'],
        body: Type.Object(
          { query: Type.String({ ...word(8000, 'of the address, from its ? on'), secret: true }) },
          { ...closed, examples: [{ query: '?code=of-the-provider&state=as-sent' }] },
        ),
        response: { 200: OpenIdFinished },
      },
    },
    async (request, reply) => {
      const openId = provider();
      const pending = request.cookies[pendingCookie()];
      // Once: whatever comes of it, nobody else goes on with it.
      reply.clearCookie(pendingCookie(), attributes(address(), 0));
      const identity = await openId.finish(redirect(), request.body.query, pending, (name) => {
        request.claimed = name;
      });
      const { user, before: gave } = await accounts.identities.logIn(identity, openId.settings.name);
      const { issuer, subject, grant } = identity;
      request.noted = { before: gave && { ...gave }, after: { ...grant, issuer, subject } };
      const before = request.cookies[cookieName(address())];
      if (before !== undefined) await accounts.sessions.end(before);
      const { sessionMs: ms } = openId.settings;
      const secret = await giveSession(context, request, reply, user.id, {
        ...{ via: 'openid', ms, confirmedAt: identity.authenticatedAt },
      });
      accounts.idTokens.keep(secret, identity.idToken, ms);
      return { ...(await meOf(context, { ...user, via: 'openid' })), again: identity.again };
    },
  );

  app.post(
    '/api/v1/login/openid/check',
    {
      config: some,
      schema: {
        summary: 'Look whether the provider works with this collector; nobody is logged in',
        tags: ['session'],
        response: { 200: ProviderLook },
      },
    },
    (request) => {
      refuseToken(request, 'to look at the provider');
      return lookAt(provider(), redirect());
    },
  );
}
