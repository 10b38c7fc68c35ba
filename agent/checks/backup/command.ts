/**
 * Programs that are not backup products but copy data, by their documented exit codes: rsync (24: files vanished while
 * it ran), tar (1: files changed as it read them), robocopy (a bit mask, from 8 on something was not copied).
 */
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import { digitsOf, oneLine } from '../parse.ts';
import { type BackupOutcome, type FinishedRun, type Product, plainOutcome } from './product.ts';

const warning = (why: Reason): BackupOutcome => ({ result: 'warning', reasons: [why], bytes: null, files: null });

/** rsync's totals, where --stats or -v asked for them. `1,234` in most locales, `1.234` in others. */
function rsyncSizes(stdout: string): Pick<BackupOutcome, 'bytes' | 'files'> {
  const number = (pattern: RegExp) => digitsOf(pattern.exec(stdout)?.[1]?.replace(/[,.]/g, ''));
  return {
    bytes: number(/^Total file size: ([\d,.]+) bytes/m) ?? number(/^total size is ([\d,.]+) /m),
    files: number(/^Number of files: ([\d,.]+)/m),
  };
}

function rsyncOutcome(run: FinishedRun): BackupOutcome {
  const sizes = rsyncSizes(run.stdout);
  if (run.signal === null && run.code === 24) return { ...warning(reason('files_vanished')), ...sizes };
  const error = run.stderr.match(/^rsync(?: error|:.*failed):? .*/m)?.[0];
  return { ...plainOutcome(run, error === undefined ? null : quotation(oneLine(error))), ...sizes };
}

function tarOutcome(run: FinishedRun): BackupOutcome {
  return run.signal === null && run.code === 1 ? warning(reason('files_changed')) : plainOutcome(run);
}

function robocopyOutcome(run: FinishedRun): BackupOutcome {
  if (run.signal !== null || run.code === null || run.code >= 8) return plainOutcome(run);
  // 4: something has the same name but another kind, and stands as it was.
  return (run.code & 4) === 4 ? warning(reason('files_mismatched')) : { ...plainOutcome({ ...run, code: 0 }) };
}

export const rsync: Product = {
  name: 'rsync',
  reads: 'its exit code, under run-backup',
  every: 0,
  programs: ['rsync'],
  outcome: rsyncOutcome,
};
export const tar: Product = {
  name: 'tar',
  reads: 'its exit code, under run-backup',
  every: 0,
  programs: ['tar', 'gtar', 'bsdtar'],
  outcome: tarOutcome,
};
export const robocopy: Product = {
  name: 'robocopy',
  reads: 'its exit code, under run-backup',
  every: 0,
  programs: ['robocopy'],
  outcome: robocopyOutcome,
};
