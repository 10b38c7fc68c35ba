/**
 * A value that is not what it was: memory that was taken out, a core that is gone, another firmware state. A change is
 * an instant, so that the alert stands for `hold_s` after the last one.
 */
import { type Static, Type } from 'typebox';
import { ruleDefaults } from '../../../shared/rule-defaults.ts';
import { compare } from '../compare.ts';
import type { ChangeMemory } from '../kept.ts';
import { carries, memoryKey } from '../series-name.ts';
import { type RuleKind, seconds } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('change'),
    measurement: Type.String(),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    field: Type.String(),
    /** Only up or only down; left out: both. */
    to: Type.Optional(Type.Union([Type.Literal('more'), Type.Literal('less')])),
    /** A smaller difference is none. */
    by: Type.Optional(Type.Number({ minimum: 0 })),
    /** How long it counts. */
    hold_s: Type.Optional(seconds(1)),
  },
  { additionalProperties: false },
);

export const change = {
  kind: 'change',
  schema: When,
  metric: ({ measurement, field }) => `${measurement}.${field}`,
  limit: ({ by }) => by ?? 0,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: ({ measurement }) => measurement,
  remembers: () => true,
  judge({ id, when }, metric, _report, memory, now) {
    if (when.tags && !carries(metric.tags, when.tags)) return undefined;
    const value = metric.fields[when.field];
    if (value === undefined) return 'none';
    const key = memoryKey(id, 0, metric);
    const hold = (when.hold_s ?? ruleDefaults.hold_s) * 1000;
    const kept: ChangeMemory = memory.changes.get(key) ?? { value, changedAt: null, before: value, since: now };
    const difference = value - kept.value;
    const isWanted = when.to === undefined || (when.to === 'more' ? difference > 0 : difference < 0);
    if (difference !== 0 && compare(Math.abs(difference), '>=', when.by ?? 0)) {
      if (isWanted) [kept.changedAt, kept.before] = [now, kept.value];
      kept.value = value;
    }
    memory.changes.set(key, kept);
    if (kept.changedAt !== null) return now - kept.changedAt < hold ? 'breach' : 'clear';
    // Not seen since the start: an alert from before it goes on until its time is over.
    return now - kept.since < hold ? 'none' : 'clear';
  },
  /** The value now, and beside it what it was. */
  shown({ id, when }, metric, _report, memory) {
    const kept = memory.changes.get(memoryKey(id, 0, metric));
    return { value: metric.fields[when.field] ?? null, threshold: kept?.before ?? null };
  },
} as const satisfies RuleKind<Static<typeof When>>;
