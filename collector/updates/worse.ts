/**
 * Whether machines that took a release are worse off than in the 24 h before: restarts of the agent, its memory and CPU, failing
 * checks, reports that are missing.
 */
import type { UpdateNumbers, UpdateRing } from '../../shared/update-choices.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import { orderOf, type StopReason, type Turn } from './rings.ts';

/** Of one machine, or of several together. */
export interface Condition {
  hours: number;
  restarts: number;
  /** Of the agent, bytes and ms of CPU per s, one value for five minutes. */
  memory: number[];
  cpu: number[];
  /** Whether any check failed. */
  isFailing: boolean;
  /** Reports that were dropped, and those that were to come. */
  missing: number;
  expected: number;
}

export interface Compared {
  before: Condition;
  after: Condition;
}

const day = 86_400_000;
const minute = 60_000;
/** A shorter time says nothing yet. */
const leastMs = 10 * minute;
/** Fewer values have no 95th percentile to speak of. */
const leastValues = 3;
/** One start more is no pattern. */
const leastRestarts = 3;
/** So many say enough about a ring, and cost a second at most. */
const mostMachines = 100;

function p95(values: readonly number[]): number | null {
  if (values.length < leastValues) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
}

const sum = (list: readonly Compared[], of: (one: Compared) => number) => list.reduce((n, one) => n + of(one), 0);
const rounded = (value: number) => Math.round(value * 100) / 100;

/** Pure. The first that is worse by more than its limit; null: none. */
export function worseThanBefore(
  machines: readonly Compared[],
  numbers: UpdateNumbers,
  ring: UpdateRing,
): StopReason | null {
  if (machines.length === 0) return null;
  const restarts = sum(machines, ({ after }) => after.restarts);
  const hoursBefore = sum(machines, ({ before }) => before.hours);
  const hoursAfter = sum(machines, ({ after }) => after.hours);
  // Without any before, one in the same time is what it is measured by.
  const usual = Math.max(1, sum(machines, ({ before }) => before.restarts)) / Math.max(hoursBefore, 1 / 60);
  const times = restarts / Math.max(hoursAfter, 1 / 60) / usual;
  if (restarts >= leastRestarts && times >= numbers.worse_restarts)
    return { why: 'restarts', ring, found: rounded(times), limit: numbers.worse_restarts };
  for (const why of ['memory', 'cpu'] as const) {
    const before = p95(machines.flatMap((one) => one.before[why]));
    const after = p95(machines.flatMap((one) => one.after[why]));
    if (before !== null && after !== null && before > 0 && after / before >= numbers.worse_use)
      return { why, ring, found: rounded(after / before), limit: numbers.worse_use };
  }
  const failing = (when: 'before' | 'after') =>
    (100 * machines.filter((one) => one[when].isFailing).length) / machines.length;
  const more = failing('after') - failing('before');
  if (more >= numbers.worse_checks_percent)
    return { why: 'checks', ring, found: rounded(more), limit: numbers.worse_checks_percent };
  const missing = (100 * sum(machines, ({ after }) => after.missing)) / Math.max(1, sum(machines, (o) => o.after.expected));
  if (missing > numbers.worse_missing_percent)
    return { why: 'missing', ring, found: rounded(missing), limit: numbers.worse_missing_percent };
  return null;
}

export interface WorseParts {
  state: State;
  series: Pick<SeriesStore, 'query'>;
  fleet: Pick<Fleet, 'get'>;
}

async function conditionOf({ state, series, fleet }: WorseParts, id: string, from: number, to: number): Promise<Condition> {
  const values = async (metric: string, agg?: 'rate' | 'min') => {
    const { series: lines } = await series.query({
      ...{ endpoint: id, metrics: [metric], from, to, step: 5 * minute },
      ...(agg && { agg }),
    });
    return lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  };
  const births = await state
    .selectFrom('signals')
    .select('birth')
    .where('endpoint', '=', id)
    .where('kind', '=', 'online')
    .where('at', '>', from)
    .where('at', '<=', to)
    .execute();
  // One process may sign on several times.
  const starts = new Set(
    births.flatMap(({ birth }) => (birth === null ? [] : ((JSON.parse(birth) as { started_at?: number }).started_at ?? []))),
  );
  const lost = await state
    .selectFrom('losses')
    .select(({ fn }) => fn.sum<number | null>('count').as('count'))
    .where('endpoint', '=', id)
    .where('received_at', '>', from)
    .where('received_at', '<=', to)
    .executeTakeFirst();
  const checks = await values('check.ok', 'min');
  return {
    ...{ hours: (to - from) / 3_600_000, restarts: starts.size },
    ...{ memory: await values('agent.rss'), cpu: await values('agent.cpu_ms', 'rate') },
    isFailing: checks.some((ok) => ok < 1),
    ...{ missing: Number(lost?.count ?? 0), expected: (to - from) / (fleet.get(id)?.intervalMs ?? 10_000) },
  };
}

/** Of those that have run the release long enough. */
export async function lookWhetherWorse(
  parts: WorseParts,
  { turns, ring, version, numbers, now }: {
    turns: ReadonlyMap<string, Turn>;
    ring: UpdateRing;
    version: string;
    numbers: UpdateNumbers;
    now: number;
  },
): Promise<StopReason | null> {
  const old = [...turns]
    .filter(([, turn]) => turn.result === 'proven' && now - turn.resultAt >= leastMs)
    .sort(([a], [b]) => (orderOf(a, version) < orderOf(b, version) ? -1 : 1))
    .slice(0, mostMachines);
  const compared: Compared[] = [];
  for (const [id, { at, resultAt }] of old)
    compared.push({
      before: await conditionOf(parts, id, at - day, at),
      after: await conditionOf(parts, id, Math.max(resultAt, now - day), now),
    });
  return worseThanBefore(compared, numbers, ring);
}
