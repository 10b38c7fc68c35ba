/** Newest file matching a pattern: database dumps and scripts of every kind. Size and count catch the empty dump. */

import { access, constants, glob, stat } from 'node:fs/promises';
import type { BackupJob } from '../../../shared/inventory.ts';
import { ReasonedError, reason, reasonsOf } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { pathIn } from './files.ts';
import { jobOf, type Product } from './product.ts';
import type { FileRule } from './rules.ts';

export interface FoundFile {
  path: string;
  modified: number;
  bytes: number;
}

/** Enough for years of dumps; a pattern that matches more is a mistake, and is reported. */
const mostFiles = 10_000;
const answerMs = 20_000;

/** Files too small do not count as backups: a newest one that is too small is a failed run. */
function jobFrom(found: readonly FoundFile[], rule: FileRule): BackupJob {
  const sorted = [...found].sort((a, b) => b.modified - a.modified);
  const newest = sorted[0];
  const good = sorted.filter(({ bytes }) => bytes >= (rule.minBytes ?? 1));
  const few = good.length < (rule.minCount ?? 1);
  const small = newest !== undefined && newest !== good[0];
  const why = small
    ? reason('file_too_small', { path: newest.path, has_bytes: newest.bytes, least_bytes: rule.minBytes ?? 1 })
    : reason('too_few_files', { files: good.length, least: rule.minCount ?? 1 });
  return jobOf('file', rule.job, 'file', {
    protects: rule.protects ?? [],
    repository: rule.glob,
    schedule: rule.schedule ?? null,
    lastRun: newest?.modified ?? null,
    lastSuccess: good[0]?.modified ?? null,
    result: newest === undefined ? 'never' : small ? 'failed' : few ? 'warning' : 'ok',
    reasons: newest === undefined ? [reason('no_file_matches', { pattern: rule.glob })] : small || few ? [why] : [],
    bytes: newest?.bytes ?? null,
    files: newest === undefined ? null : good.length,
  });
}

/** The folder above the first wildcard: `/backup/db/*.dump` → `/backup/db`. */
function baseOf(pattern: string): string {
  const parts = pattern.split(/(?<=[\\/])/);
  const wild = parts.findIndex((part) => /[*?[\]{}()!@+]/.test(part));
  const fixed = parts.slice(0, wild < 0 ? -1 : wild).join('');
  return fixed.length > 1 ? fixed.replace(/[\\/]$/, '') : fixed || '.';
}

/**
 * Regular files that match, with size and time.
 * @throws when the folder cannot be listed: a disk that is away, or a missing right, is not "no backup"
 */
export async function filesMatching(context: CheckContext, pattern: string): Promise<FoundFile[]> {
  const whole = pathIn(context, pattern);
  await access(baseOf(whole), constants.R_OK | constants.X_OK);
  const found: FoundFile[] = [];
  for await (const path of glob(whole)) {
    const info = await stat(path).catch((thrown: NodeJS.ErrnoException) => {
      // Rotated away between listing and looking.
      if (thrown.code === 'ENOENT') return null;
      throw thrown;
    });
    if (info?.isFile()) found.push({ path, modified: Math.floor(info.mtimeMs), bytes: info.size });
    if (found.length >= mostFiles) throw new ReasonedError(reason('too_many_files', { pattern, most: mostFiles }));
  }
  return found;
}

/**
 * A dead network mount holds its thread for ever. There are four such threads, so while one call is pending, no other
 * is started.
 */
let waiting = false;

export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  if (waiting) throw new ReasonedError(reason('folder_hangs'));
  const started = work();
  waiting = true;
  const clear = () => {
    waiting = false;
  };
  started.then(clear, clear);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new ReasonedError(reason('folder_silent', { limit_s: answerMs / 1000 }))),
      answerMs,
    );
  });
  try {
    return await Promise.race([started, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function jobOfRule(context: CheckContext, rule: FileRule): Promise<BackupJob> {
  try {
    return jobFrom(await guarded(() => filesMatching(context, rule.glob)), rule);
  } catch (thrown) {
    return jobOf('file', rule.job, 'file', {
      repository: rule.glob,
      schedule: rule.schedule ?? null,
      readable: false,
      reasons: reasonsOf(thrown),
    });
  }
}

export const fileRule: Product = {
  name: 'file',
  reads: 'names, sizes and times of the files that checks.yaml names by pattern',
  every: 0,
  programs: [],
  async discover(context, settings) {
    if (!settings.files?.length) throw new NoData(reason('no_file_pattern'));
    const jobs: BackupJob[] = [];
    for (const rule of settings.files) jobs.push(await jobOfRule(context, rule));
    return jobs;
  },
};
