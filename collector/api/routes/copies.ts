/** Agents that find themselves on other hardware than they were enrolled on. */
import { Type } from 'typebox';
import { Fingerprint } from '../../../shared/api.ts';
import { AskLater, GoesOn, OfCopy } from '../../../shared/copied.ts';
import { fail } from '../../../shared/errors.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { networkOf } from '../../doors/network.ts';
import { createCopies } from '../../fleet/copies.ts';
import type { App, Context } from '../context.ts';
import { closed, word } from '../shapes.ts';
import { AgentCredential, Attempt, credentialAnswer, Machine } from './enrollments.ts';

const Copy = Type.Object(
  {
    endpoint: word(32, 'that it was enrolled as'),
    secret: Type.String({ ...word(200, 'that of its log-in'), secret: true }),
    ...Machine,
    fingerprint: Fingerprint,
    attempt: Attempt,
  },
  {
    ...closed,
    examples: [
      {
        ...{ endpoint: 'e0123456789abcdef', secret: 'its-secret', hostname: 'db-2', platform: 'linux', arch: 'x64' },
        ...{ kind: 'server', kind_why: [{ code: 'kind_headless' }], version: '0.1.0' },
        ...{ fingerprint: { uuid: '0123456789abcdef' }, attempt: '0123456789abcdef0123456789abcdef' },
      },
    ],
  },
);

/** Wrong credentials of one network: 20 at once, then one in 30 s. */
const wrongOnes = { burst: 20, perSecond: 1 / 30, atMost: 50_000 };
/** Copies of one endpoint: an image may be on a whole room at once; whoever has stolen a credential does not fill the fleet by it. */
const copiesOfOne = { burst: 200, perSecond: 1 / 60, atMost: 50_000 };

export function copyRoutes(app: App, context: Context): void {
  const { state, fleet, clock, zone, groups, brokerUsers, changeFeed, addresses } = context;
  const { monotonic } = clock;
  const wrong = createAllowances({ ...wrongOnes, monotonic });
  const made = createAllowances({ ...copiesOfOne, monotonic });
  const copies = createCopies({ state, fleet, clock, zone });

  app.post(
    '/api/v1/agent/copied',
    {
      config: { rateLimit: { max: 1000, timeWindow: '10 seconds' } },
      schema: {
        summary:
          'For agents: the hardware is not that of the enrolment; a copy gets an endpoint of its own, a repaired machine goes on',
        tags: ['enrolment'],
        body: Copy,
        response: { 200: GoesOn, 201: Type.Object({ ...AgentCredential.properties, ...OfCopy }), 202: AskLater },
      },
    },
    async (request, reply) => {
      const { endpoint: id, secret, attempt, kind_why: kindWhy, ...about } = request.body;
      const network = networkOf(request.ip);
      if (wrong.waitFor(network) > 0) throw fail('TOO_MANY_REQUESTS', { limit: wrongOnes.burst, window: '10 minutes' });
      const original = fleet.movedTo(id) ?? fleet.get(id);
      if (!original || !fleet.authenticate(id, secret)) {
        wrong.take(network, 1);
        throw fail('CREDENTIAL_REFUSED', { endpoint: id });
      }
      if (made.waitFor(original.id) > 0)
        throw fail('TOO_MANY_REQUESTS', { limit: copiesOfOne.burst, window: 'an hour' });
      const from = { address: request.ip, attempt, trust: addresses().trust?.version ?? null };
      const answer = await copies.decide(original, { ...about, kindWhy, ...from });
      if ('undecided' in answer) return reply.status(202).send({ undecided: true as const });
      if ('waiting' in answer) {
        const { isNew, ...waiting } = answer.waiting;
        if (isNew) changeFeed.publish({ kind: 'applicant' });
        return reply.status(202).send({ waiting: true as const, ...waiting });
      }
      changeFeed.publish({ kind: 'endpoint', endpoint: original.id });
      if ('goesOn' in answer) return reply.send({ goesOn: true as const });
      const { made: enrolled, copyOf, original: life } = answer;
      made.take(original.id, 1);
      await fleet.reload(enrolled.endpoint);
      await brokerUsers.learned(enrolled.endpoint, enrolled.secret);
      await groups.reload([enrolled.endpoint]);
      changeFeed.publish({ kind: 'applicant' });
      changeFeed.publish({ kind: 'endpoint', endpoint: enrolled.endpoint });
      return reply.status(201).send({ ...credentialAnswer(enrolled, [], context), copyOf, original: life });
    },
  );
}
