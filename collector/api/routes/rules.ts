/** Rules: which hold where and why, and how people override them. */
import { type Static, Type } from 'typebox';
import { page, RuleEntry, RulePreview, RuleVersion } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { nameKey, shownName } from '../../../shared/place-name.ts';
import { familyOf } from '../../evaluate/book.ts';
import { breachedFamilies } from '../../evaluate/preview.ts';
import type { RuleChange } from '../../evaluate/rules.ts';
import { type EndpointPlace, reaches, Scope } from '../../evaluate/scope.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { closed, Id, Nothing } from '../shapes.ts';

const reason = Type.String({ minLength: 1, maxLength: 500, pattern: '\\S', description: 'why; kept with the change' });
const RuleName = Type.String({ pattern: '^[a-z][a-z0-9-]{1,63}$' });
/** Checked against the shape of a rule, part by part, where the rest of the rule is known. */
const Parts = Type.Record(Type.String({ maxLength: 64 }), Type.Unknown(), { maxProperties: 20 });
const scope = Type.Optional(Scope);
const One = Type.Object(
  { scope, parts: Parts, reason },
  { ...closed, examples: [{ parts: { for_s: 600 }, reason: 'Short peaks are normal here.' }] },
);
const Reset = Type.Object({ scope, reason }, { ...closed, examples: [{ reason: 'The default is right after all.' }] });
const changes = Type.Array(
  Type.Object(
    { rule: RuleName, parts: Type.Union([Parts, Type.Null({ description: 'takes back what was said' })]) },
    closed,
  ),
  { minItems: 1, maxItems: 10 },
);
const example = { scope: { of: 'all', target: '' }, changes: [{ rule: 'cpu', parts: { for_s: 600 } }] };
const Several = Type.Object(
  { scope, changes, reason },
  { ...closed, examples: [{ ...example, reason: 'Short peaks are normal here.' }] },
);
const Trial = Type.Object({ scope, changes }, { ...closed, examples: [example] });
const RuleId = Type.Object({ id: RuleName }, closed);
const everywhere: Scope = { of: 'all', target: '' };

export function ruleRoutes(app: App, context: Context): void {
  const { rules, fleet, groups, sites, alerts, newest, clock } = context;

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
      await rules.change(await scopeNamed(where), [{ id, parts }], callerNamed(request), why);
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
      await rules.change(await scopeSaid(where), [{ id, parts: null }], callerNamed(request), why);
      return reply.status(204).send(null);
    },
  );

  app.post(
    '/api/v1/rules/changes',
    {
      schema: {
        summary: 'Change several rules within one scope, all or none, such as the levels of one rule',
        tags: ['rules'],
        body: Several,
        response: { 200: page(RuleEntry) },
      },
    },
    async (request) => {
      const { scope: where = everywhere, reason: why } = request.body;
      await rules.change(await scopeOf(where, request.body), wanted(request.body), callerNamed(request), why);
      const ids = request.body.changes.map(({ rule }) => rule);
      return { items: rules.list().filter(({ rule }) => ids.includes(rule.id)), next: null };
    },
  );

  app.post(
    '/api/v1/rules/preview',
    {
      schema: {
        summary: 'Preview of such a change; changes nothing',
        tags: ['rules'],
        body: Trial,
        response: { 200: RulePreview },
      },
    },
    async (request) => {
      const where = await scopeOf(request.body.scope ?? everywhere, request.body);
      const { books, entries } = rules.preview(where, wanted(request.body));
      const ids = request.body.changes.map(({ rule }) => rule);
      const changed = entries.flatMap(({ rule }) => (ids.includes(rule.id) ? [rule] : []));
      const families = new Set(
        [...rules.list(), ...entries].flatMap(({ rule }) => (ids.includes(rule.id) ? [familyOf(rule)] : [])),
      );
      let reached = 0;
      let now = 0;
      let after: number | null = 0;
      for (const endpoint of fleet.all()) {
        const place = placeOf(endpoint);
        if (!reaches(where, place)) continue;
        reached++;
        if (alerts.held(endpoint.id).some((held) => families.has(held.family))) now++;
        const breached = breachedFamilies(books.for(place), families, () => newest(endpoint, changed), clock.now());
        after = breached === null || after === null ? null : after + Math.min(1, breached);
      }
      return { entries: entries.filter(({ rule }) => ids.includes(rule.id)), reached, now, after };
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
        .explain(placeOf(endpoint))
        .filter(({ rule }) => rule.applies === 'all' || rule.applies === endpoint.kind)
        .flatMap(({ rule: { id }, scope: at, gaveWay }) =>
          [find(id, at)].flat().map((entry) => ({ entry, gaveWay: gaveWay.flatMap((other) => find(id, other)) })),
        );
      return { items, next: null };
    },
  );

  const placeOf = (endpoint: Endpoint): EndpointPlace => ({
    ...endpoint,
    groups: groups.namedGroupsOf(endpoint.id).flatMap(({ id, name }) => [id, name]),
  });

  /** An override that is only taken back may be of a place that is gone. */
  const scopeOf = (where: Scope, { changes: all }: Static<typeof Trial>) =>
    all.every(({ parts }) => parts === null) ? scopeSaid(where) : scopeNamed(where);

  async function scopeSaid(where: Scope): Promise<Scope> {
    try {
      return await scopeNamed(where);
    } catch {
      return where;
    }
  }

  /**
   * A scope that selects nothing is nearly always a typing error. Sites and groups may be given by any spelling of
   * their name. @throws EvenkeelError NOT_FOUND, BAD_REQUEST
   */
  async function scopeNamed({ of, target }: Scope): Promise<Scope> {
    const nowhere = () => fail('NOT_FOUND', { what: of, id: shownName(target) });
    if ((of === 'all') !== (target === ''))
      throw fail('BAD_REQUEST', {
        problem: of === 'all' ? 'the scope all has no target' : `the scope ${of} needs a target`,
      });
    switch (of) {
      case 'all':
        return everywhere;
      case 'kind':
        if (target === 'server' || target === 'workstation') return { of, target };
        throw fail('BAD_REQUEST', {
          problem: `${shownName(target)} is no kind of endpoint; there are server and workstation`,
        });
      case 'endpoint':
        if (fleet.get(target)) return { of, target };
        throw nowhere();
      case 'tag':
        for (const { tags } of fleet.all()) if (tags.includes(target)) return { of, target };
        throw fail('NOT_FOUND', { what: 'endpoint with the tag', id: shownName(target) });
      case 'site': {
        const site = (await sites.list()).find(({ name }) => nameKey(name) === nameKey(target));
        if (!site) throw nowhere();
        return { of, target: site.name };
      }
      case 'group': {
        const id = groups.named(target);
        if (id === undefined) throw nowhere();
        return { of, target: id };
      }
    }
  }
}

/** @throws EvenkeelError BAD_REQUEST for one rule given twice */
function wanted({ changes: all }: Static<typeof Trial>): RuleChange[] {
  const twice = all.find(({ rule }, n) => all.findIndex((one) => one.rule === rule) !== n);
  if (twice) throw fail('BAD_REQUEST', { problem: `the rule ${twice.rule} is given twice` });
  return all.map(({ rule: id, parts }) => ({ id, parts }));
}
