/**
 * Backups of this machine in one normal form, whatever the product. Cheap files are read every round; expensive sources
 * at their own interval, their last answer standing in between; repositories only where `checks.yaml` names them.
 */

import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { reasonOf } from '../../shared/errors.ts';
import type { BackupJob, BackupResult } from '../../shared/inventory.ts';
import { joinReasons, type Reason, reason, reasonsOf } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import { programPath } from '../programs.ts';
import { pathIn } from './backup/files.ts';
import { products } from './backup/index.ts';
import { latest } from './backup/product.ts';
import type { BackupSettings } from './backup/settings.ts';
import { type BackupSource, readSource, type SourceReading, settingsOf, sourcesOf } from './backup/sources.ts';
import type { Check, CheckContext, Findings } from './check.ts';

/** Clocks of two machines differ a little; what lies further ahead is a wrong clock. */
const clockSlack = 10 * 60_000;

const resultNumbers: Record<BackupResult, number> = { ok: 0, warning: 1, failed: 2, running: 3, never: 4, unknown: 5 };

/** A time in the future would be a negative age: it counts as unknown, with the reason. */
export function sane(job: BackupJob, now: number): BackupJob {
  const ahead = (time: number | null | undefined) => typeof time === 'number' && time > now + clockSlack;
  const { lastVerified, verifyFailedAt, verifiedOk } = job;
  const known = {
    ...job,
    // A good verification that cannot be dated would stay young for ever; a failed one stays a failure.
    ...(ahead(lastVerified) ? { lastVerified: null, verifiedOk: verifiedOk === true ? null : verifiedOk } : {}),
    ...(ahead(verifyFailedAt) ? { verifyFailedAt: null } : {}),
  };
  if (!ahead(job.lastRun) && !ahead(job.lastSuccess)) return known;
  return {
    ...known,
    lastRun: ahead(job.lastRun) ? null : job.lastRun,
    lastSuccess: ahead(job.lastSuccess) ? null : job.lastSuccess,
    result: 'unknown',
    reason: [reason('backup_in_future')],
  };
}

/** Two sources that report the same job: the later run decides, what it does not know comes from the other. */
function merged(a: BackupJob, b: BackupJob): BackupJob {
  const [later, earlier] = (a.readable === false ? -1 : (a.lastRun ?? 0)) >= (b.lastRun ?? 0) ? [a, b] : [b, a];
  const lastSuccess = latest([a.lastSuccess, b.lastSuccess]);
  const tried = ({ lastVerified, verifyFailedAt }: BackupJob) => latest([lastVerified, verifyFailedAt]) ?? 0;
  const verified = tried(a) >= tried(b) ? a : b;
  const failed = (a.verifyFailedAt ?? 0) >= (b.verifyFailedAt ?? 0) ? a : b;
  return {
    ...later,
    lastSuccess,
    protects: later.protects.length > 0 ? later.protects : earlier.protects,
    repository: later.repository ?? earlier.repository,
    schedule: later.schedule ?? earlier.schedule,
    nextRun: later.nextRun ?? earlier.nextRun,
    bytes: later.bytes ?? (later.result === 'ok' ? earlier.bytes : null),
    files: later.files ?? (later.result === 'ok' ? earlier.files : null),
    lastVerified: latest([a.lastVerified, b.lastVerified]),
    verifiedOk: verified.verifiedOk,
    ...('verifyFailedAt' in failed ? { verifyFailedAt: failed.verifyFailedAt, verifyNote: failed.verifyNote } : {}),
  };
}

const keyOf = ({ product, job }: BackupJob) => JSON.stringify([product, job]);

/** One entry per job, in a stable order, so that an unchanged state is an unchanged section. */
export function combine(jobs: readonly BackupJob[]): BackupJob[] {
  const known = new Map<string, BackupJob>();
  for (const job of jobs) {
    const other = known.get(keyOf(job));
    known.set(keyOf(job), other ? merged(other, job) : job);
  }
  return [...known.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).slice(0, 500);
}

/** The measurement of a job; a value that is not known is left out. */
export function metricOf(job: BackupJob, now: number): Metric {
  const age = (time: number | null) => (time === null ? null : Math.max(0, Math.round((now - time) / 1000)));
  const values: Record<string, number | null> = {
    result: resultNumbers[job.result],
    age_s: age(job.lastSuccess),
    run_age_s: age(job.lastRun),
    bytes: job.bytes,
    duration_s: job.duration,
    files: job.files,
  };
  const fields = Object.entries(values).filter((pair): pair is [string, number] => pair[1] !== null);
  return {
    name: 'backup',
    tags: { job: job.job, product: job.product },
    fields: Object.fromEntries(fields),
    timestamp: now,
  };
}

/** Backup programs on this machine that have no job: a suggestion for people, never a job. */
async function suggestion(context: CheckContext, jobs: readonly BackupJob[]): Promise<Reason | null> {
  const folders = programPath().split(delimiter);
  const found: string[] = [];
  for (const { name, programs, outcome } of products) {
    // rsync and tar are on every machine and prove nothing.
    if (!outcome || /^(rsync|tar|robocopy)$/.test(name) || jobs.some(({ product }) => product === name)) continue;
    const paths = programs.flatMap((program) => folders.map((folder) => pathIn(context, join(folder, program))));
    // What may not be looked at does not count here.
    const there = await Promise.allSettled(paths.map((path) => access(path)));
    if (there.some(({ status }) => status === 'fulfilled')) found.push(name);
  }
  return found.length === 0 ? null : reason('installed_without_job', { products: found.join(', ') });
}

const memoryKey = 'backup';

function remembered(context: CheckContext): Record<string, SourceReading> {
  const value = context.memory.get(memoryKey) as { sources?: Record<string, SourceReading> } | undefined;
  const entries = Object.entries(value?.sources ?? {});
  return Object.fromEntries(
    entries.filter(([, reading]) => Number.isFinite(reading?.at) && Array.isArray(reading.jobs)),
  );
}

/** The last answer of a source stays known while its settings cannot be read. */
function standing(
  before: Record<string, SourceReading>,
  asked: ReadonlySet<string>,
  problem: Reason[],
): [string, SourceReading][] {
  const open = Object.entries(before).filter(([key]) => !asked.has(key) && !key.startsWith('discover '));
  return open.map(([key, reading]) => [
    key,
    { ...reading, jobs: reading.jobs.map((job) => ({ ...job, result: 'unknown', reason: problem, readable: false })) },
  ]);
}

async function settingsOrProblem(
  context: CheckContext,
): Promise<{ settings: BackupSettings; problem: Reason[] | null }> {
  try {
    return { settings: await settingsOf(context), problem: null };
  } catch (thrown) {
    // A typing mistake must not hide the drop files: the rest goes on, and doctor shows the line.
    context.log.warn({ reason: reasonOf(thrown) }, 'Could not use the backup settings of this machine');
    return { settings: {}, problem: [reason('settings_unusable'), ...reasonsOf(thrown)] };
  }
}

/** How long a round waits for repositories and slow tools; what answers later is in the next round. */
const patience = 10_000;

interface BackupMemory {
  readings: Record<string, SourceReading>;
  /** Slow sources being asked, one after the other: two repository queries at once would cost twice the memory. */
  asking: Promise<void> | null;
}

async function askSlow(context: CheckContext, state: BackupMemory, sources: readonly BackupSource[]): Promise<void> {
  for (const source of sources) {
    state.readings[source.key] = await readSource(source, state.readings[source.key], context.clock.now());
    context.memory.set(memoryKey, { sources: state.readings });
  }
}

async function waitAtMost(work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patience);
  });
  await Promise.race([work, enough]);
  clearTimeout(timer);
}

async function readBackups(context: CheckContext, state: BackupMemory): Promise<Findings> {
  const now = context.clock.now();
  if (state.asking === null) state.readings = remembered(context);
  const { settings, problem } = await settingsOrProblem(context);
  const sources = sourcesOf(context, settings);
  state.asking ??= askSlow(
    context,
    state,
    sources.filter(({ every }) => every > 0),
  ).finally(() => {
    state.asking = null;
  });
  for (const source of sources.filter(({ every }) => every === 0)) {
    state.readings[source.key] = await readSource(source, state.readings[source.key], now);
  }
  await waitAtMost(state.asking);
  const keys = new Set(sources.map(({ key }) => key));
  const known = Object.entries(state.readings).filter(([key]) => keys.has(key));
  const readings = [...known, ...(problem === null ? [] : standing(state.readings, keys, problem))];
  if (state.asking === null) context.memory.set(memoryKey, { sources: Object.fromEntries(readings) });

  const jobs = combine(readings.flatMap(([, one]) => one.jobs.map((job) => sane(job, now))));
  const note = joinReasons(
    problem,
    ...sources.map(({ key, product }) => noteOf(state.readings[key], product)),
    await suggestion(context, jobs),
  );
  return {
    sections: { backups: jobs },
    metrics: jobs.map((job) => metricOf(job, now)),
    ...(note === null ? {} : { note }),
  };
}

/** Agents before 0.2 remembered a sentence. */
const noteOf = (reading: SourceReading | undefined, product: string): Reason[] =>
  Array.isArray(reading?.note) ? [reason('in_part', { name: product }), ...reading.note] : [];

/** The check `backup`: section `backups` and the measurement of the same name. */
export function backup(): Check {
  const state: BackupMemory = { readings: {}, asking: null };
  return {
    name: 'backup',
    every: 5 * 60_000,
    reads: 'drop files of run-backup, logs and settings of backup products, and what checks.yaml names under "backups"',
    run: (context) => readBackups(context, state),
  };
}
