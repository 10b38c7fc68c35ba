/** Join codes, and the one call that an agent makes with one. */

import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { EndpointKind, Enrollment, Fingerprint, LooksLike, NewEnrollment, page } from '../../../shared/api.ts';
import { WaitingAnswer } from '../../../shared/applicant.ts';
import { EvenkeelError, fail } from '../../../shared/errors.ts';
import { whoeverItWas } from '../../../shared/identity-kinds.ts';
import { Reasons } from '../../../shared/inventory.ts';
import { JoinProgress } from '../../../shared/joining.ts';
import { rangeFault } from '../../../shared/ranges.ts';
import { reason } from '../../../shared/reason.ts';
import type { Trust } from '../../../shared/trust.ts';
import { refusal } from '../../../shared/words/refusal.ts';
import { createAllowances } from '../../doors/allowance.ts';
import { networkOf } from '../../doors/network.ts';
import { knownBefore } from '../../fleet/continued.ts';
import { type Enrolled, joinCodeOf } from '../../fleet/enrollment.ts';
import { lookalikes } from '../../fleet/identity.ts';
import { linesFor } from '../../install/lines.ts';
import type { App, Context } from '../context.ts';
import { callerNamed, refuseToken } from '../guard.ts';
import { closed, Id, Nothing, PlaceName, word, wordOrNone } from '../shapes.ts';

/** A join code that a token makes works for so long, at most; and one that anybody from anywhere may use. */
const hoursUnbound = 168;

const NewCode = Type.Object(
  {
    label: Type.Optional(wordOrNone(128)),
    site: Type.Optional(Type.Union([PlaceName, Type.Null()])),
    kind: Type.Optional(Type.Union([EndpointKind, Type.Null()], { description: 'null: as the agent guesses' })),
    maxUses: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 1 })),
    tags: Type.Optional(Type.Array(word(64), { maxItems: 50, description: 'of every endpoint of this code' })),
    ranges: Type.Optional(
      Type.Array(word(64), {
        maxItems: 50,
        description: 'addresses and ranges from which it works, such as 10.20.0.0/16; from anywhere without',
      }),
    ),
    replaces: Type.Optional(
      Type.Union([word(64), Type.Null()], {
        description:
          'id of an endpoint that gets another credential: the code works once, the old credential until then. `auto`: a machine whose serial numbers are those of an endpoint that has been silent for two minutes goes on as that one',
      }),
    ),
    groups: Type.Optional(
      Type.Array(word(64), { maxItems: 50, description: 'ids of groups of every endpoint of this code' }),
    ),
    approval: Type.Optional(Type.Boolean({ default: false, description: 'a person lets in each machine' })),
    hours: Type.Optional(
      Type.Number({
        ...{ exclusiveMinimum: 0, maximum: 8760, default: 24 },
        description: 'how long it works; longer than 168 only with ranges or approval',
      }),
    ),
  },
  { ...closed, examples: [{ label: 'laptops of the north office', site: 'north', maxUses: 20, hours: 48 }] },
);

/** Facts that an agent reports about itself. A newer agent may report more than this collector expects. */
export const Machine = {
  hostname: Type.String({ maxLength: 1024, description: 'as the machine calls itself; a name is made of it' }),
  platform: word(32),
  arch: word(32),
  kind: EndpointKind,
  kind_why: Reasons,
  version: word(32),
};

export const Attempt = Type.String({
  pattern: '^[0-9a-f]{32}$',
  want: '32 hex digits',
  secret: true,
  description: 'random; the same again after a lost answer',
});

const Applicant = Type.Object(
  {
    code: Type.String({ ...word(200, 'the secret inside the join code'), secret: true }),
    ...Machine,
    fingerprint: Type.Optional(Fingerprint),
    attempt: Type.Optional(Attempt),
    before: Type.Optional(
      Type.Object(
        {
          endpoint: word(32, 'that it was enrolled as'),
          secret: Type.String({ ...word(200, 'that of its log-in'), secret: true }),
        },
        { description: 'the credential that the machine still has: it goes on as that endpoint, where that is silent' },
      ),
    ),
  },
  {
    examples: [
      {
        code: 'secret-inside-the-join-code',
        hostname: 'db-1',
        platform: 'linux',
        arch: 'x64',
        kind: 'server',
        kind_why: [{ code: 'kind_headless' }],
        version: '0.1.0',
        fingerprint: { machine: '0123456789abcdef', macs: ['fedcba9876543210'] },
      },
    ],
  },
);

export const AgentCredential = Type.Object({
  endpoint: Type.String(),
  bucket: Type.String(),
  name: Type.String(),
  secret: Type.String(),
  generation: Type.Integer({ description: 'how often it was rotated' }),
  /** Endpoints that may be the same machine. */
  looksLike: Type.Array(Type.Pick(LooksLike, ['name', 'likeness'])),
  mqtt: Type.Object({
    url: Type.String(),
    ca: Type.Optional(Type.String()),
    websocket: Type.Boolean({ description: 'it is taken by WebSocket at this same address, too' }),
  }),
  trust: Type.Optional(
    Type.Object(
      {
        ...{ version: Type.Integer(), pins: Type.Array(Type.String()) },
        mode: Type.Optional(Type.Enum(['system', 'both'])),
      },
      {
        description:
          'of an authority of the collector’s own: pins of it and of the next; without a mode only they count',
      },
    ),
  ),
});

/** What an agent keeps: its credential, where it reports, and whom it trusts there. */
export const credentialAnswer = (
  enrolled: Enrolled,
  looksLike: Static<typeof AgentCredential>['looksLike'],
  { addresses, agentDoor }: Pick<Context, 'addresses' | 'agentDoor'>,
): Static<typeof AgentCredential> => {
  const { mqtt: url, trust } = addresses();
  return {
    ...{ ...enrolled, looksLike },
    mqtt: {
      ...{ url, websocket: agentDoor !== null },
      ...(trust === null || trust.mode === 'system' ? {} : { ca: trust.roots.join('') }),
    },
    ...(trust === null ? {} : { trust: keptOf(trust) }),
  };
};

const keptOf = ({ version, pins, mode }: Trust) => ({ version, pins, ...(mode === 'pin' ? {} : { mode }) });

/** Wrong codes of one network: 20 at once, then one in 30 s. Right ones are never kept waiting behind them. */
const wrongCodes = { burst: 20, perSecond: 1 / 30, atMost: 50_000 };

/** @throws EvenkeelError BAD_REQUEST, FORBIDDEN */
function refuseUnbound(request: FastifyRequest, hours: number, isBound: boolean): void {
  if (hours <= hoursUnbound) return;
  if (!isBound)
    throw refusal('BAD_REQUEST', reason('join_unbound', { days: hoursUnbound / 24 }), {}, [{ at: 'hours' }]);
  refuseToken(request, `to make a join code that works longer than ${hoursUnbound / 24} days`);
}

export function enrollmentRoutes(
  app: App,
  { state, enrollments, fleet, groups, brokerUsers, changeFeed, addresses, agentDoor, clock, joins }: Context,
): void {
  const wrong = createAllowances({ ...wrongCodes, monotonic: clock.monotonic });

  /** For the page that waits, and against guessing. @throws EvenkeelError TOO_MANY_REQUESTS, or what was thrown */
  async function refused(thrown: unknown, secret: string, address: string): Promise<never> {
    if (!(thrown instanceof EvenkeelError)) throw thrown;
    const id = await enrollments.idOf(secret);
    joins.refused(id, address, thrown);
    if (id !== null) throw thrown;
    if (wrong.take(networkOf(address), 1) === 0) throw thrown;
    throw fail('TOO_MANY_REQUESTS', { limit: wrongCodes.burst, window: '10 minutes' });
  }

  app.get(
    '/api/v1/enrollments',
    { schema: { summary: 'Join codes, newest first', tags: ['enrolment'], response: { 200: page(Enrollment) } } },
    async () => ({ items: await enrollments.list(), next: null }),
  );

  app.post(
    '/api/v1/enrollments',
    {
      schema: {
        summary: 'Create a join code; the only time that it is shown',
        tags: ['enrolment'],
        body: NewCode,
        response: { 201: NewEnrollment },
      },
    },
    async (request, reply) => {
      const { label, site, kind, maxUses, hours, tags = [], ranges = [], replaces = null } = request.body;
      const { groups: inGroups = [], approval = false } = request.body;
      const wrongRange = ranges.findIndex((range) => rangeFault(range) !== null);
      if (wrongRange >= 0)
        throw refusal('BAD_REQUEST', reason('range_bad', { text: ranges[wrongRange] ?? '' }), {}, [
          { at: `ranges.${wrongRange}` },
        ]);
      refuseUnbound(request, hours ?? 0, ranges.length > 0 || approval);
      for (const id of inGroups) if (groups.nameOf(id) === undefined) throw fail('NOT_FOUND', { what: 'group', id });
      if (replaces !== null && replaces !== whoeverItWas && !fleet.get(replaces))
        throw fail('NOT_FOUND', { what: 'endpoint', id: replaces });
      const { enrollment, secret } = await enrollments.create({
        label: label ?? '',
        site: site ?? null,
        kind: kind ?? null,
        maxUses: maxUses ?? 1,
        lifeMs: Math.round((hours ?? 24) * 3_600_000),
        ...{ tags, ranges, replaces, groups: inGroups, approval },
        by: callerNamed(request),
      });
      const code = joinCodeOf(secret, addresses());
      return reply.status(201).send({ enrollment, code, lines: linesFor(code, replaces, addresses()) });
    },
  );

  app.get(
    '/api/v1/enrollments/:id/progress',
    {
      schema: {
        summary: 'What has come of a join code: machines, and refusals of the last time',
        ...{ tags: ['enrolment'], params: Id, response: { 200: JoinProgress } },
      },
    },
    async ({ params }) => {
      const { createdAt, machines } = await enrollments.machinesOf(params.id);
      const reports = (id: string) => (fleet.get(id)?.lastSeenAt ?? null) !== null;
      return {
        machines: machines.map((one) => ({ ...one, reports: reports(one.id) })),
        ...joins.since(createdAt, params.id),
      };
    },
  );

  app.get(
    '/api/v1/ca',
    {
      schema: {
        summary:
          'Certificates of the authority behind that of this collector, PEM; an agent keeps those whose pin its join code has',
        tags: ['enrolment'],
        response: { 200: Type.String() },
      },
    },
    async (_request, reply) => {
      const { authorities } = addresses();
      if (authorities.length === 0) throw fail('NOT_FOUND', { what: 'own authority', id: 'of this collector' });
      return reply
        .type('application/x-pem-file')
        .header('content-disposition', 'attachment; filename="evenkeel-ca.crt"')
        .serializer(String)
        .send(authorities.join(''));
    },
  );

  app.delete(
    '/api/v1/enrollments/:id',
    { schema: { summary: 'Revoke a join code', tags: ['enrolment'], params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await enrollments.revoke(request.params.id, callerNamed(request));
      changeFeed.publish({ kind: 'applicant' });
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/enroll',
    {
      // A whole office behind one address may enrol at once; 256 random bits cannot be guessed.
      config: { rateLimit: { max: 1000, timeWindow: '10 seconds' } },
      schema: {
        summary: 'For agents: exchange a join code for a credential',
        tags: ['enrolment'],
        body: Applicant,
        response: { 201: AgentCredential, 202: WaitingAnswer },
      },
    },
    async (request, reply) => {
      const { code, hostname, platform, arch, kind, kind_why, version, fingerprint = null } = request.body;
      const trust = addresses().trust?.version ?? null;
      const from = { address: request.ip, attempt: request.body.attempt ?? null, trust };
      const applicant = { hostname, platform, arch, kind, kindWhy: kind_why, version, fingerprint, ...from };
      const redeemed = await enrollments
        .redeem(code, applicant, knownBefore(fleet, clock.now(), request.body.before))
        .catch((thrown: unknown) => refused(thrown, code, request.ip));
      if (redeemed.waiting) {
        const { isNew, ...waiting } = redeemed.waiting;
        if (isNew) changeFeed.publish({ kind: 'applicant' });
        return reply.status(202).send({ waiting: true as const, ...waiting });
      }
      const { madeSite, waiting: _, ...enrolled } = redeemed;
      if (madeSite !== null) {
        request.madeSites.push(madeSite);
        changeFeed.publish({ kind: 'site', site: madeSite });
      }
      await fleet.reload(enrolled.endpoint);
      await groups.reload([enrolled.endpoint]);
      // Its agent connects as soon as it has the answer.
      await brokerUsers.learned(enrolled.endpoint, enrolled.secret);
      changeFeed.publish({ kind: 'applicant' });
      changeFeed.publish({ kind: 'endpoint', endpoint: enrolled.endpoint });
      const looksLike = await lookalikes({ state, fleet }, enrolled.endpoint);
      return reply.status(201).send(credentialAnswer(enrolled, looksLike, { addresses, agentDoor }));
    },
  );
}
