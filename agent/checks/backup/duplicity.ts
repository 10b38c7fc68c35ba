/**
 * duplicity's statistics block (times as Unix seconds, so no zone is in doubt) and `collection-status`, which asks the
 * repository and writes local asctime.
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { reason } from '../../../shared/reason.ts';
import { digitsOf, linesIn, oneLine } from '../parse.ts';
import { localInstant, unixInstant } from './instants.ts';
import {
  type BackupOutcome,
  type FinishedRun,
  jobOf,
  type Product,
  plainOutcome,
  reasonsWhy,
  type Unreadable,
} from './product.ts';
import { queryJobs, type SnapshotSource } from './repository.ts';

export interface Statistics {
  start: number | null;
  end: number | null;
  /** Seconds. */
  elapsed: number | null;
  files: number | null;
  bytes: number | null;
  bytesAdded: number | null;
  errors: number | null;
}

/** The last statistics block of an output or log; null when there is none. */
export function parseStatistics(text: string): Statistics | null {
  const from = text.lastIndexOf('[ Backup Statistics ]');
  if (from < 0) return null;
  const block = text.slice(from);
  const value = (name: string) =>
    digitsOf(new RegExp(`^${name} (\\d+(?:\\.\\d+)?)(?=[ \\r\\n])`, 'm').exec(block)?.[1]);
  return {
    start: unixInstant(value('StartTime')),
    end: unixInstant(value('EndTime')),
    elapsed: value('ElapsedTime'),
    files: value('SourceFiles'),
    bytes: value('SourceFileSize'),
    bytesAdded: value('TotalDestinationSizeChange'),
    errors: value('Errors'),
  };
}

/** A block without its Errors line was cut off: that run is not known to be good. */
export function resultOf(statistics: Statistics): 'ok' | 'warning' | 'unknown' {
  if (statistics.errors === null) return 'unknown';
  return statistics.errors === 0 ? 'ok' : 'warning';
}

export function jobsIn(text: string): BackupJob[] {
  const statistics = parseStatistics(text);
  if (!statistics) return [];
  const result = resultOf(statistics);
  return [
    jobOf('duplicity', 'duplicity', 'log', {
      lastRun: statistics.end ?? statistics.start,
      lastSuccess: result === 'unknown' ? null : statistics.end,
      result,
      reasons:
        result === 'ok'
          ? []
          : [
              statistics.errors === null
                ? reason('statistics_cut')
                : reason('errors_counted', { errors: statistics.errors }),
            ],
      bytes: statistics.bytes,
      files: statistics.files,
      duration: statistics.elapsed,
    }),
  ];
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const asctime = '\\w{3} (\\w{3}) +(\\d{1,2}) (\\d\\d):(\\d\\d):(\\d\\d) (\\d{4})';

/** Chain end times of `collection-status`: the newest; `none` for "No backup chains"; null when neither is there. */
export function parseCollection(stdout: string): { lastRun: number } | 'none' | null {
  const times = [...stdout.matchAll(new RegExp(`^(?:Chain end time|Last .*backup date): ${asctime}`, 'gm'))].flatMap(
    ([, month = '', day, hour, minute, second, year]) =>
      localInstant([
        Number(year),
        months.indexOf(month) + 1,
        Number(day),
        Number(hour),
        Number(minute),
        Number(second),
        0,
      ]) ?? [],
  );
  if (times.length > 0) return { lastRun: times.reduce((a, b) => Math.max(a, b)) };
  return /^No backup chains (found|with active signatures found)/m.test(stdout) ? 'none' : null;
}

/** Why duplicity failed. The cause is not always on the last line: GnuPG's log is framed, a lock is reported twice. */
export function parseError(run: FinishedRun): { why: Unreadable | null; message: string } {
  const known: [Unreadable, RegExp][] = [
    ['locked', /instance is already running|lockfile/i],
    ['wrong-password', /bad session key|bad passphrase|decryption failed|GPGError/i],
    ['repository-missing', /No such file or directory|^(?!.*source directory).*does not exist/i],
    ['no-permission', /permission denied/i],
    ['unreachable', /connection refused|timed out|could not resolve/i],
  ];
  const lines = linesIn(`${run.stdout}\n${run.stderr}`);
  for (const [why, pattern] of known) {
    const line = lines.findLast((line) => pattern.test(line) && !/^(GPGError|Could not release lockfile)/.test(line));
    if (line !== undefined) return { why, message: oneLine(line) };
  }
  const last = linesIn(run.stderr).findLast((line) => !line.startsWith('====='));
  return { why: known.find(([, pattern]) => pattern.test(last ?? ''))?.[0] ?? null, message: oneLine(last ?? '') };
}

/** A run of `duplicity`: a good exit with errors in the statistics left files out. */
export function outcome(run: FinishedRun): BackupOutcome {
  const statistics = parseStatistics(run.stdout);
  const sizes = { bytes: statistics?.bytes ?? null, files: statistics?.files ?? null };
  if (run.code !== 0 || run.signal !== null) {
    const { why, message } = parseError(run);
    return plainOutcome(run, reasonsWhy(why, message));
  }
  const errors = statistics?.errors ?? 0;
  if (errors > 0) return { result: 'warning', reasons: [reason('errors_reading_source', { errors })], ...sizes };
  return { result: 'ok', reasons: [], ...sizes };
}

function sourceAt(lastRun: number): SnapshotSource {
  return {
    host: null,
    protects: [],
    lastRun,
    lastSuccess: lastRun,
    bytes: null,
    files: null,
    duration: null,
    reasons: [],
  };
}

export const duplicity: Product = {
  name: 'duplicity',
  reads: 'its log where checks.yaml names it, or duplicity collection-status for repositories in checks.yaml',
  every: 6 * 3_600_000,
  programs: ['duplicity', 'duply'],
  report: jobsIn,
  outcome,
  query: (context, setting) =>
    queryJobs(context, setting, {
      product: 'duplicity',
      program: 'duplicity',
      args: ['collection-status', '--no-print-statistics', setting.repository ?? ''],
      environment: (password) => (password === null ? {} : { PASSPHRASE: password }),
      parse: (run) => {
        const found = run.code === 0 ? parseCollection(run.stdout) : null;
        if (found === null) return parseError(run);
        return found === 'none' ? [] : [sourceAt(found.lastRun)];
      },
    }),
};
