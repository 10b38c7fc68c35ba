/** Users. Small on purpose: create, new password, disable and enable. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { page, Role } from '../../../shared/api.ts';
import { Duties } from '../../../shared/duties.ts';
import { fail } from '../../../shared/errors.ts';
import { calledIn } from '../../directory/directory.ts';
import type { App, Context } from '../context.ts';
import { refuseToken } from '../guard.ts';
import { closed, Id, Nothing, UserName, word } from '../shapes.ts';
import { Password } from './own-account.ts';

const User = Type.Object({
  id: Type.String(),
  name: Type.String(),
  role: Role,
  createdAt: Type.Integer(),
  disabledAt: Type.Union([Type.Integer(), Type.Null()]),
  hasFactor: Type.Optional(Type.Boolean({ description: 'a second factor is on' })),
  sites: Type.Union([Type.Array(Type.String()), Type.Null()]),
});

/** Of people and of tokens. */
export const SitesOf = Type.Optional(
  Type.Union([Type.Array(word(64), { maxItems: 500 }), Type.Null()], {
    description: 'ids of sites: of nothing else anything is shown; null: no limit',
  }),
);

const ofAdmins = 'to make or change an admin';

export function accountRoutes(app: App, { accounts: { users, secondFactors }, onCall, state }: Context): void {
  async function refuseTokenForAdmin(request: FastifyRequest, id: string): Promise<void> {
    const user = (await users.list()).find((one) => one.id === id);
    if (user?.role === 'admin') refuseToken(request, ofAdmins);
  }

  app.get(
    '/api/v1/users',
    { schema: { summary: 'Users', tags: ['access'], response: { 200: page(User) } } },
    async () => {
      const on = await secondFactors.on();
      return { items: (await users.list()).map((user) => ({ ...user, hasFactor: on.has(user.id) })), next: null };
    },
  );

  app.get(
    '/api/v1/users/names',
    {
      schema: {
        summary: 'Names of users who can log in and act: to whom tickets can be assigned',
        tags: ['access'],
        response: {
          200: Type.Object({
            items: Type.Array(Type.String()),
            next: Type.Null(),
            called: Type.Record(Type.String(), Type.String(), {
              description: 'of some of them, by name: how the directory of people calls whoever has this log-in',
            }),
          }),
        },
      },
    },
    async () => {
      const active = (await users.list()).filter(({ disabledAt, role }) => disabledAt === null && role !== 'viewer');
      const items = active.map(({ name }) => name);
      return { items, next: null, called: await calledIn(state, items) };
    },
  );

  app.post(
    '/api/v1/users',
    {
      schema: {
        summary: 'Add a user',
        tags: ['access'],
        body: Type.Object(
          {
            name: UserName,
            password: Password,
            role: Role,
            sites: SitesOf,
          },
          { ...closed, examples: [{ name: 'grace', password: 'another sentence', role: 'operator' }] },
        ),
        response: { 201: User },
      },
    },
    async (request, reply) => {
      if (request.body.role === 'admin') refuseToken(request, ofAdmins);
      return reply.status(201).send(await users.create(request.body));
    },
  );

  app.post(
    '/api/v1/users/:id/password',
    {
      schema: {
        summary: 'Set a new password; ends all sessions of that user',
        tags: ['access'],
        params: Id,
        body: Type.Object({ password: Password }, { ...closed, examples: [{ password: 'a fresh sentence' }] }),
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      await refuseTokenForAdmin(request, request.params.id);
      await users.setPassword(request.params.id, request.body.password);
      return reply.status(204).send(null);
    },
  );

  app.patch(
    '/api/v1/users/:id',
    {
      schema: {
        summary: 'Change the role of a user, or the sites that they are limited to; both hold at once',
        tags: ['access'],
        params: Id,
        body: Type.Object(
          { role: Type.Optional(Role), sites: SitesOf },
          { ...closed, minProperties: 1, examples: [{ role: 'manager', sites: null }] },
        ),
        response: { 200: User },
      },
    },
    async (request) => {
      if (request.body.role === 'admin') refuseToken(request, ofAdmins);
      await refuseTokenForAdmin(request, request.params.id);
      return users.setRights(request.params.id, request.body);
    },
  );

  app.post(
    '/api/v1/users/:id/disable',
    { schema: { summary: 'Disable a user', tags: ['access'], params: Id, response: { 200: User } } },
    async (request) => {
      await refuseTokenForAdmin(request, request.params.id);
      return users.disable(request.params.id);
    },
  );
  app.post(
    '/api/v1/users/:id/enable',
    {
      schema: {
        ...{ summary: 'Let a disabled user log in again, with the password and role of before', tags: ['access'] },
        ...{ params: Id, response: { 200: User } },
      },
    },
    async (request) => {
      await refuseTokenForAdmin(request, request.params.id);
      return users.enable(request.params.id);
    },
  );
  app.get(
    '/api/v1/users/:id/duties',
    {
      schema: {
        ...{ summary: 'Where a user is on call now, and what names them: for whoever is about to disable them' },
        ...{ tags: ['access'], params: Id, response: { 200: Duties } },
      },
    },
    async (request) => {
      const user = (await users.list()).find(({ id }) => id === request.params.id);
      if (!user) throw fail('NOT_FOUND', { what: 'user', id: request.params.id });
      return onCall.duties(user.name);
    },
  );
}
