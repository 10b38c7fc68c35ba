/**
 * The contract of a backup product. Adding one: a file beside this one, and a line in index.ts.
 *
 * A product declares what it can do: jobs found without any secret (`discover`), jobs of a repository that the
 * endpoint's own settings name (`query`), jobs in a file that the product or its hook wrote (`report`), and what a run
 * under `run-backup` meant (`outcome`). Parsers are pure and total; readers only read.
 */
import type { BackupJob, BackupResult } from '../../../shared/inventory.ts';
import { clip, joinReasons, quotation, type Reason, ReasonedError, reason } from '../../../shared/reason.ts';
import { withoutSecrets } from '../../../shared/secrets.ts';
import { type CheckContext, NoData } from '../check.ts';
import { oneLine } from '../parse.ts';
import type { DateOrder } from './dates.ts';
import type { BackupRules, RepositorySettings } from './rules.ts';

/** What a finished program left behind: exit code, or the signal that ended it, and the tail of its output. */
export interface FinishedRun {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

/** What the run meant. Values that the output does not contain are null. */
export interface BackupOutcome {
  result: Extract<BackupResult, 'ok' | 'warning' | 'failed'>;
  reasons: readonly Reason[];
  bytes: number | null;
  files: number | null;
}

export interface Product {
  name: string;
  /** One line for doctor: what is read, with which rights. */
  reads: string;
  /** Least time between two readings of expensive sources, in ms; 0: files so cheap that every round may read them. */
  every: number;
  /** Programs that show the product is installed, and by which `run-backup` knows it. */
  programs: readonly string[];
  /** Its source is trimmed or rotated: a job that is not mentioned any more is still a job. */
  forgets?: boolean;
  /** Jobs that can be found without settings or secrets. Rejects with NoData where the product is not. */
  discover?(context: CheckContext, settings: BackupRules): Promise<BackupJob[]>;
  /** Jobs of one repository, with the secrets that the local settings name. */
  query?(context: CheckContext, repository: RepositorySettings): Promise<BackupJob[]>;
  /** Jobs in the text of a file written by the product's own reporting. */
  report?(text: string, dates?: DateOrder): BackupJob[];
  /** What a run of the product meant. */
  outcome?(run: FinishedRun): BackupOutcome;
}

/** Codes for why a source could not be read; the same for every product. */
export type Unreadable = 'locked' | 'repository-missing' | 'wrong-password' | 'no-permission' | 'unreachable';

const codes = {
  locked: 'locked',
  'repository-missing': 'repository_missing',
  'wrong-password': 'wrong_password',
  'no-permission': 'no_permission',
  unreachable: 'unreachable',
} as const;

/** Why, and the message of the program, as reasons. */
export const reasonsWhy = (why: Unreadable | null, text: string): Reason[] => [
  ...(why === null ? [] : [reason(codes[why])]),
  ...quotation(oneLine(text)),
];

/** The product is installed but has nothing to do: shown as a note. A product that is not installed is not shown. */
export class Idle extends NoData {}

/** A source that exists but could not be read: the job stays known, its result does not. */
export class SourceUnreadable extends ReasonedError {
  readonly why: Unreadable | null;
  constructor(why: Unreadable | null, ...reasons: readonly Reason[]) {
    super(...reasons);
    this.name = 'SourceUnreadable';
    this.why = why;
  }
}

/** What is known of a job. */
type KnownJob = Omit<Partial<BackupJob>, 'reason' | 'verifyNote'> & {
  reasons?: readonly Reason[];
  verifyNote?: Reason[] | null;
};

/**
 * The normal form with everything unknown but what is given; texts are cut to what the wire takes, passwords in
 * repository addresses are hidden.
 */
export function jobOf(product: string, job: string, evidence: string, known: KnownJob = {}): BackupJob {
  const blank = {
    schedule: null,
    nextRun: null,
    lastRun: null,
    lastSuccess: null,
    result: 'unknown' as const,
    bytes: null,
    duration: null,
    files: null,
    lastVerified: null,
    verifiedOk: null,
    readable: true,
  };
  const { repository = null, reasons = [], ...values } = known;
  // Without the time of a good run the job could never become late: it is not known to be good.
  const timeless = (known.result === 'ok' || known.result === 'warning') && (known.lastSuccess ?? null) === null;
  return {
    ...blank,
    ...values,
    ...(timeless ? { result: 'unknown' as const } : {}),
    product,
    job: clip(job, 256),
    evidence,
    protects: (known.protects ?? []).slice(0, 200).map((item) => clip(item, 1024)),
    repository: repository === null ? null : clip(withoutSecrets(repository), 2000),
    reason: joinReasons(reasons) ?? (timeless ? [reason('good_without_time')] : null),
  };
}

/** Seconds from start to end, when both are known and in order. */
export function secondsBetween(start: number | null, end: number | null): number | null {
  return start !== null && end !== null && end >= start ? (end - start) / 1000 : null;
}

/** The largest of the times that are known. */
export function latest(times: readonly (number | null | undefined)[]): number | null {
  const known = times.filter((time): time is number => typeof time === 'number');
  return known.length === 0 ? null : known.reduce((a, b) => Math.max(a, b));
}

/**
 * Exit code 0 is ok, anything else failed: for products without finer codes.
 * @param why the cause of a failure in the output; else its last line is used
 */
export function plainOutcome(run: FinishedRun, why: readonly Reason[] | null = null): BackupOutcome {
  const failed = (...reasons: Reason[]): BackupOutcome => ({ result: 'failed', reasons, bytes: null, files: null });
  if (run.signal !== null) return failed(reason('ended_signal', { signal: run.signal }));
  if (run.code === 0) return { result: 'ok', reasons: [], bytes: null, files: null };
  const last = run.stderr.trim().split('\n').at(-1) ?? '';
  return failed(reason('ended_exit', { exit: run.code }), ...(why ?? quotation(oneLine(last))));
}
