/** Second factors: one's own, those of others, and who must have one. */
import { type Static, Type } from 'typebox';
import { fail } from '../../../shared/errors.ts';
import { FactorRule, FactorSeed, OwnFactor, RecoveryCodes } from '../../../shared/second-factor.ts';
import type { App, Context } from '../context.ts';
import { personOf, refuseToken } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';

const Code = word(20, 'six digits of the app, or a recovery code');

export function secondFactorRoutes(app: App, { accounts, state }: Context): void {
  const { secondFactors, users } = accounts;
  const own = '/api/v1/me/second-factor';
  const tags = ['session'];

  /** Whoever has lost it that way is to know. */
  async function removedOf(userId: string, name: string): Promise<Static<typeof OwnFactor>['removed']> {
    const row = await state
      .selectFrom('audit_log')
      .select(['at', 'actor'])
      .where('object', '=', 'user')
      .where('object_id', '=', userId)
      .where('action', '=', 'second_factor_remove')
      .where('actor', '!=', name)
      .orderBy('id', 'desc')
      .executeTakeFirst();
    return row ? { at: row.at, by: row.actor } : null;
  }

  app.get(
    own,
    { schema: { summary: 'The own second factor', tags, response: { 200: OwnFactor } } },
    async (request) => {
      const { id, name, role } = personOf(request);
      const is = await secondFactors.of(id);
      return {
        ...{ since: is?.since ?? null, recoveryLeft: is?.recoveryLeft ?? 0 },
        ...{ isRequired: secondFactors.required().includes(role), removed: await removedOf(id, name) },
      };
    },
  );

  app.post(
    own,
    {
      schema: {
        summary: 'Begin to set up a second factor: what the app is told; it is on after its first code',
        ...{ tags, response: { 200: FactorSeed } },
      },
    },
    (request) => secondFactors.begin(personOf(request)),
  );

  app.post(
    `${own}/confirm`,
    {
      schema: {
        summary: 'Turn it on with the first code; answers with the recovery codes, which are shown once',
        tags,
        body: Type.Object({ code: Code }, { ...closed, examples: [{ code: '123456' }] }),
        response: { 200: RecoveryCodes },
      },
    },
    async (request) => {
      const codes = await secondFactors.turnOn(personOf(request).id, request.body.code);
      // Log-ins elsewhere were begun without it.
      await accounts.sessions.endOthers(personOf(request).id, request.caller?.session?.secret ?? '');
      return { codes };
    },
  );

  app.delete(
    own,
    { schema: { summary: 'Turn the own second factor off', tags, response: { 204: Nothing } } },
    async (request, reply) => {
      const { id, role } = personOf(request);
      if (secondFactors.required().includes(role))
        throw fail('CONFLICT', { problem: `the role ${role} must have a second factor; another admin can reset it` });
      await secondFactors.remove(id);
      return reply.status(204).send(null);
    },
  );

  app.delete(
    '/api/v1/users/:id/second-factor',
    {
      schema: {
        summary: 'Take away the second factor of a user who has lost it; ends all their sessions',
        ...{ tags: ['access'], params: Id, response: { 204: Nothing } },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const user = (await users.list()).find((one) => one.id === id);
      if (!user) throw fail('NOT_FOUND', { what: 'user', id });
      refuseToken(request, 'to take away a second factor');
      if (user.name === request.caller?.name)
        throw fail('CONFLICT', { problem: 'this is your own; another admin can reset it, or you turn it off' });
      if (!(await secondFactors.remove(id))) throw fail('CONFLICT', { problem: `${user.name} has no second factor` });
      await accounts.sessions.endOthers(id, '');
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/second-factor',
    { schema: { summary: 'Roles that must have a second factor', tags: ['access'], response: { 200: FactorRule } } },
    () => ({ roles: [...secondFactors.required()] }),
  );

  app.put(
    '/api/v1/second-factor',
    {
      schema: {
        summary: 'Say which roles must have one; who has none sets it up at the next log-in',
        ...{ tags: ['access'], body: FactorRule, response: { 200: FactorRule } },
      },
    },
    async (request) => {
      refuseToken(request, 'to change who must have a second factor');
      const before = { roles: secondFactors.required() };
      await secondFactors.require(request.body.roles);
      request.noted = { before, after: request.body };
      return request.body;
    },
  );
}
