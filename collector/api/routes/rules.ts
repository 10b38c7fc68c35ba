/** Rules: which hold where and why, and how people change them. */
import { Type } from 'typebox';
import { page, RuleEntry, RuleVersion } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import type { RuleParts } from '../../evaluate/rules.ts';
import { Scope } from '../../evaluate/scope.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing } from '../shapes.ts';

const reason = Type.String({ minLength: 1, maxLength: 500, description: 'why; kept with the change' });
const Change = Type.Object(
  {
    scope: Type.Optional(Scope),
    /** Checked against the shape of a rule, part by part, where the rest of the rule is known. */
    parts: Type.Record(Type.String({ maxLength: 64 }), Type.Unknown()),
    reason,
  },
  { ...closed, examples: [{ parts: { for_s: 600 }, reason: 'Short peaks are normal here.' }] },
);
const Reset = Type.Object(
  { scope: Type.Optional(Scope), reason },
  { ...closed, examples: [{ reason: 'The default is right after all.' }] },
);
const RuleId = Type.Object({ id: Type.String({ pattern: '^[a-z][a-z0-9-]{1,63}$' }) }, closed);

export function ruleRoutes(app: App, { rules, fleet, groups }: Context): void {
  app.get(
    '/api/v1/rules',
    {
      schema: {
        summary: 'Every rule, and each scope in which it differs, with its owner',
        tags: ['rules'],
        response: { 200: page(RuleEntry) },
      },
    },
    () => ({ items: rules.list(), next: null }),
  );

  app.get(
    '/api/v1/rules/:id/history',
    {
      schema: {
        summary: 'How a rule was changed, newest first: by whom and why',
        tags: ['rules'],
        params: RuleId,
        response: { 200: page(RuleVersion) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const items = await rules.history(id);
      if (items.length === 0 && !rules.list().some(({ rule }) => rule.id === id))
        throw fail('NOT_FOUND', { what: 'rule', id });
      return { items, next: null };
    },
  );

  app.put(
    '/api/v1/rules/:id',
    {
      schema: {
        summary: 'Say how a rule is to be, everywhere or within a scope; in force at once',
        tags: ['rules'],
        params: RuleId,
        body: Change,
        response: { 200: page(RuleEntry) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope = { of: 'all', target: '' }, parts, reason: why } = request.body;
      checkTarget(scope);
      await rules.set(id, scope, parts as RuleParts, callerNamed(request), why);
      return { items: rules.list().filter(({ rule }) => rule.id === id), next: null };
    },
  );

  app.delete(
    '/api/v1/rules/:id',
    {
      schema: {
        summary: 'Take back what was said about a rule, everywhere or within a scope',
        tags: ['rules'],
        params: RuleId,
        body: Reset,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { scope = { of: 'all' as const, target: '' }, reason: why } = request.body;
      await rules.reset(request.params.id, scope, callerNamed(request), why);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/endpoints/:id/rules',
    {
      schema: {
        summary: 'Which rules hold for an endpoint, and why',
        tags: ['rules'],
        params: Id,
        response: { 200: page(Type.Object({ entry: RuleEntry, gaveWay: Type.Array(Scope) })) },
      },
    },
    (request) => {
      const endpoint = fleet.get(request.params.id);
      if (!endpoint || endpoint.retiredAt !== null)
        throw fail('NOT_FOUND', { what: 'endpoint', id: request.params.id });
      const place = { ...endpoint, groups: groups.namedGroupsOf(endpoint.id).flatMap(({ id, name }) => [id, name]) };
      const entries = rules.list();
      const items = rules
        .books()
        .explain(place)
        .filter(({ rule }) => rule.applies === 'all' || rule.applies === endpoint.kind)
        .flatMap(({ rule, gaveWay }) => {
          const entry = entries.find((one) => one.rule === rule);
          return entry ? [{ entry, gaveWay }] : [];
        });
      return { items, next: null };
    },
  );

  /** A scope that reaches nothing is nearly always a typing error. */
  function checkTarget({ of, target }: Scope): void {
    if (of === 'endpoint' && !fleet.get(target)) throw fail('NOT_FOUND', { what: 'endpoint', id: target });
    if (of === 'kind' && target !== 'server' && target !== 'workstation')
      throw fail('BAD_REQUEST', { problem: `"${target}" is no kind of endpoint; there are server and workstation` });
    if ((of === 'all') !== (target === ''))
      throw fail('BAD_REQUEST', { problem: 'a scope other than all needs a target' });
  }
}
