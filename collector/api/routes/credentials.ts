/** Credentials of endpoints: rotated and asked back by people, fetched by agents. */
import { Type } from 'typebox';
import { credentialLevel } from '../../../shared/agent-level.ts';
import { fail } from '../../../shared/errors.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { networkOf } from '../../doors/network.ts';
import { living } from '../../fleet/fleet.ts';
import { letIn } from '../../fleet/machines.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

const Own = Type.Object(
  {
    endpoint: word(32, 'its id'),
    secret: Type.String({ ...word(200, 'that of its log-in'), secret: true }),
  },
  { ...closed, examples: [{ endpoint: 'e0123456789abcdef', secret: 'its-secret' }] },
);

/** Wrong credentials of one network: 20 at once, then one in 30 s. */
const wrongOnes = { burst: 20, perSecond: 1 / 30, atMost: 50_000 };

export function credentialRoutes(app: App, context: Context): void {
  const { credentials, brokerUsers, state, fleet, clock, changeFeed, replaced } = context;
  const wrong = createAllowances({ ...wrongOnes, monotonic: clock.monotonic });

  app.post(
    '/api/v1/endpoints/:id/credential/rotate',
    {
      schema: {
        summary: 'Have the agent fetch another credential; the one of before is taken until the new one is used',
        tags: ['fleet'],
        params: Id,
        response: {
          200: Type.Object({
            waits: Type.Union([Type.Enum(['offline', 'old_agent']), Type.Null()], {
              description: 'for what: its connection, or a newer agent; null: it is told now',
            }),
          }),
        },
      },
    },
    async (request) => {
      const { id, state } = living(fleet, request.params.id);
      await credentials.rotateCredential([id], callerNamed(request));
      const { level } = living(fleet, id);
      if (level !== undefined && level < credentialLevel) return { waits: 'old_agent' as const };
      return { waits: state === 'online' ? null : ('offline' as const) };
    },
  );

  app.post(
    '/api/v1/endpoints/:id/credential/again',
    {
      schema: {
        summary:
          'Refuse the credential: its machine reports no more until it is enrolled again, and keeps what it measures',
        tags: ['fleet'],
        params: Id,
        body: Type.Object(
          {
            doubtfulSince: Type.Optional(
              Type.Union([Type.Integer({ minimum: 0, maximum: 8.64e15 }), Type.Null()], {
                description: 'values from then on may be those of somebody else, ms UTC',
              }),
            ),
          },
          { ...closed, examples: [{ doubtfulSince: 1_796_000_000_000 }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = living(fleet, request.params.id);
      const { doubtfulSince = null } = request.body;
      if (doubtfulSince !== null && doubtfulSince > clock.now())
        throw fail('BAD_REQUEST', { problem: 'doubtfulSince lies in the future; it is when the doubt begins' });
      await credentials.askAgain([id], callerNamed(request), doubtfulSince);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/endpoints/:id/let-in',
    {
      schema: {
        summary:
          'Of several machines with this identity the refused one is the right one: let it in, refuse the others',
        tags: ['fleet'],
        params: Id,
        body: Type.Object(
          { instance: word(32, 'of `sharedBy`') },
          { ...closed, examples: [{ instance: '0123456789abcdef' }] },
        ),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = living(fleet, request.params.id);
      await letIn(state, id, request.body.instance, callerNamed(request), clock.now());
      await fleet.reload(id);
      await replaced(id);
      changeFeed.publish({ kind: 'endpoint', endpoint: id });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/agent/credential',
    {
      config: { rateLimit: { max: 1000, timeWindow: '10 seconds' } },
      schema: {
        summary: 'For agents: another credential, where one was asked for',
        tags: ['enrolment'],
        body: Own,
        response: { 200: Type.Object({ secret: Type.String(), generation: Type.Integer() }) },
      },
    },
    async ({ body: { endpoint, secret }, ip }) => {
      refuseGuesses(ip);
      try {
        const issued = await credentials.issue(endpoint, secret, ip);
        // Not waited for: with another password the broker ends the connection of an agent that has not yet read this answer.
        void brokerUsers.learned(endpoint, issued.secret);
        return issued;
      } catch (thrown) {
        if ((thrown as { code?: string }).code === 'CREDENTIAL_REFUSED') wrong.take(networkOf(ip), 1);
        throw thrown;
      }
    },
  );

  /** @throws EvenkeelError TOO_MANY_REQUESTS */
  function refuseGuesses(address: string): void {
    if (wrong.waitFor(networkOf(address)) > 0)
      throw fail('TOO_MANY_REQUESTS', { limit: wrongOnes.burst, window: '10 minutes' });
  }
}
