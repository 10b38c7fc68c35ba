/**
 * Drop files: `<agent's folder>/backup.d/<job>.json`, written by `run-backup` (or any script), read here. The cheapest
 * and most reliable source of all: no password, no network, no lock, and the exit code itself.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import type { DropFile } from './drop-schema.ts';
import { tailOf } from './files.ts';
import { jobOf, type Product, secondsBetween } from './product.ts';

export type { DropFile } from './drop-schema.ts';

/** The file of a job: every character that a file name cannot safely hold is written as %XX. */
export function dropFileName(job: string): string {
  const safe = encodeURIComponent(job).replace(
    /[!'()*~]|^\./g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${safe}.json`;
}

const at = (iso: string | null | undefined) => {
  const ms = iso ? Date.parse(iso) : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
};

/**
 * A drop file as a job.
 * @param alive whether the process that it names still runs; a run that ended without a record has failed
 */
export function jobFrom(file: DropFile, alive: boolean): BackupJob {
  const started = at(file.startedAt);
  const ended = at(file.endedAt);
  const killed = file.result === 'running' && !alive;
  const good = file.result === 'ok' || file.result === 'warning';
  return jobOf(file.product, file.job, 'dropfile', {
    protects: file.protects ?? [],
    repository: file.repository ?? null,
    schedule: file.schedule ?? null,
    lastRun: ended ?? started,
    lastSuccess: at(file.lastSuccess) ?? (good ? ended : null),
    result: killed ? 'failed' : file.result,
    reasons: killed ? [reason('run_vanished')] : (file.reasons ?? quotation(file.message)),
    bytes: file.bytes ?? null,
    files: file.files ?? null,
    duration: secondsBetween(started, ended),
    ...verificationIn(file),
  });
}

/**
 * The last good and the last failed verification. A file that names one time only (an older one, or a script's) means by
 * it whatever `verifiedOk` says; a failure without any time is as old as the run.
 */
export function verificationIn(
  file: DropFile,
): Pick<BackupJob, 'lastVerified' | 'verifiedOk' | 'verifyFailedAt'> & { verifyNote?: Reason[] | null } {
  const { verifiedOk = null } = file;
  const verifyNote = joinReasons(file.verifyReasons ?? quotation(file.verifyNote));
  const named = at(file.lastVerifyFailed);
  if (named === null && verifiedOk !== false) return { lastVerified: at(file.lastVerified), verifiedOk };
  const failed = named ?? at(file.lastVerified) ?? at(file.endedAt) ?? at(file.startedAt);
  const lastVerified = named === null ? null : at(file.lastVerified);
  return { lastVerified, verifiedOk, verifyFailedAt: failed, verifyNote };
}

/** When a process began, in the system's own count (Linux: clock ticks since boot); null where that is unknown. */
export async function processStart(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  // No such file: the process has ended.
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  // The name in brackets may hold blanks; field 22 is the twentieth after it.
  return line.slice(line.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

async function isAlive(file: DropFile): Promise<boolean> {
  if (file.result !== 'running' || !file.pid) return false;
  try {
    process.kill(file.pid, 0);
  } catch (thrown) {
    // EPERM: it runs, under another user.
    if ((thrown as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !file.pidStart || (await processStart(file.pid)) === file.pidStart;
}

const mostFiles = 500;
const mostBytes = 64 * 1024;

async function jobOfFile(folder: string, name: string): Promise<BackupJob[]> {
  const unreadable = (...reasons: Reason[]) =>
    jobOf('unknown', name.slice(0, -5), 'dropfile', { readable: false, reasons });
  try {
    const content = await tailOf(join(folder, name), mostBytes);
    if (!content) return [];
    // Only where there are drop files: the schema compiler is larger than the rest of the agent's own code.
    const { parseDropFile } = await import('./drop-schema.ts');
    const file = parseDropFile(content.text);
    return [file ? jobFrom(file, await isAlive(file)) : unreadable(reason('not_a_drop_file', { file: name }))];
  } catch (thrown) {
    return [unreadable(...reasonsOf(thrown))];
  }
}

export const dropFile: Product = {
  name: 'drop file',
  reads: 'backup.d/*.json in the agent’s folder, written by run-backup',
  every: 0,
  programs: [],
  async discover(context: CheckContext) {
    if (context.data === undefined) throw new NoData(reason('agent_has_no_folder'));
    const folder = join(context.data, 'backup.d');
    const names = await readdir(folder).catch((thrown: NodeJS.ErrnoException) => {
      if (thrown.code === 'ENOENT') return [];
      throw thrown;
    });
    const drops = names.filter((name) => name.endsWith('.json')).sort();
    if (drops.length === 0) throw new NoData(reason('no_drop_file'));
    const jobs = await Promise.all(drops.slice(0, mostFiles).map((name) => jobOfFile(folder, name)));
    return jobs.flat();
  },
};
