/** Rules: which hold where and why, and how people override them. */
import { Type } from 'typebox';
import { page, RuleEntry, RuleVersion } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { Scope } from '../../evaluate/scope.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { everywhere, placeOf, scopeNamed, scopeToReset } from '../rule-scope.ts';
import { closed, Id, Nothing, prose } from '../shapes.ts';

export const reason = prose(500, 'why; kept with the change');
export const RuleName = Type.String({
  pattern: '^[a-z][a-z0-9-]{1,63}$',
  want: 'the id of a rule: 2 to 64 small letters a to z, digits and hyphens, beginning with a letter',
});
/** Checked against the shape of a rule, part by part, where the rest of the rule is known. */
export const Parts = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 20 });
export const scope = Type.Optional(Scope);
const One = Type.Object(
  { scope, parts: Parts, reason },
  { ...closed, examples: [{ parts: { for_s: 600 }, reason: 'Short peaks are normal here.' }] },
);
const Reset = Type.Object({ scope, reason }, { ...closed, examples: [{ reason: 'The default is right after all.' }] });
const RuleId = Type.Object({ id: RuleName }, closed);

export function ruleRoutes(app: App, context: Context): void {
  const { rules, fleet } = context;

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
        summary: 'History of a rule, newest first: author, reason and changed parts',
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
        summary: 'Set a rule, everywhere or within a scope; in force at once',
        tags: ['rules'],
        params: RuleId,
        body: One,
        response: { 200: page(RuleEntry) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const { scope: where = everywhere, parts, reason: why } = request.body;
      await rules.change(await scopeNamed(context, where), [{ id, parts }], callerNamed(request), why);
      return { items: rules.list().filter(({ rule }) => rule.id === id), next: null };
    },
  );

  app.delete(
    '/api/v1/rules/:id',
    {
      schema: {
        summary: 'Reset a rule, everywhere or within a scope',
        tags: ['rules'],
        params: RuleId,
        body: Reset,
        response: { 204: Nothing },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { scope: where = everywhere, reason: why } = request.body;
      await rules.change(await scopeToReset(context, where), [{ id, parts: null }], callerNamed(request), why);
      return reply.status(204).send(null);
    },
  );

  app.get(
    '/api/v1/endpoints/:id/rules',
    {
      schema: {
        summary: 'Rules in force for an endpoint, and the scopes that set them, most specific first',
        tags: ['rules'],
        params: Id,
        response: { 200: page(Type.Object({ entry: RuleEntry, gaveWay: Type.Array(RuleEntry) })) },
      },
    },
    (request) => {
      const endpoint = fleet.get(request.params.id);
      if (!endpoint) throw fail('NOT_FOUND', { what: 'endpoint', id: request.params.id });
      const entries = rules.list();
      const find = (id: string, { of, target }: Scope) =>
        entries.find(({ rule, scope: at }) => rule.id === id && at.of === of && at.target === target) ?? [];
      const items = rules
        .books()
        .explain(placeOf(context, endpoint))
        .filter(({ rule }) => rule.applies === 'all' || rule.applies === endpoint.kind)
        .flatMap(({ rule: { id }, scope: at, gaveWay }) =>
          [find(id, at)].flat().map((entry) => ({ entry, gaveWay: gaveWay.flatMap((other) => find(id, other)) })),
        );
      return { items, next: null };
    },
  );
}
