/**
 * How fast a value changes: bytes per second of a counter, degrees per hour of a temperature. The change over the whole
 * window, so that one sample between two others does not decide; of a counter that fell, what it has counted since.
 */

import { type Static, Type } from 'typebox';
import { fieldOf } from '../../../shared/metrics.ts';
import { reason } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { ruleDefaults } from '../../../shared/rule-defaults.ts';
import { Op, statusOf } from '../compare.ts';
import type { RateMemory } from '../kept.ts';
import { carries, memoryKey } from '../series-name.ts';
import type { RuleKind, RuleMemory, RuleOf } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('rate'),
    measurement: Type.String(),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    field: Type.String(),
    op: Op,
    /** Change per `per_s` seconds; below 0 for a value that falls. */
    value: Type.Number(),
    clear: Type.Optional(Type.Number()),
    per_s: Type.Optional(Type.Number({ minimum: 1, maximum: 86_400 })),
    /** Over how long the change is taken. */
    over_s: Type.Optional(Type.Number({ minimum: 10, maximum: 86_400 })),
  },
  { additionalProperties: false },
);
type RateRule = RuleOf<Static<typeof When>>;

/** Samples held of one series: the window in so many steps. */
const steps = 20;

export const rate = {
  kind: 'rate',
  schema: When,
  metric: ({ measurement, field }) => `${measurement}.${field}`,
  limit: ({ value }) => value,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: ({ measurement }) => measurement,
  remembers: () => true,
  faults({ op, value, measurement, field }) {
    if (op === '=')
      return [
        {
          path: ['op'],
          problem: '"=" is no comparison for a rate, which is hardly ever exactly that; take > or <',
          why: reason('rule_rate_equal'),
        },
      ];
    const isCounter = fieldOf(`${measurement}.${field}`)?.kind === 'counter';
    if (!isCounter || typeof value !== 'number' || typeof op !== 'string') return [];
    if (op.startsWith('<') ? value > 0 : value >= 0) return [];
    return [
      {
        path: ['value'],
        problem: `${value} ${op[0] === '<' ? 'can never be reached' : 'holds for every value'}: a counter only grows`,
        why: reason(op[0] === '<' ? 'rule_rate_never' : 'rule_rate_always', { value }),
      },
    ];
  },
  judge(rule, metric, _report, memory, now) {
    const { when } = rule;
    if (when.tags && !carries(metric.tags, when.tags)) return undefined;
    const value = metric.fields[when.field];
    if (value === undefined) return 'none';
    const change = rateOf(rule, metric, value, memory, now);
    return change === null ? 'none' : statusOf(change, when.op, when.value, when.clear);
  },
  shown(rule, metric, _report, memory) {
    return { value: memory.rates.get(memoryKey(rule.id, 0, metric))?.rate ?? null, threshold: rule.when.value };
  },
} as const satisfies RuleKind<Static<typeof When>>;

/** @returns the change per `per_s`, or null before most of the window was seen */
function rateOf({ id, when }: RateRule, metric: Metric, value: number, memory: RuleMemory, now: number): number | null {
  const key = memoryKey(id, 0, metric);
  const span = (when.over_s ?? ruleDefaults.over_s) * 1000;
  const kept: RateMemory | undefined = memory.rates.get(key);
  const newest = kept?.times.at(-1);
  // A clock that was put back, or a gap longer than the window: what was before says nothing about now.
  if (!kept || newest === undefined || now < newest || now - newest > span * 2.5) {
    memory.rates.set(key, { times: [now], totals: [0], last: value, rate: null });
    return null;
  }
  const isCounter = fieldOf(`${when.measurement}.${when.field}`)?.kind === 'counter';
  const total = (kept.totals.at(-1) as number) + (isCounter && value < kept.last ? value : value - kept.last);
  kept.last = value;
  // The newest point moves until it is a step away from the one before.
  const before = kept.times.at(-2);
  if (before !== undefined && newest - before < span / steps) {
    kept.times.pop();
    kept.totals.pop();
  }
  kept.times.push(now);
  kept.totals.push(total);
  // One point at or beyond the window stays, so that it is always covered.
  while (kept.times.length > 2 && now - (kept.times[1] as number) >= span) {
    kept.times.shift();
    kept.totals.shift();
  }
  const age = now - (kept.times[0] as number);
  kept.rate =
    age < span * 0.9
      ? null
      : ((total - (kept.totals[0] as number)) / (age / 1000)) * (when.per_s ?? ruleDefaults.per_s);
  memory.rates.set(key, kept);
  return kept.rate;
}
