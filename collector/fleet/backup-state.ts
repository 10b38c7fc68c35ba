/** The state of an endpoint's backups: what the tools report, and `late` where a rule about age is broken. Pure. */
import type { EndpointRow } from '../../shared/api.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { Level } from '../../shared/level.ts';
import type { HeldAlert } from '../alerts/alerts.ts';
import { heldAbout } from './attention.ts';
import { ageOf } from './backup-age.ts';

type BackupStateName = EndpointRow['backup']['state'];
export type JobState = Exclude<BackupStateName, 'none'>;

export interface JobVerdict {
  product: string;
  job: string;
  state: JobState;
  /** Seconds since the last good backup; null when there is none or its time is implausible. */
  ageSeconds: number | null;
  /** The worst verdict about the job. */
  level: Level | null;
}

export interface BackupVerdict {
  state: BackupStateName;
  ageSeconds: number | null;
  /** Of the job whose last good backup is the oldest. */
  lastSuccess: number | null;
  jobs: JobVerdict[];
}

const ages = ['backup.age_percent', 'backup.overdue_s', 'backup.age_s'];

/** @param held verdicts of the endpoint in the alert engine */
export function jobVerdict(job: BackupJob, held: readonly HeldAlert[], now: number): JobVerdict {
  const age = ageOf(job, now);
  const tags = { job: job.job, product: job.product };
  const about = held.filter(({ metric }) => metric.startsWith('backup.'));
  const worst = about.find((alert) => alert.tags.job === tags.job && alert.tags.product === tags.product);
  const state = stateOf(job, age, heldAbout(held, ages, tags) !== undefined);
  return {
    ...tags,
    // A good run that breaks a rule, such as being too small, is not plain "ok".
    state: state === 'ok' && worst !== undefined ? 'warning' : state,
    ageSeconds: age === null ? null : Math.round(age / 1000),
    level: worst?.severity ?? null,
  };
}

function stateOf(job: BackupJob, age: number | null, isLate: boolean): JobState {
  // A backup that cannot be restored counts as failed, however well it ran.
  if (job.result === 'failed' || job.verifiedOk === false) return 'failed';
  if (isLate) return 'late';
  if (job.readable === false || job.result === 'unknown') return 'unknown';
  if (age === null) return job.result === 'running' || job.result === 'never' ? job.result : 'unknown';
  return job.result;
}

/** Neither its tool nor a person has ever tested a restore. */
export const isUntested = ({ lastVerified, verifiedOk }: BackupJob): boolean =>
  lastVerified === null && verifiedOk === null;

/** Worst first. */
export const backupStates = ['failed', 'none', 'never', 'late', 'unknown', 'warning', 'running', 'ok'] as const;
export const worstJobFirst = backupStates.filter((state) => state !== 'none');

/**
 * The worst of all jobs.
 * @param jobs null when the endpoint has not reported, or could not read, its jobs: unknown, not none
 */
export function backupVerdict(
  jobs: readonly BackupJob[] | null,
  held: readonly HeldAlert[],
  now: number,
): BackupVerdict {
  if (jobs === null) return { state: 'unknown', ageSeconds: null, lastSuccess: null, jobs: [] };
  if (jobs.length === 0) return { state: 'none', ageSeconds: null, lastSuccess: null, jobs: [] };
  const verdicts = jobs.map((job) => jobVerdict(job, held, now));
  const state = worstJobFirst.find((word) => verdicts.some((one) => one.state === word)) ?? 'unknown';
  const known = jobs.flatMap((job) => (ageOf(job, now) === null ? [] : (job.lastSuccess ?? [])));
  const lastSuccess = known.length === 0 ? null : Math.min(...known);
  const ageSeconds = lastSuccess === null ? null : Math.max(0, Math.round((now - lastSuccess) / 1000));
  return { state, ageSeconds, lastSuccess, jobs: verdicts };
}
