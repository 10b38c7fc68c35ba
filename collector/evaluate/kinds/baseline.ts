/**
 * A metric outside of what this hour of the week has been (collector/baseline). Explains other alerts; alerts itself only where
 * a rule says so. Judged by means of five minutes, as what is usual was learned; one alert per endpoint and day.
 */
import { type Static, Type } from 'typebox';
import { fieldOf } from '../../../shared/metrics.ts';
import type { UsualMemory } from '../kept.ts';
import { carries, memoryKey } from '../series-name.ts';
import type { RuleKind, RuleMemory, UsualBounds } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('baseline'),
    measurement: Type.String(),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    field: Type.String(),
    /** Of what is more, or of what is less, than usual; left out: of both. */
    side: Type.Optional(Type.Union([Type.Literal('above'), Type.Literal('below')])),
  },
  { additionalProperties: false },
);
export type BaselineWhen = Static<typeof When>;

const slotMs = 300_000;
/** Values of a series that comes less often than this are no mean of its time. */
const gapMs = 3_600_000;
/** A shorter stretch says nothing, and keeps no other from being said. */
const longMs = 1_800_000;
const dayMs = 86_400_000;

export const baseline = {
  kind: 'baseline',
  explains: true,
  schema: When,
  metric: ({ measurement, field }) => `${measurement}.${field}`,
  // It differs from hour to hour; an alert has the one that was passed.
  limit: () => 0,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: ({ measurement }) => measurement,
  remembers: () => true,
  needsHistory: true,
  judge({ id, when, notify }, metric, _report, memory, now) {
    if (when.tags && !carries(metric.tags, when.tags)) return undefined;
    const value = metric.fields[when.field];
    if (value === undefined) return 'none';
    // It only explains other alerts: what was usual then is read when somebody looks at one.
    if (!notify) return 'clear';
    const key = memoryKey(id, 0, metric);
    const slot = Math.floor(now / slotMs);
    const kept = memory.usuals.get(key);
    const isCounter = fieldOf(`${when.measurement}.${when.field}`)?.kind === 'counter';
    if (!kept || now - kept.lastAt > gapMs) {
      memory.usuals.set(key, begun(slot, value, now, isCounter));
      return 'none';
    }
    memory.usuals.set(key, kept);
    if (slot === kept.slot) {
      add(kept, value, now, isCounter);
      return kept.status;
    }
    // Of a counter what it grew by until now belongs to the five minutes that end.
    if (isCounter) add(kept, value, now, isCounter);
    kept.mean = isCounter ? rateOf(kept) : kept.count > 0 ? kept.sum / kept.count : null;
    const usual = memory.view?.usual?.(`${when.measurement}.${when.field}`, metric.tags, kept.slot * slotMs);
    kept.status = verdict(key, when, kept, usual, memory);
    Object.assign(kept, { slot, sum: 0, count: 0, firstAt: now, last: value, lastAt: now });
    if (!isCounter) add(kept, value, now, isCounter);
    return kept.status;
  },
  shown(rule, metric, _report, memory) {
    const kept = memory.usuals.get(memoryKey(rule.id, 0, metric));
    return { value: kept?.mean ?? metric.fields[rule.when.field] ?? null, threshold: kept?.limit ?? null };
  },
} as const satisfies RuleKind<BaselineWhen>;

/** The first value of a counter is no growth. */
const begun = (slot: number, value: number, now: number, isCounter: boolean): UsualMemory => ({
  ...{ slot, sum: isCounter ? 0 : value, count: 1, firstAt: now, last: value, lastAt: now },
  ...{ mean: null, status: 'none', limit: null, side: 0, since: now },
});

function add(kept: UsualMemory, value: number, now: number, isCounter: boolean): void {
  // A counter that fell has started again from 0.
  kept.sum += isCounter ? (value >= kept.last ? value - kept.last : value) : value;
  kept.count++;
  kept.last = value;
  kept.lastAt = now;
}

function rateOf({ sum, firstAt, lastAt }: UsualMemory): number | null {
  return lastAt > firstAt ? (sum / (lastAt - firstAt)) * 1000 : null;
}

function verdict(
  key: string,
  { side: wanted }: BaselineWhen,
  kept: UsualMemory,
  usual: UsualBounds | undefined,
  memory: RuleMemory,
): UsualMemory['status'] {
  const { mean } = kept;
  const at = kept.slot * slotMs;
  if (mean === null || !usual) return 'none';
  if (Number.isNaN(usual.low)) {
    // What was outside for so long is the new normal, which is being learned: there is nothing to be said any more.
    return usual.since === null ? 'none' : 'reset';
  }
  const side = mean > usual.high ? 1 : mean < usual.low ? -1 : 0;
  if (side !== kept.side) Object.assign(kept, { side, since: at });
  kept.limit = side < 0 ? usual.low : usual.high;
  if (side === 0 || (wanted && side !== (wanted === 'above' ? 1 : -1))) return 'clear';
  return maySay(key, kept.since, at, memory) ? 'breach' : 'hold';
}

/** One per endpoint and day: what begins first is said, and what begins later that day is not. */
function maySay(key: string, since: number, at: number, memory: RuleMemory): boolean {
  const { unusual } = memory;
  const isOwn = unusual?.key === key && unusual.since === since;
  if (!isOwn) {
    const other = unusual && memory.usuals.get(unusual.key);
    const goesOn = other?.side !== 0 && other?.since === unusual?.since;
    if (unusual && (unusual.isLong || goesOn) && since - unusual.since < dayMs) return false;
    memory.unusual = { key, since, isLong: false };
  }
  if (memory.unusual && at - since >= longMs) memory.unusual.isLong = true;
  return true;
}
