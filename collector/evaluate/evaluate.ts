/**
 * Report + rules → verdicts. Pure but for the memory handed in (means and counters of one endpoint). Runs for every
 * report, so a family that neither breaches nor has an alert leaves no trace and makes no garbage.
 */
import type { Metric, Report } from '../../shared/report.ts';
import type { EndpointKind } from '../fleet/fleet.ts';
import type { Family, MetricRule, RuleBook } from './book.ts';
import { addToMean, createMean, type Mean } from './mean.ts';
import type { Condition, Rule } from './rule.ts';

/** `hold`: below the limit but not yet on the good side of `clear`. `none`: a field is missing, so nothing can be said. */
export type Status = 'breach' | 'hold' | 'clear' | 'none';

export interface Level {
  rule: Rule;
  status: Status;
  value: number | null;
  threshold: number | null;
}

/** What one report says about one instance (one disk, one job) of a family. */
export interface Verdict {
  family: string;
  /** `disk.used_percent` */
  metric: string;
  tags: Record<string, string>;
  /** Worst first. */
  levels: Level[];
}

/** What evaluation remembers of one endpoint between its reports. Lost at a restart, and rebuilt. */
export interface Memory {
  counters: Map<string, number>;
  means: Map<string, Mean>;
}

export const createMemory = (): Memory => ({ counters: new Map(), means: new Map() });

/** A loss record is not a reading; this is the reading made of it, so that a rule can speak of it. */
export const lossMeasurement = 'loss';

/**
 * Judges a live report.
 * @param active families of which the endpoint has an alert: their verdicts are wanted when they are good, too
 * @param now ms, the collector's receive time
 */
export function evaluate(
  book: RuleBook,
  kind: EndpointKind,
  report: Report,
  memory: Memory,
  active: ReadonlySet<string>,
  now: number,
): Verdict[] {
  const verdicts: Verdict[] = [];
  const index = book.metric[kind];
  for (const metric of report.metrics) {
    const families = index.get(metric.name);
    if (families) judgeAll(families, metric, report, memory, active, now, verdicts);
  }
  const losses = index.get(lossMeasurement);
  if (losses) {
    const lost = (report.lost ?? []).reduce((sum, loss) => sum + loss.count, 0);
    const metric: Metric = { name: lossMeasurement, tags: {}, fields: { count: lost }, timestamp: report.at };
    if (lost > 0 || active.size > 0) judgeAll(losses, metric, report, memory, active, now, verdicts);
  }
  return verdicts;
}

function judgeAll(
  families: Family[],
  metric: Metric,
  report: Report,
  memory: Memory,
  active: ReadonlySet<string>,
  now: number,
  into: Verdict[],
): void {
  for (const family of families) {
    const { levels } = family;
    let wanted = active.has(family.id);
    // Every level is judged, also after a breach: counters and means must see each reading.
    for (let i = 0; i < levels.length; i++) {
      const status = judge(levels[i] as MetricRule, metric, report, memory, now);
      scratch[i] = status;
      if (status === 'breach') wanted = true;
    }
    if (wanted) into.push(...verdictOf(family, metric, memory, report));
  }
}

/** Statuses of the levels of the family at hand: no garbage for the reports of a healthy fleet. */
const scratch: (Status | undefined)[] = [];

function verdictOf(family: Family, metric: Metric, memory: Memory, report: Report): Verdict[] {
  const levels: Level[] = [];
  for (let i = 0; i < family.levels.length; i++) {
    const status = scratch[i];
    if (status) levels.push(levelOf(family.levels[i] as MetricRule, status, metric, memory, report));
  }
  const shownAs = levels[0]?.rule.when;
  if (shownAs?.kind !== 'metric') return [];
  return [{ family: family.id, metric: `${metric.name}.${shownAs.all[0]?.field}`, tags: metric.tags, levels }];
}

/** The first condition's reading is the one that people are shown: the mean where one is asked for, else the value. */
function levelOf(rule: MetricRule, status: Status, metric: Metric, memory: Memory, report: Report): Level {
  const condition = rule.when.all[0] as Condition;
  const value =
    condition.mean_s === undefined
      ? sourceOf(condition, metric, report)?.fields[condition.field]
      : memory.means.get(memoryKey(rule, 0, metric))?.last;
  return { rule, status, value: value ?? null, threshold: condition.value };
}

/** Three-valued "and": one condition that is clearly false decides. Undefined: the rule is not about this instance. */
function judge(rule: MetricRule, metric: Metric, report: Report, memory: Memory, now: number): Status | undefined {
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
  rule: Rule,
  condition: Condition,
  index: number,
  metric: Metric,
  report: Report,
  memory: Memory,
  now: number,
): number | null {
  const value = sourceOf(condition, metric, report)?.fields[condition.field];
  if (value === undefined) return null;
  if (condition.growth === true) return growth(memory, memoryKey(rule, index, metric), value);
  if (condition.mean_s === undefined) return value;
  const key = memoryKey(rule, index, metric);
  let mean = memory.means.get(key);
  if (!mean) {
    mean = createMean(now);
    memory.means.set(key, mean);
  }
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

/** null at the first sight of the counter; a counter that fell has started again from 0. */
function growth(memory: Memory, key: string, value: number): number | null {
  const before = memory.counters.get(key);
  memory.counters.set(key, value);
  if (before === undefined) return null;
  return value >= before ? value - before : value;
}

/** Tags in the order in which they come: an agent that changes it starts a mean anew, which is cheaper than sorting. */
function memoryKey(rule: Rule, index: number, metric: Metric): string {
  let key = `${rule.id}#${index}`;
  for (const name in metric.tags) key += `,${name}=${metric.tags[name]}`;
  return key;
}

function carries(tags: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  for (const name in wanted) if (tags[name] !== wanted[name]) return false;
  return true;
}

function compare(value: number, op: Condition['op'], limit: number): boolean {
  switch (op) {
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '=':
      return value === limit;
  }
}
