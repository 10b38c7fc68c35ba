/**
 * Kopia. `kopia snapshot list --all --json` names each source (user@host:path) with its snapshots; `incomplete` marks
 * what was cut off ("checkpoint", "canceled"), errors are counted fatal and ignored apart. It must run as the user that
 * connected the repository.
 */
import { quotation, type Reason, reason } from '../../../shared/reason.ts';
import { goList, type Loose, oneLine, strictCount, strictJson, strictObject, strictText, sumOf } from '../parse.ts';
import { strictInstant } from './instants.ts';
import {
  type BackupOutcome,
  type FinishedRun,
  type Product,
  plainOutcome,
  secondsBetween,
  type Unreadable,
} from './product.ts';
import { queryJobs, type SnapshotSource } from './repository.ts';

export interface KopiaSnapshot {
  host: string | null;
  user: string | null;
  path: string | null;
  start: number | null;
  end: number | null;
  bytes: number | null;
  files: number | null;
  errors: number | null;
  ignoredErrors: number | null;
  failedEntries: number | null;
  /** Why it was cut off; null when it is whole. */
  incomplete: string | null;
}

/** Snapshots of the list, in its order; null when the text is not such a list or a row has no time. */
export function parseSnapshots(stdout: string): KopiaSnapshot[] | null {
  const rows = goList(strictJson(stdout));
  if (rows === null) return null;
  const known = rows.flatMap((row) => snapshotOf(strictObject(row)) ?? []);
  return known.length === rows.length ? known : null;
}

/** As `incomplete`, where Kopia gives no reason of its own. */
const noEnd = 'no end time';

function snapshotOf(row: Loose | null): KopiaSnapshot | null {
  const start = strictInstant(row?.startTime);
  if (row === null || start === null) return null;
  const source = strictObject(row.source);
  const stats = strictObject(row.stats);
  const summary = strictObject(strictObject(row.rootEntry)?.summ);
  const end = strictInstant(row.endTime);
  return {
    host: strictText(source?.host),
    user: strictText(source?.userName),
    path: strictText(source?.path),
    start,
    end,
    bytes: strictCount(summary?.size) ?? strictCount(stats?.totalSize),
    // stats.fileCount counts only what was hashed anew; the cached files are beside it.
    files: strictCount(summary?.files) ?? strictCount(stats?.fileCount),
    errors: strictCount(stats?.errorCount),
    ignoredErrors: strictCount(stats?.ignoredErrorCount),
    failedEntries: strictCount(summary?.numFailed),
    incomplete: strictText(row.incomplete) ?? strictText(row.incompleteReason) ?? (end === null ? noEnd : null),
  };
}

/** What a snapshot is worth: cut off is failed, errors make a warning. */
export function resultOf(snapshot: KopiaSnapshot): BackupOutcome['result'] {
  if (snapshot.incomplete !== null) return 'failed';
  const errors = [snapshot.errors, snapshot.ignoredErrors, snapshot.failedEntries];
  return errors.some((count) => (count ?? 0) > 0) ? 'warning' : 'ok';
}

/** The snapshots of each source, newest first. */
export function perSource(snapshots: readonly KopiaSnapshot[]): KopiaSnapshot[][] {
  const byStart = [...snapshots].sort((a, b) => (b.start ?? 0) - (a.start ?? 0));
  return [...Map.groupBy(byStart, ({ host, user, path }) => JSON.stringify([host, user, path])).values()];
}

function warningOf({ errors, ignoredErrors, failedEntries }: KopiaSnapshot): Reason[] {
  const bad = Math.max((errors ?? 0) + (ignoredErrors ?? 0), failedEntries ?? 0);
  return bad > 0 ? [reason('items_unreadable', { items: bad })] : [];
}

const cutOff = (why: string): Reason[] => [reason('snapshot_cut_off'), ...(why === noEnd ? [] : quotation(why))];

function sourceOf(snapshots: readonly KopiaSnapshot[]): SnapshotSource[] {
  const newest = snapshots[0];
  if (!newest) return [];
  const whole = snapshots.find(({ incomplete }) => incomplete === null);
  return [
    {
      host: newest.host,
      series: newest.user,
      protects: newest.path === null ? [] : [newest.path],
      lastRun: newest.end ?? newest.start,
      lastSuccess: whole?.end ?? null,
      bytes: newest.bytes,
      files: newest.files,
      duration: secondsBetween(newest.start, newest.end),
      reasons: newest.incomplete === null ? warningOf(newest) : cutOff(newest.incomplete),
    },
  ];
}

export function parseError(run: FinishedRun): { why: Unreadable | null; message: string } {
  const text = run.stderr;
  const why: [Unreadable, RegExp][] = [
    ['wrong-password', /invalid repository password|password/i],
    ['repository-missing', /repository is not connected|repository not initialized|not connected/i],
    ['no-permission', /permission denied|access denied/i],
    ['unreachable', /connection refused|no such host|timeout|dial tcp/i],
  ];
  return { why: why.find(([, known]) => known.test(text))?.[0] ?? null, message: oneLine(text) };
}

/** A run of `kopia snapshot create --json`: one snapshot per line. Without --json only the exit code counts. */
export function outcome(run: FinishedRun): BackupOutcome {
  const lines = run.stdout.split('\n').filter((line) => line.trim().startsWith('{'));
  const made = parseSnapshots(`[${lines.join(',')}]`) ?? [];
  const sizes = { bytes: sumOf(made.map(({ bytes }) => bytes)), files: sumOf(made.map(({ files }) => files)) };
  const worst = made.map(resultOf).find((result) => result !== 'ok');
  if (run.code !== 0 || run.signal !== null) return plainOutcome(run, quotation(oneLine(run.stderr)));
  if (worst === undefined) return { result: 'ok', reasons: [], ...sizes };
  const warned = made.map(warningOf).find((reasons) => reasons.length > 0);
  return { result: worst, reasons: warned ?? [reason('snapshot_cut_off')], ...sizes };
}

export const kopia: Product = {
  name: 'kopia',
  reads:
    'kopia snapshot list --all --json, only when checks.yaml names it (runs as the user that connected the repository)',
  every: 6 * 3_600_000,
  programs: ['kopia'],
  outcome,
  query: (context, setting) =>
    queryJobs(context, setting, {
      product: 'kopia',
      program: 'kopia',
      args: ['snapshot', 'list', '--json', '--all', '--max-results', '10', '--incomplete'],
      environment: (password) => (password === null ? {} : { KOPIA_PASSWORD: password }),
      parse: (run) => {
        const snapshots = run.code === 0 ? parseSnapshots(run.stdout) : null;
        return snapshots === null ? parseError(run) : perSource(snapshots).flatMap(sourceOf);
      },
    }),
};
