/** Changes of several rules at once, and what such a change would do. */
import { type Static, Type } from 'typebox';
import { page, RuleEntry, RulePreview } from '../../../shared/api.ts';
import { fail } from '../../../shared/errors.ts';
import { tried } from '../../alerts/tried.ts';
import { usualThen } from '../../baseline/replayed.ts';
import { familyOf } from '../../evaluate/book.ts';
import { breachedFamilies } from '../../evaluate/preview.ts';
import type { RuleChange } from '../../evaluate/rules.ts';
import { reaches, type Scope } from '../../evaluate/scope.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import type { App, Context } from '../context.ts';
import { callerNamed } from '../guard.ts';
import { everywhere, placeOf, scopeNamed, scopeToReset } from '../rule-scope.ts';
import { closed } from '../shapes.ts';
import { Parts, RuleName, reason, scope } from './rules.ts';

const changes = Type.Array(
  Type.Object(
    { rule: RuleName, parts: Type.Union([Parts, Type.Null({ description: 'removes the override' })]) },
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

export function ruleChangeRoutes(app: App, context: Context): void {
  const { rules, fleet, series, groups, alerts, newest, clock, viewOf } = context;

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
      const reachedOnes: Endpoint[] = [];
      let reached = 0;
      let now = 0;
      let after: number | null = 0;
      for (const endpoint of fleet.all()) {
        const place = placeOf(context, endpoint);
        if (!reaches(where, place)) continue;
        reached++;
        reachedOnes.push(endpoint);
        if (alerts.held(endpoint.id).some((held) => families.has(held.family))) now++;
        const read = () => newest(endpoint, changed);
        const breached = breachedFamilies(books.for(place), families, read, clock.now(), viewOf(endpoint.id));
        after = breached === null || after === null ? null : after + Math.min(1, breached);
      }
      const history = await tried({
        ...{ series, endpoints: reachedOnes, families, books: [rules.books(), books], now: clock.now() },
        rules: [...changed, ...rules.list().flatMap(({ rule }) => (ids.includes(rule.id) ? [rule] : []))],
        viewOf,
        usualThen: (endpoint, metrics, span) => usualThen(context, endpoint, metrics, span),
        groupsOf: (id) => groups.namedGroupsOf(id).flatMap((group) => [group.id, group.name]),
        // Without the series the rest of the preview is still true.
      }).catch(() => null);
      return { entries: entries.filter(({ rule }) => ids.includes(rule.id)), reached, now, after, history };
    },
  );

  const scopeOf = (where: Scope, { changes: all }: Static<typeof Trial>) =>
    all.every(({ parts }) => parts === null) ? scopeToReset(context, where) : scopeNamed(context, where);
}

/** @throws EvenkeelError BAD_REQUEST for one rule given twice */
function wanted({ changes: all }: Static<typeof Trial>): RuleChange[] {
  const twice = all.find(({ rule }, n) => all.findIndex((one) => one.rule === rule) !== n);
  if (twice) throw fail('BAD_REQUEST', { problem: `the rule ${twice.rule} is given twice` });
  return all.map(({ rule: id, parts }) => ({ id, parts }));
}
