/**
 * Whether a backup is too old depends on the schedule of its job, which rules cannot see: so it is derived as a metric.
 * `age_percent` is the age in percent of the interval, `overdue_s` what is beyond it. Derived at each run of the agent's
 * backup check, also for jobs that it can no longer read: their last success is known here.
 */
import { parseDuration } from '../../shared/duration.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Metric, Report } from '../../shared/report.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';

const hour = 3_600_000;
const day = 24 * hour;
const named: Readonly<Record<string, number>> = {
  hourly: hour,
  daily: day,
  nightly: day,
  weekly: 7 * day,
  monthly: 31 * day,
};
/** Clocks differ a little; a success further in the future than this is a wrong clock, not a fresh backup. */
const futureMs = hour;

/** Interval of a job in ms: as declared, and daily where none can be read. */
export function rhythmOf(schedule: string | null): number {
  const word = schedule?.trim().toLowerCase() ?? '';
  if (named[word] !== undefined) return named[word];
  if (!/^\d+(\.\d+)?\s*(m|h|d)$/.test(word)) return day;
  const ms = parseDuration(word);
  return ms > 0 ? ms : day;
}

/** ms since the last good backup; null when there is none, or its time is implausible. */
export function ageOf({ lastSuccess }: Pick<BackupJob, 'lastSuccess'>, now: number): number | null {
  return lastSuccess === null || lastSuccess > now + futureMs ? null : Math.max(0, now - lastSuccess);
}

type NamedJob = Partial<Record<'job' | 'product', string>>;
const isSame = (a: NamedJob, b: NamedJob) => a.job === b.job && a.product === b.product;

/** What rules judge, from the age in seconds, which alone is stored. */
const derived: Readonly<Record<string, (age: number, rhythm: number) => number>> = {
  'backup.age_percent': (age, rhythm) => (100_000 * age) / rhythm,
  'backup.overdue_s': (age, rhythm) => Math.max(0, age - rhythm / 1000),
};
const stored = 'backup.age_s';

type QuerySeries = Pick<SeriesStore, 'query'>;
type BackupFacts = (endpoint: string) => { backups: readonly BackupJob[] | null };

/** A store that also answers these; by the schedule of each job as it is now. */
export const withDerivedAges = ({ query }: QuerySeries, factsOf: BackupFacts): QuerySeries => ({
  async query(asked) {
    if (!asked.metrics.some((metric) => Object.hasOwn(derived, metric))) return query(asked);
    const kept = asked.metrics.filter((metric) => !Object.hasOwn(derived, metric));
    const found = await query({ ...asked, metrics: [...new Set([...kept, stored])] });
    const jobs = factsOf(asked.endpoint).backups ?? [];
    return { ...found, series: found.series.flatMap((line) => agesOf(line, asked.metrics, jobs)) };
  },
});

function agesOf(line: SeriesLine, asked: readonly string[], jobs: readonly BackupJob[]): SeriesLine[] {
  if (line.metric !== stored) return [line];
  const rhythm = rhythmOf(jobs.find((one) => isSame(one, line.tags))?.schedule ?? null);
  return asked.flatMap((metric) => {
    const derive = derived[metric];
    if (derive === undefined) return metric === stored ? [line] : [];
    return [
      { ...line, metric, points: line.points.map(([at, age]) => [at, age === null ? null : derive(age, rhythm)]) },
    ];
  });
}

/** @returns the report with derived backup metrics; unchanged where it has no backups */
export function withBackupAges(report: Report, jobs: readonly BackupJob[] | null, now: number): Report {
  if (!jobs || jobs.length === 0 || !report.metrics.some(looksAtBackups)) return report;
  const ages = jobs.flatMap(({ job, product, schedule, lastSuccess }): Metric[] => {
    const age = ageOf({ lastSuccess }, now);
    if (age === null) return [];
    const rhythm = rhythmOf(schedule);
    const fields = {
      age_s: age / 1000,
      age_percent: (100 * age) / rhythm,
      overdue_s: Math.max(0, age - rhythm) / 1000,
    };
    return [{ name: 'backup', tags: { job, product }, fields, timestamp: now }];
  });
  const rest = [...ages];
  const metrics = report.metrics.map((metric) => {
    const place = metric.name === 'backup' ? rest.findIndex((age) => isSame(age.tags, metric.tags)) : -1;
    const [age] = place < 0 ? [] : rest.splice(place, 1);
    return age ? { ...metric, fields: { ...metric.fields, ...age.fields } } : metric;
  });
  return { ...report, metrics: [...metrics, ...rest] };
}

/** The check has run, whether or not it had a result. */
const looksAtBackups = ({ name, tags }: Metric) =>
  name === 'backup' || (name === 'check' && (tags.check?.startsWith('backup') ?? false));
