/** How much noise rules make: so that people prune. Each number has its list: `GET /api/v1/alerts` with `fired` and `outcome`. */
import { sql } from 'kysely';
import { type Static, Type } from 'typebox';
import type { AlertNoise } from '../../shared/alert-groups.ts';
import type { alertOutcomes } from '../../shared/choices.ts';
import { outsideLevels } from '../alerts/own-rules.ts';
import type { State } from '../state/open.ts';
import type { Context } from './context.ts';
import { closed } from './shapes.ts';

export const NoiseQuery = Type.Object(
  { days: Type.Optional(Type.Integer({ minimum: 1, maximum: 400, default: 30 })) },
  closed,
);
export type NoiseQuery = Static<typeof NoiseQuery>;

const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const rulesAtMost = 100;

const isWorkedOn = sql<boolean>`exists
  (select 1 from tickets t where t.id = alerts.ticket and t.touched_at is not null)`;

/** What became of an alert that fired, in SQL over `alerts`. */
export const outcomeIs: Readonly<Record<(typeof alertOutcomes)[number], ReturnType<typeof sql<boolean>>>> = {
  // While it fires, what counts is whether somebody has it now, as in the list of alerts: an acknowledgement ends.
  acknowledged: sql<boolean>`(case when alerts.state = 'resolved' then alerts.first_acknowledged_at
    else alerts.acknowledged_at end is not null)`,
  ticket: sql<boolean>`(alerts.state = 'resolved' and alerts.first_acknowledged_at is null and ${isWorkedOn})`,
  // Neither taken nor worked on: it went as it came.
  alone: sql<boolean>`(alerts.state = 'resolved' and alerts.first_acknowledged_at is null and not ${isWorkedOn})`,
  open: sql<boolean>`(alerts.state <> 'resolved' and alerts.acknowledged_at is null)`,
};

const isOutside = sql<boolean>`alerts.rule in (${sql.join(outsideLevels.map(({ id }) => sql.lit(id)))})`;

/** Of other monitoring, by this name: it is the first of the tags. */
export function isCalled(alertname: string): ReturnType<typeof sql<boolean>> {
  const start = JSON.stringify({ alertname }).slice(0, -1);
  return sql<boolean>`(${isOutside} and substr(alerts.tags, 1, ${sql.lit([...start].length)}) = ${start})`;
}

type OutcomeCounts = Record<'fired' | (typeof alertOutcomes)[number], number>;
const nothing: OutcomeCounts = { fired: 0, acknowledged: 0, ticket: 0, alone: 0, open: 0 };
const plus = (a: OutcomeCounts, b: OutcomeCounts): OutcomeCounts => ({
  fired: a.fired + b.fired,
  acknowledged: a.acknowledged + b.acknowledged,
  ticket: a.ticket + b.ticket,
  alone: a.alone + b.alone,
  open: a.open + b.open,
});

export async function alertNoise(
  state: State,
  ruleNamed: Context['ruleNamed'],
  now: number,
  { days = 30 }: NoiseQuery,
): Promise<AlertNoise> {
  const from = now - days * dayMs;
  const sum = (outcome: keyof typeof outcomeIs) =>
    sql<number>`sum(case when ${outcomeIs[outcome]} then 1 else 0 end)`.as(outcome);
  const rows = await state
    .selectFrom('alerts')
    .select('rule')
    // All alerts of other monitoring are of one rule: its sender's names tell them apart.
    .select(sql<string>`case when ${isOutside} then alerts.tags else '{}' end`.as('told'))
    .select(({ fn }) => fn.countAll<number>().as('fired'))
    .select([sum('acknowledged'), sum('ticket'), sum('alone'), sum('open')])
    .where('fired_at', '>=', from)
    .groupBy(['rule', 'told'])
    .execute();
  const families = new Map<string, OutcomeCounts>();
  let total = nothing;
  for (const { rule, told, ...found } of rows) {
    // PostgreSQL counts in texts.
    const counts = Object.fromEntries(
      Object.entries(found).map(([name, value]) => [name, Number(value)]),
    ) as OutcomeCounts;
    const { alertname = null } = JSON.parse(told) as { alertname?: string };
    const family = JSON.stringify([ruleNamed(rule).level_of ?? rule, alertname]);
    families.set(family, plus(families.get(family) ?? nothing, counts));
    total = plus(total, counts);
  }
  const endpointWeeks = await weeksIn(state, from, now);
  return {
    ...{ from, to: now, ...total, endpointWeeks },
    // Of less than one week a rate would be extrapolated: six alerts of a first hour are no thousand a week.
    perEndpointWeek: endpointWeeks < 1 ? null : total.fired / endpointWeeks,
    rules: [...families]
      .sort(([, a], [, b]) => b.fired - a.fired)
      .slice(0, rulesAtMost)
      .map(([family, counts]) => {
        const [id, alertname] = JSON.parse(family) as [string, string | null];
        return { rule: ruleNamed(id), ...(alertname !== null && { alertname }), ...counts };
      }),
  };
}

/** Each endpoint from its enrolment to its retirement. */
async function weeksIn(state: State, from: number, to: number): Promise<number> {
  const rows = await state.selectFrom('endpoints').select(['enrolled_at', 'retired_at']).execute();
  const ms = rows.reduce(
    (sum, { enrolled_at, retired_at }) =>
      sum + Math.max(0, Math.min(to, retired_at ?? to) - Math.max(from, enrolled_at)),
    0,
  );
  return ms / weekMs;
}
