/** For a broker of somebody else that asks about users, in the form of EMQX 5; and for agents that such a broker refuses. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { mqttAclPath, mqttAuthPath } from '../../broker-users/emqx-files.ts';
import { waysToKeep } from '../../broker-users/users.ts';
import type { Verdicts } from '../../broker-users/verdicts.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { networkOf } from '../../doors/network.ts';
import type { App, Context } from '../context.ts';
import { closed, word } from '../shapes.ts';

const User = { username: Type.String({ maxLength: 200 }), clientid: Type.String({ maxLength: 200 }) };
const LogIn = Type.Object(
  { ...User, password: Type.String({ ...{ maxLength: 200 }, secret: true }) },
  { examples: [{ username: 'e0123456789abcdef', clientid: 'e0123456789abcdef', password: 'its-secret' }] },
);
const Topic = Type.Object(
  {
    ...User,
    topic: Type.String({ maxLength: 1000 }),
    action: Type.Enum(['publish', 'subscribe']),
    retain: Type.Optional(
      Type.Union([Type.Boolean(), Type.String({ maxLength: 10 })], { description: 'of a message; true or "true"' }),
    ),
  },
  {
    examples: [
      {
        ...{ username: 'e0123456789abcdef', clientid: 'e0123456789abcdef', action: 'publish' },
        topic: 'ek/v1/3f/e0123456789abcdef/report',
      },
    ],
  },
);
const Answer = Type.Object({ result: Type.Enum(['allow', 'deny', 'ignore']), is_superuser: Type.Boolean() });
const Own = Type.Object(
  { endpoint: word(32, 'its id'), secret: Type.String({ ...word(200, 'that of its log-in'), secret: true }) },
  { ...closed, examples: [{ endpoint: 'e0123456789abcdef', secret: 'its-secret' }] },
);

/** Wrong secrets of one network: 20 at once, then one in 30 s. */
const wrongOnes = { burst: 20, perSecond: 1 / 30, atMost: 50_000 };
/** One address asks for a whole fleet, which may come back at once. */
const ofBroker = { rateLimit: { max: 200_000, timeWindow: '10 seconds' } };
const ofAgents = { rateLimit: { max: 1000, timeWindow: '10 seconds' } };

export function brokerUserRoutes(app: App, { brokerUsers, fleet, clock }: Context): void {
  const wrong = createAllowances({ ...wrongOnes, monotonic: clock.monotonic });

  function refuseGuesses(address: string): void {
    if (wrong.waitFor(networkOf(address)) > 0)
      throw fail('TOO_MANY_REQUESTS', { limit: wrongOnes.burst, window: '10 minutes' });
  }

  /** @throws EvenkeelError BROKER_ASKS_NOT, BROKER_UNKNOWN, TOO_MANY_REQUESTS */
  function verdictsFor({ headers, ip }: FastifyRequest): Verdicts {
    const { verdicts } = brokerUsers;
    if (!verdicts) throw fail('BROKER_ASKS_NOT');
    refuseGuesses(ip);
    const secret = /^Bearer +(\S{1,500})$/i.exec(headers.authorization ?? '')?.[1];
    if (secret !== undefined && verdicts.isBroker(secret)) return verdicts;
    wrong.take(networkOf(ip), 1);
    throw fail('BROKER_UNKNOWN');
  }

  app.post(
    mqttAuthPath,
    {
      config: ofBroker,
      // Before the body is read, as the guard does it for people.
      onRequest: async (request) => void verdictsFor(request),
      schema: {
        summary: 'For a broker: may this user log in? In the form of EMQX 5; its secret is a bearer token',
        tags: ['enrolment'],
        body: LogIn,
        response: { 200: Answer },
      },
    },
    async (request) => ({ result: verdictsFor(request).logIn(request.body), is_superuser: false }),
  );

  app.post(
    mqttAclPath,
    {
      config: ofBroker,
      onRequest: async (request) => void verdictsFor(request),
      schema: {
        summary: 'For a broker: may this user publish or subscribe there? In the form of EMQX 5',
        tags: ['enrolment'],
        body: Topic,
        response: { 200: Answer },
      },
    },
    async (request) => {
      const { retain = false, ...asked } = request.body;
      const isRetained = retain === true || retain === 'true';
      const result = verdictsFor(request).topic({ ...asked, retain: isRetained });
      return { result, is_superuser: false };
    },
  );

  app.post(
    '/api/v1/agent/refused',
    {
      config: ofAgents,
      schema: {
        summary:
          'For agents that the broker refuses: whether their credential is right, and who keeps the broker’s users',
        tags: ['enrolment'],
        body: Own,
        response: {
          200: Type.Object({
            users: Type.Enum([...waysToKeep], {
              description: 'told: the broker has been told of it just now; own: it is this collector that refuses',
            }),
          }),
        },
      },
    },
    async ({ body: { endpoint, secret }, ip }) => {
      refuseGuesses(ip);
      const isRight = fleet.authenticate(endpoint, secret);
      const now = fleet.movedTo(endpoint) ?? fleet.get(endpoint);
      if (!isRight || (now?.againAt ?? null) !== null) {
        wrong.take(networkOf(ip), 1);
        throw fail('CREDENTIAL_REFUSED', { endpoint });
      }
      await brokerUsers.learned(endpoint, secret);
      return { users: brokerUsers.kind };
    },
  );
}
