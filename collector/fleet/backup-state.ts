/**
 * Is an endpoint's backup good enough? Pure: jobs as the agent found them, and now. Each job is judged against its own
 * rhythm; where none is known, servers are late after 30 h (badly after 48 h), workstations after 3 days (7 days),
 * because a laptop that slept over the weekend is no reason to wake anybody.
 */
import type { EndpointRow } from '../../shared/api.ts';
import { parseDuration } from '../../shared/duration.ts';
import type { BackupJob } from '../../shared/inventory.ts';
import type { EndpointKind } from './fleet.ts';

type State = EndpointRow['backup']['state'];
export type JobState = Exclude<State, 'none'>;

export interface JobVerdict {
  job: string;
  state: JobState;
  /** Seconds since the last good backup; null when there is none or its time cannot be believed. */
  ageSeconds: number | null;
  /** Late by twice the rhythm: worth more than a warning. */
  severe: boolean;
}

export interface BackupVerdict {
  state: State;
  ageSeconds: number | null;
  jobs: JobVerdict[];
}

const hour = 3_600_000;
const day = 24 * hour;
const named: Readonly<Record<string, number>> = {
  hourly: hour,
  daily: day,
  nightly: day,
  weekly: 7 * day,
  monthly: 31 * day,
};
const byKind = {
  server: { late: 30 * hour, severe: 48 * hour },
  workstation: { late: 3 * day, severe: 7 * day },
} as const;
/** Clocks differ a little; a success further in the future than this is a wrong clock, not a fresh backup. */
const futureMs = hour;

/** The rhythm that a schedule declares in ms, or null when it does not say one that we can read. */
export function rhythmOf(schedule: string | null): number | null {
  const word = schedule?.trim().toLowerCase() ?? '';
  if (named[word] !== undefined) return named[word];
  if (!/^\d+(\.\d+)?\s*(m|h|d)$/.test(word)) return null;
  const ms = parseDuration(word);
  return ms > 0 ? ms : null;
}

/** A quarter over its rhythm is late, twice is badly late; daily gives the usual 30 h and 48 h. */
export function limitsOf(schedule: string | null, kind: EndpointKind): { late: number; severe: number } {
  const rhythm = rhythmOf(schedule);
  const standard = byKind[kind];
  if (rhythm === null) return standard;
  const own = { late: Math.max(rhythm * 1.25, rhythm + hour), severe: Math.max(rhythm * 2, rhythm + 3 * hour) };
  if (kind === 'server') return own;
  return { late: Math.max(own.late, standard.late), severe: Math.max(own.severe, standard.severe) };
}

function judge(job: BackupJob, kind: EndpointKind, now: number): JobVerdict {
  const believable = job.lastSuccess !== null && job.lastSuccess <= now + futureMs;
  const age = believable ? Math.max(0, now - (job.lastSuccess as number)) : null;
  const limits = limitsOf(job.schedule, kind);
  const late = age !== null && age > limits.late;
  const verdict = (state: JobState): JobVerdict => ({
    job: job.job,
    state,
    ageSeconds: age === null ? null : Math.round(age / 1000),
    severe: age !== null && age > limits.severe,
  });
  // What cannot be restored is no backup, however well it ran.
  if (job.verifiedOk === false) return { ...verdict('failed'), severe: true };
  if (job.result === 'failed') return verdict('failed');
  if (late) return verdict('late');
  if (job.readable === false || job.result === 'unknown') return verdict('unknown');
  if (age === null) return verdict(job.result === 'running' || job.result === 'never' ? job.result : 'unknown');
  return verdict(job.result);
}

const worstFirst: readonly JobState[] = ['failed', 'never', 'late', 'unknown', 'warning', 'running', 'ok'];

/**
 * The worst of all jobs.
 * @param jobs null when the endpoint has not told, or could not read, what jobs it has: unknown, not none
 */
export function backupVerdict(jobs: readonly BackupJob[] | null, kind: EndpointKind, now: number): BackupVerdict {
  if (jobs === null) return { state: 'unknown', ageSeconds: null, jobs: [] };
  if (jobs.length === 0) return { state: 'none', ageSeconds: null, jobs: [] };
  const judged = jobs.map((job) => judge(job, kind, now));
  const state = worstFirst.find((word) => judged.some((one) => one.state === word)) ?? 'unknown';
  const ages = judged.flatMap((one) => (one.ageSeconds === null ? [] : [one.ageSeconds]));
  return { state, ageSeconds: ages.length === 0 ? null : Math.max(...ages), jobs: judged };
}
