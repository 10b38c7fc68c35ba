/**
 * Whether machines that took a release are worse off than in the 24 h before: restarts of the agent, its memory and CPU, failing
 * checks, reports that are missing. Pure.
 */
import type { UpdateNumbers, UpdateRing } from '../../shared/update-choices.ts';
import type { StopReason } from './rings.ts';

/** Of one machine, or of several together. */
export interface AgentCondition {
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

export interface BeforeAndAfter {
  before: AgentCondition;
  after: AgentCondition;
}

/** Fewer values have no 95th percentile to speak of. */
const leastValues = 3;
/** One start more is no pattern. */
const leastRestarts = 3;

function p95(values: readonly number[]): number | null {
  if (values.length < leastValues) return null;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * 0.95) - 1)] ?? null;
}

const sum = (list: readonly BeforeAndAfter[], of: (one: BeforeAndAfter) => number) =>
  list.reduce((n, one) => n + of(one), 0);
const rounded = (value: number) => Math.round(value * 100) / 100;

/** The first that is worse by more than its limit; null: none. */
export function worseThanBefore(
  machines: readonly BeforeAndAfter[],
  numbers: UpdateNumbers,
  ring: UpdateRing,
): StopReason | null {
  if (machines.length === 0) return null;
  const restarts = sum(machines, ({ after }) => after.restarts);
  const hoursBefore = sum(machines, ({ before }) => before.hours);
  const hoursAfter = sum(machines, ({ after }) => after.hours);
  // Without any before, one in the same time is what it is measured by.
  const usual =
    Math.max(
      1,
      sum(machines, ({ before }) => before.restarts),
    ) / Math.max(hoursBefore, 1 / 60);
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
  const missing =
    (100 * sum(machines, ({ after }) => after.missing)) /
    Math.max(
      1,
      sum(machines, (o) => o.after.expected),
    );
  if (missing > numbers.worse_missing_percent)
    return { why: 'missing', ring, found: rounded(missing), limit: numbers.worse_missing_percent };
  return null;
}
