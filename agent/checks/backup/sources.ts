/**
 * What is read in one round, and how often: discovery of each product, each repository, each report file. A source that
 * does not answer keeps its last answer, marked as not readable; one that forgets (a rotated log, a trimmed event log)
 * does not make its jobs vanish: a job without new runs must become late, not invisible.
 */
import { existsSync } from 'node:fs';
import { parseDuration } from '../../../shared/duration.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import { type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import { settingsFile } from '../../home.ts';
import { type CheckContext, NoData } from '../check.ts';
import { filesMatching, guarded } from './file-rule.ts';
import { tailOf } from './files.ts';
import { productNamed, products } from './index.ts';
import { Idle, jobOf, latest } from './product.ts';
import type { ReportFile, RepositorySettings } from './rules.ts';
import type { BackupSettings } from './settings.ts';

export interface BackupSource {
  key: string;
  product: string;
  /** Its name for people when it does not answer and nothing is known of it. */
  title: string;
  /** Least ms between two readings. */
  every: number;
  /** Jobs that it no longer mentions are still jobs. */
  forgets: boolean;
  read(): Promise<BackupJob[]>;
}

/** Last answer of one source. */
export interface SourceReading {
  at: number;
  jobs: BackupJob[];
  /** Why there is nothing, where that is worth a note. */
  note: Reason[] | null;
}

/** A job that its source has forgotten is dropped after this long: by then its alert has been firing for weeks. */
const forgottenAfter = 35 * 86_400_000;
/** A source that failed is tried again sooner than its interval. */
const retryAfter = 15 * 60_000;

/** The settings of this machine; none when there is no file. @throws EvenkeelError BAD_LOCAL_CONFIG, CONFIG_UNREADABLE */
export async function settingsOf(context: CheckContext): Promise<BackupSettings> {
  if (context.data === undefined) return {};
  const file = settingsFile(context.data, 'checks.yaml');
  // Most endpoints have no such file, and need not load the YAML reader for it.
  if (!existsSync(file)) return {};
  return (await (await import('../../settings.ts')).readSettings(file, 'backups')).backups ?? {};
}

function repositorySource(context: CheckContext, setting: RepositorySettings): BackupSource {
  const product = productNamed(setting.product);
  return {
    key: `repository ${setting.product} ${setting.job}`,
    product: setting.product,
    title: setting.job,
    every: setting.every ? parseDuration(setting.every) : (product?.every ?? 0),
    forgets: false,
    read: async () => (await product?.query?.(context, setting)) ?? [],
  };
}

async function readReport(context: CheckContext, setting: ReportFile): Promise<BackupJob[]> {
  const found = await guarded(() => filesMatching(context, setting.glob));
  const newest = found.sort((a, b) => b.modified - a.modified)[0];
  if (!newest) throw new NoData(reason('no_file_matches', { pattern: setting.glob }));
  const tail = await tailOf(newest.path, 1 << 20);
  const jobs = productNamed(setting.product)?.report?.(tail?.text ?? '', setting.dates) ?? [];
  const schedule = setting.schedule ?? null;
  return jobs.map((job) => ({ ...job, schedule, job: jobs.length === 1 ? (setting.job ?? job.job) : job.job }));
}

/** Every source of this machine under these settings. */
export function sourcesOf(context: CheckContext, settings: BackupSettings): BackupSource[] {
  const ignored = new Set(settings.ignore);
  const discovered = products.flatMap((product) => {
    const discover = product.discover;
    if (!discover || ignored.has(product.name)) return [];
    const { name, every, forgets = false } = product;
    const read = () => discover.call(product, context, settings);
    return { key: `discover ${name}`, product: name, title: name, every, forgets, read };
  });
  const reports = (settings.reports ?? []).map((setting) => ({
    ...{ key: `report ${setting.product} ${setting.glob}`, product: setting.product, every: 0, forgets: true },
    ...{ title: setting.job ?? setting.product, read: () => readReport(context, setting) },
  }));
  const repositories = (settings.repositories ?? []).map((setting) => repositorySource(context, setting));
  return [...discovered, ...repositories, ...reports];
}

/** The jobs that a forgetful source left out this time, as long as they are not given up. */
function leftOut(before: readonly BackupJob[], now: readonly BackupJob[], clock: number): BackupJob[] {
  const names = new Set(now.map(({ job }) => job));
  return before.filter(({ job, lastRun }) => !names.has(job) && lastRun !== null && clock - lastRun < forgottenAfter);
}

/** A source that shows only the last run does not take back a success that it reported before. */
function keepSuccess(before: readonly BackupJob[], now: readonly BackupJob[]): BackupJob[] {
  const known = new Map(before.map(({ job, lastSuccess }) => [job, lastSuccess]));
  return now.map((job) => ({ ...job, lastSuccess: latest([job.lastSuccess, known.get(job.job)]) }));
}

function withoutAnswer(source: BackupSource, before: SourceReading | undefined, thrown: unknown): BackupJob[] {
  const known = before?.jobs.length ? before.jobs : [jobOf(source.product, source.title, 'none')];
  return known.map((job) => ({ ...job, result: 'unknown', reason: reasonsOf(thrown), readable: false }));
}

/** Reads a source, unless its last answer is fresh enough. Never rejects: failures are recorded in the jobs. */
export async function readSource(
  source: BackupSource,
  before: SourceReading | undefined,
  now: number,
): Promise<SourceReading> {
  const age = before ? now - before.at : Number.POSITIVE_INFINITY;
  // A negative age means that the clock went back: read again.
  if (before && source.every > 0 && age >= 0 && age < source.every) return before;
  try {
    const jobs = await source.read();
    if (!source.forgets || !before) return { at: now, jobs, note: null };
    return { at: now, jobs: [...keepSuccess(before.jobs, jobs), ...leftOut(before.jobs, jobs, now)], note: null };
  } catch (thrown) {
    if (thrown instanceof NoData) {
      const jobs = source.forgets ? leftOut(before?.jobs ?? [], [], now) : [];
      return { at: now, jobs, note: thrown instanceof Idle ? reasonsOf(thrown) : null };
    }
    const at = now - Math.max(0, source.every - retryAfter);
    const note = [reason('in_part', { name: source.title }), ...reasonsOf(thrown)];
    return { at, jobs: withoutAnswer(source, before, thrown), note };
  }
}
