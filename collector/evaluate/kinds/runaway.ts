/**
 * A disk that fills while one watches: over the highest uses of each five minutes of the last hour nearly all steps rise,
 * and at that slope it is full within hours.
 */
import { type Static, Type } from 'typebox';
import { middleOf, slopesOf } from '../../slopes.ts';
import type { RisingMemory } from '../kept.ts';
import { carries, memoryKey } from '../series-name.ts';
import { type RuleKind, seconds } from './kind.ts';

const When = Type.Object(
  {
    kind: Type.Literal('runaway'),
    tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    /** Full within so long. */
    within_s: seconds(60),
  },
  { additionalProperties: false },
);

const slotMs = 300_000;
const slots = 12;
const leastSlots = 10;
const leastRising = 0.8;
/** Where it runs to, percent. */
const full = 100;
/** Of the capacity. */
const leastGrowth = 0.01;

export const runaway = {
  kind: 'runaway',
  schema: When,
  metric: () => 'disk.used_percent',
  limit: () => full,
  covers: ({ tags }, of) => tags === undefined || carries(of, tags),
  measurement: () => 'disk',
  needsHistory: true,
  judge({ id, when }, metric, _report, memory, now) {
    if (when.tags && !carries(metric.tags, when.tags)) return undefined;
    const { used, free } = metric.fields;
    if (used === undefined || free === undefined) return 'none';
    const key = memoryKey(id, 0, metric);
    const kept: RisingMemory = memory.risings.get(key) ?? { slot: -1, highest: 0, past: [], fullInS: null };
    memory.risings.set(key, kept);
    const slot = Math.floor(now / slotMs);
    if (slot !== kept.slot) {
      // A gap ends the hour: what was before it is no step.
      if (slot === kept.slot + 1) kept.past = [...kept.past, kept.highest].slice(-slots);
      else kept.past = [];
      kept.slot = slot;
      kept.highest = used;
      // Only as often as a step is complete: between two reports nothing is computed.
      kept.fullInS = timeLeft(kept.past, used + free);
    }
    kept.highest = Math.max(kept.highest, used);
    if (kept.past.length < leastSlots) return 'none';
    return kept.fullInS !== null && kept.fullInS <= when.within_s ? 'breach' : 'clear';
  },
  shown: (_rule, { fields }) => ({ value: fields.used_percent ?? null, threshold: full }),
} as const satisfies RuleKind<Static<typeof When>>;

/** Seconds until it is full; null where it does not run away. */
function timeLeft(past: readonly number[], capacity: number): number | null {
  const [first, last] = [past[0], past.at(-1)];
  if (past.length < leastSlots || first === undefined || last === undefined) return null;
  const rising = past.filter((used, n) => n > 0 && used > (past[n - 1] as number)).length;
  if (rising < leastRising * (past.length - 1) || last - first < leastGrowth * capacity) return null;
  const perSlot = middleOf(slopesOf(past.map((used, n) => [n, used] as const)));
  return perSlot > 0 ? ((capacity - last) / perSlot) * (slotMs / 1000) : null;
}
