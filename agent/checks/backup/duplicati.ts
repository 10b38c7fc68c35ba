/**
 * Duplicati's result report (`--run-script-after` with its result file, or `--send-http-url`, as JSON). Every operation
 * sends one: only Backup counts. A run that broke off has an exception where the values would be. Its command line has
 * exit codes of its own ("duplicati-cli help returncodes").
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import {
  type Loose,
  oneLine,
  spanOf,
  strictCount,
  strictJson,
  strictList,
  strictObject,
  strictText,
} from '../parse.ts';
import { strictInstant } from './instants.ts';
import { type BackupOutcome, type FinishedRun, jobOf, type Product, plainOutcome } from './product.ts';

export interface DuplicatiReport {
  job: string | null;
  machine: string | null;
  operation: string | null;
  result: 'ok' | 'warning' | 'failed' | 'unknown';
  message: string | null;
  begin: number | null;
  end: number | null;
  /** Seconds. */
  duration: number | null;
  files: number | null;
  bytes: number | null;
  bytesUploaded: number | null;
  warnings: number | null;
  errors: number | null;
  interrupted: boolean | null;
  dryRun: boolean | null;
  /** Versions that the destination holds after the run. */
  versions: number | null;
}

const results: Record<string, DuplicatiReport['result']> = {
  Success: 'ok',
  Warning: 'warning',
  Error: 'failed',
  Fatal: 'failed',
};

const flag = (value: unknown) => (typeof value === 'boolean' ? value : null);

/** .NET writes the year 1 for "not yet". */
const timeOf = (value: unknown) => strictInstant(value, 'UTC');

function messageOf(report: Loose, data: Loose): string | null {
  const thrown = report.Exception ?? data.Exception ?? data.Message;
  const first = strictList(data.Errors)?.[0] ?? strictList(data.Warnings)?.[0];
  const text = strictText(thrown) ?? strictText(strictObject(thrown)?.Message) ?? strictText(first);
  return text === null ? null : oneLine(text.split('\n')[0] ?? '');
}

function resultOf(data: Loose, thrown: boolean): DuplicatiReport['result'] {
  if (thrown) return 'failed';
  const result = results[strictText(data.ParsedResult) ?? ''] ?? 'unknown';
  if (result === 'ok' && (data.Interrupted === true || data.PartialBackup === true)) return 'warning';
  return result;
}

/** The report as values; null when the text is not one. */
export function parseReport(text: string): DuplicatiReport | null {
  const report = strictObject(strictJson(text));
  const data = strictObject(report?.Data);
  const extra = strictObject(report?.Extra) ?? {};
  const exception = report !== null && strictText(report.Exception) !== null;
  if (!report || (!data && !exception)) return null;
  const values = data ?? {};
  // An exception put in the place of the values has a class name or a message, and no result.
  const thrown =
    exception ||
    (!('ParsedResult' in values) && ('ClassName' in values || 'Message' in values || 'Exception' in values));
  const backend = strictObject(values.BackendStatistics);
  return {
    job: strictText(extra['backup-name']),
    machine: strictText(extra['machine-name']),
    operation: strictText(values.MainOperation) ?? strictText(extra.OperationName),
    result: resultOf(values, thrown),
    message: messageOf(report, values),
    begin: timeOf(values.BeginTime),
    end: timeOf(values.EndTime),
    duration: spanOf(strictText(values.Duration)),
    files: strictCount(values.ExaminedFiles),
    bytes: strictCount(values.SizeOfExaminedFiles),
    bytesUploaded: strictCount(backend?.BytesUploaded),
    warnings: strictCount(values.WarningsActualLength) ?? strictList(values.Warnings)?.length ?? null,
    errors: strictCount(values.ErrorsActualLength) ?? strictList(values.Errors)?.length ?? null,
    interrupted: flag(values.Interrupted),
    dryRun: flag(values.Dryrun),
    versions: strictCount(backend?.BackupListCount),
  };
}

/** The report as a job; none for a restore, a compact, a dry run. Data was saved unless the run failed. */
export function jobsIn(text: string): BackupJob[] {
  const report = parseReport(text);
  if (report === null) {
    return [
      jobOf('duplicati', 'duplicati', 'report', {
        readable: false,
        reasons: [reason('not_a_report', { product: 'Duplicati' })],
      }),
    ];
  }
  if (report.operation !== 'Backup' || report.dryRun === true) return [];
  const good = report.result === 'ok' || report.result === 'warning';
  const counts = reason('errors_and_warnings', { errors: report.errors, warnings: report.warnings });
  const other = report.interrupted ? reason('run_interrupted') : counts;
  return [
    jobOf('duplicati', report.job ?? 'duplicati', 'report', {
      lastRun: report.end ?? report.begin,
      lastSuccess: good ? report.end : null,
      result: report.result,
      reasons: report.result === 'ok' ? [] : report.message === null ? [other] : quotation(report.message),
      bytes: report.bytes,
      files: report.files,
      duration: report.duration,
    }),
  ];
}

const codes: Record<number, [BackupOutcome['result'], Reason[]]> = {
  0: ['ok', []],
  1: ['ok', [reason('no_files_changed')]],
  2: ['warning', [reason('finished_with_warnings')]],
  50: ['failed', [reason('upload_unfinished')]],
};

/** A run of `duplicati-cli backup`; sizes are in its closing lines. */
export function outcome(run: FinishedRun): BackupOutcome {
  const known = run.code !== null && run.signal === null ? codes[run.code] : undefined;
  if (!known) return plainOutcome(run);
  const files = /^[ \t]*Examined (\d+) (?:\([\d.]+ \w+\) )?files/m.exec(run.stdout)?.[1];
  return { result: known[0], reasons: known[1], bytes: null, files: files === undefined ? null : Number(files) };
}

export const duplicati: Product = {
  name: 'duplicati',
  reads: 'the result file that its --run-script-after writes, where checks.yaml names it',
  every: 0,
  programs: ['duplicati-cli', 'duplicati-server', 'duplicati'],
  report: jobsIn,
  outcome,
};
