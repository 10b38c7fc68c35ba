/**
 * Report + rules → verdicts. Pure but for the memory passed in. Runs for every report, so a family that neither
 * breaches nor has an alert allocates nothing and leaves no trace.
 */
import type { Metric, Report } from '../../shared/report.ts';
import type { RuleBook, RuleFamily } from './book.ts';
import { lossMeasurement, type RuleMemory, type RuleStatus } from './kinds/kind.ts';
import type { Rule } from './rule.ts';

export { createMemory, type RuleMemory as Memory, type RuleStatus as Status } from './kinds/kind.ts';

export interface LevelVerdict {
  rule: Rule;
  status: RuleStatus;
  value: number | null;
  threshold: number | null;
}

/** The verdict of one report about one instance (one disk, one job) of a family. */
export interface Verdict {
  family: string;
  /** `disk.used_percent` */
  metric: string;
  tags: Record<string, string>;
  /** Worst first. */
  levels: LevelVerdict[];
}

/**
 * Evaluates a live report.
 * @param active families of which the endpoint has an alert: their verdicts are needed when they are good, too
 * @param now ms, the collector's receive time
 */
export function evaluate(
  book: RuleBook,
  report: Report,
  memory: RuleMemory,
  active: ReadonlySet<string>,
  now: number,
): Verdict[] {
  const verdicts: Verdict[] = [];
  for (const metric of report.metrics) {
    const families = book.byMeasurement.get(metric.name);
    if (families) judgeAll(families, metric, report, memory, active, now, verdicts);
  }
  const losses = book.byMeasurement.get(lossMeasurement);
  if (losses) {
    const lost = (report.lost ?? []).reduce((sum, loss) => sum + loss.count, 0);
    const metric: Metric = { name: lossMeasurement, tags: {}, fields: { count: lost }, timestamp: report.at };
    if (lost > 0 || active.size > 0) judgeAll(losses, metric, report, memory, active, now, verdicts);
  }
  return verdicts;
}

function judgeAll(
  families: readonly RuleFamily[],
  metric: Metric,
  report: Report,
  memory: RuleMemory,
  active: ReadonlySet<string>,
  now: number,
  into: Verdict[],
): void {
  for (const family of families) {
    const { levels } = family;
    let isWanted = family.watchesSilence || active.has(family.id);
    // Every level is evaluated, also after a breach: counters and means must see each sample.
    for (let i = 0; i < levels.length; i++) {
      const { rule, kind } = levels[i] as RuleFamily['levels'][number];
      const status = kind.judge?.(rule as never, metric, report, memory, now);
      scratch[i] = status;
      if (status === 'breach') isWanted = true;
    }
    if (isWanted) pushVerdict(family, metric, report, memory, into);
  }
}

/** Statuses of the levels of the present family: reused, so that the reports of a healthy fleet allocate nothing. */
const scratch: (RuleStatus | undefined)[] = [];

function pushVerdict(family: RuleFamily, metric: Metric, report: Report, memory: RuleMemory, into: Verdict[]): void {
  const levels: LevelVerdict[] = [];
  for (let i = 0; i < family.levels.length; i++) {
    const status = scratch[i];
    const { rule, kind } = family.levels[i] as RuleFamily['levels'][number];
    const shown = status && kind.shown?.(rule as never, metric, report, memory);
    if (status && shown) levels.push({ rule, status, ...shown });
  }
  if (levels.length > 0) into.push({ family: family.id, metric: family.metric, tags: metric.tags, levels });
}
