/** Bearer tokens for scripts. */
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { page, Role, Token } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { mostDays, usualDays } from '../../accounts/tokens.ts';
import { purposes } from '../access.ts';
import type { App, Context } from '../context.ts';
import { callerNamed, refuseToken } from '../guard.ts';
import { closed, Id, Nothing, word } from '../shapes.ts';
import { SitesOf } from './accounts.ts';

const dayMs = 86_400_000;

/** One that a token makes ends with that token, at the latest. */
function endOf(request: FastifyRequest, now: number, days: number | null | undefined): number | null {
  const own = request.caller?.endsAt ?? null;
  if (days === undefined) return Math.min(now + usualDays * dayMs, own ?? Infinity);
  const end = days === null ? null : now + days * dayMs;
  if (end === null || end > Math.min(now + usualDays * dayMs, own ?? Infinity))
    refuseToken(request, `to make a token that lasts longer than ${usualDays} days, or than the one that asks`);
  return end;
}

export function tokenRoutes(app: App, { accounts: { tokens }, clock }: Context): void {
  app.get(
    '/api/v1/tokens',
    { schema: { summary: 'Tokens, newest first', tags: ['access'], response: { 200: page(Token) } } },
    async () => ({ items: await tokens.list(), next: null }),
  );

  app.post(
    '/api/v1/tokens',
    {
      schema: {
        summary: 'Create a token; the only time that its secret is shown',
        tags: ['access'],
        body: Type.Object(
          {
            name: word(64),
            role: Role,
            days: Type.Optional(
              Type.Union([Type.Integer({ minimum: 1, maximum: mostDays }), Type.Null()], {
                description: `when it ends by itself; default ${usualDays}; null: not`,
              }),
            ),
            onlyFor: Type.Optional(
              Type.Union([Type.Literal('metrics'), Type.Literal('alerts'), Type.Null()], {
                description:
                  'metrics: it opens /metrics and /metrics/hosts and nothing else; alerts: other monitoring may send alerts by it, and nothing else',
              }),
            ),
            sites: SitesOf,
          },
          { ...closed, examples: [{ name: 'prometheus', role: 'viewer', days: 365, onlyFor: 'metrics' }] },
        ),
        response: { 201: Type.Object({ token: Token, secret: Type.String() }) },
      },
    },
    async (request, reply) => {
      const { name, role, days, onlyFor = null, sites = null } = request.body;
      if (onlyFor !== null && role !== purposes[onlyFor].role)
        throw fail('BAD_REQUEST', {
          problem: `role "${role}" beside onlyFor "${onlyFor}", which takes the role "${purposes[onlyFor].role}"`,
        });
      if (role === 'admin') refuseToken(request, 'to make a token of an admin');
      const expiresAt = endOf(request, clock.now(), days);
      const asked = { name, role, expiresAt, onlyFor, sites, by: callerNamed(request) };
      return reply.status(201).send(await tokens.create(asked));
    },
  );

  app.delete(
    '/api/v1/tokens/:id',
    { schema: { summary: 'Revoke a token', tags: ['access'], params: Id, response: { 204: Nothing } } },
    async (request, reply) => {
      await tokens.revoke(request.params.id);
      return reply.status(204).send(null);
    },
  );
}
