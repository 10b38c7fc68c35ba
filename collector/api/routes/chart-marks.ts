/** Limits of rules and alerts, for the charts of an endpoint: the pages know no rule. */
import { Type } from 'typebox';
import { type ChartLimit, ChartMarks } from '../../../shared/chart-api.ts';
import { fail } from '../../../shared/errors.ts';
import type { Rule } from '../../evaluate/rule.ts';
import type { Endpoint } from '../../fleet/fleet.ts';
import type { App, Context } from '../context.ts';
import { placeOf } from '../rule-scope.ts';
import { closed, Id, Instant, instantOf } from '../shapes.ts';

const alertsAtMost = 500;
const Query = Type.Object({ from: Instant, to: Instant }, closed);

/** Where the value of a series itself is compared: its growth has another scale. */
function limitOf({ when, enabled }: Rule): Pick<ChartLimit, 'metric' | 'tags' | 'value'> | null {
  if (!enabled || when.kind !== 'threshold') return null;
  const [first] = when.all;
  if (first === undefined || first.growth === true || first.op === '=') return null;
  const { measurement = when.measurement, tags = when.tags ?? {} } = first;
  return { metric: `${measurement}.${first.field}`, tags, value: first.value };
}

const limitsOf = (context: Context, endpoint: Endpoint): ChartLimit[] =>
  context.rules
    .books()
    .for(placeOf(context, endpoint))
    .rules.flatMap((rule) => {
      const limit = limitOf(rule);
      return limit === null ? [] : [{ rule: context.ruleNamed(rule.id), severity: rule.severity, ...limit }];
    });

export function chartMarkRoutes(app: App, context: Context): void {
  const { state, fleet, targets, ruleNamed } = context;
  app.get(
    '/api/v1/endpoints/:id/marks',
    {
      schema: {
        summary: 'What belongs into the charts of an endpoint beside its values: limits of its rules, and its alerts',
        tags: ['fleet'],
        params: Id,
        querystring: Query,
        response: { 200: ChartMarks },
      },
    },
    async ({ params: { id }, query }): Promise<ChartMarks> => {
      const subject = fleet.get(id) ?? targets.subject(id);
      if (!subject) throw fail('NOT_FOUND', { what: 'endpoint', id });
      const [from, to] = [instantOf(query.from, 'from'), instantOf(query.to, 'to')];
      if (to <= from) throw fail('BAD_REQUEST', { problem: 'to must be after from' });
      const rows = await state
        .selectFrom('alerts')
        .select(['id', 'rule', 'severity', 'metric', 'tags', 'fired_at', 'resolved_at'])
        .where('endpoint', '=', id)
        .where('fired_at', '<', to)
        .where((is) => is.or([is('resolved_at', 'is', null), is('resolved_at', '>', from)]))
        .orderBy('fired_at', 'desc')
        .limit(alertsAtMost)
        .execute();
      const alerts = rows.map(({ rule, tags, fired_at: fired, resolved_at, ...row }) => ({
        ...row,
        ...{ rule: ruleNamed(rule), tags: JSON.parse(tags) as Record<string, string> },
        ...{ from: fired as number, to: resolved_at },
      }));
      return { limits: limitsOf(context, subject), alerts };
    },
  );
}
