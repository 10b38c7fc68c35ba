/**
 * A metric beyond a limit. All conditions must hold for one series group (same measurement, same tags); the first one's
 * value is shown. A missing field is no data, never false; one condition that is clearly false decides whatever is
 * missing beside it.
 */
import { type Static, Type } from 'typebox';
import { isOpen } from '../../../shared/metrics.ts';
import type { Metric, Report } from '../../../shared/report.ts';
import { compare, Op } from '../compare.ts';
import { addToMean, createMean } from '../mean.ts';
import { carries, memoryKey } from '../series-name.ts';
import type { RuleKind, RuleMemory, RuleOf, RuleStatus } from './kind.ts';

const closed = { additionalProperties: false } as const;
const Tags = Type.Record(Type.String(), Type.String());

/** `value op limit` must hold. With `clear`, a firing alert ends only when the value is on the good side of `clear`. */
export const Condition = Type.Object(
  {
    field: Type.String(),
    op: Op,
    value: Type.Number(),
    clear: Type.Optional(Type.Number()),
    /** Look in another measurement of the same report, in the first metric that carries `tags`. */
    measurement: Type.Optional(Type.String()),
    tags: Type.Optional(Tags),
    /** Compare the mean of so many seconds; no verdict before most of them have been seen. */
    mean_s: Type.Optional(Type.Number({ minimum: 10, maximum: 86_400 })),
    /** For a counter: compare its growth since the report before. */
    growth: Type.Optional(Type.Boolean()),
  },
  closed,
);
export type Condition = Static<typeof Condition>;

const When = Type.Object(
  {
    kind: Type.Literal('threshold'),
    measurement: Type.String(),
    tags: Type.Optional(Tags),
    all: Type.Array(Condition, { minItems: 1, maxItems: 4 }),
  },
  closed,
);
type ThresholdRule = RuleOf<Static<typeof When>>;

export const threshold = {
  kind: 'threshold',
  schema: When,
  metric: ({ measurement, all }) => `${measurement}.${all[0]?.field}`,
  limit: ({ all }) => (all[0] as Condition).value,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: ({ measurement }) => measurement,
  remembers: ({ all }) => all.some(({ growth, mean_s }) => growth === true || mean_s !== undefined),
  judge,
  /** The mean where one is asked for, else the value. */
  shown(rule, metric, report, memory) {
    const condition = rule.when.all[0] as Condition;
    const value =
      condition.mean_s === undefined
        ? sourceOf(condition, metric, report)?.fields[condition.field]
        : memory.means.get(memoryKey(rule.id, 0, metric))?.last;
    return { value: value ?? null, threshold: condition.value };
  },
} as const satisfies RuleKind<Static<typeof When>>;

/** Three-valued "and": one condition that is clearly false decides. Undefined: the rule is not about this instance. */
function judge(
  rule: ThresholdRule,
  metric: Metric,
  report: Report,
  memory: RuleMemory,
  now: number,
): RuleStatus | undefined {
  if (rule.when.tags && !carries(metric.tags, rule.when.tags)) return undefined;
  const conditions = rule.when.all;
  let missing = false;
  let hold = false;
  let clear = false;
  for (let i = 0; i < conditions.length; i++) {
    const condition = conditions[i] as Condition;
    const value = readingOf(rule, condition, i, metric, report, memory, now);
    if (value === null) missing = true;
    else if (!compare(value, condition.op, condition.value)) {
      if (condition.clear !== undefined && compare(value, condition.op, condition.clear)) hold = true;
      else clear = true;
    }
  }
  if (clear) return 'clear';
  if (missing) return 'none';
  return hold ? 'hold' : 'breach';
}

function readingOf(
  rule: ThresholdRule,
  condition: Condition,
  index: number,
  metric: Metric,
  report: Report,
  memory: RuleMemory,
  now: number,
): number | null {
  const value = sourceOf(condition, metric, report)?.fields[condition.field];
  if (value === undefined) return null;
  // Except for the rule that asks for it.
  if (isOpen(condition.measurement ?? metric.name, condition.field, value) && value !== condition.value) return null;
  if (condition.growth === true) return growth(memory, memoryKey(rule.id, index, metric), value);
  if (condition.mean_s === undefined) return value;
  const key = memoryKey(rule.id, index, metric);
  const mean = memory.means.get(key) ?? createMean(now);
  memory.means.set(key, mean);
  return addToMean(mean, value, now, condition.mean_s * 1000);
}

function sourceOf(condition: Condition, metric: Metric, report: Report): Metric | undefined {
  if (condition.measurement === undefined) return metric;
  for (const other of report.metrics) {
    if (other.name !== condition.measurement) continue;
    if (condition.tags === undefined || carries(other.tags, condition.tags)) return other;
  }
  return undefined;
}

/** null at the first sample of the counter; a counter that fell has started again from 0. */
function growth(memory: RuleMemory, key: string, value: number): number | null {
  const before = memory.counters.get(key);
  memory.counters.set(key, value);
  if (before === undefined) return null;
  return value >= before ? value - before : value;
}
