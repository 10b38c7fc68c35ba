/**
 * restic 0.9 to 0.19. Exit codes (restic's own documentation, "Exit codes"): 0 good, 1 failed, 3 a snapshot was written
 * but some source could not be read, 10 no repository, 11 locked, 12 wrong password; before 0.17 the last three are 1
 * and only the text distinguishes them.
 */
import { reason } from '../../../shared/reason.ts';
import {
  digitsOf,
  goList,
  jsonLines,
  type Loose,
  oneLine,
  sizeOf,
  strictCount,
  strictJson,
  strictObject,
  strictText,
  strictTexts,
} from '../parse.ts';
import { strictInstant } from './instants.ts';
import {
  type BackupOutcome,
  type FinishedRun,
  type Product,
  plainOutcome,
  reasonsWhy,
  type Unreadable,
} from './product.ts';
import { queryJobs, type SnapshotSource } from './repository.ts';

export interface ResticSummary {
  snapshot: string | null;
  filesNew: number | null;
  files: number | null;
  bytes: number | null;
  bytesAdded: number | null;
  duration: number | null;
  end: number | null;
}

/** The last summary in the output of `restic backup --json`, which comes after any number of status lines. */
export function parseBackup(stdout: string): ResticSummary | null {
  const line = jsonLines(stdout).findLast((row) => row.message_type === 'summary' && 'total_files_processed' in row);
  return line ? summaryOf(line) : parseBackupText(stdout);
}

function summaryOf(line: Loose): ResticSummary {
  return {
    snapshot: strictText(line.snapshot_id),
    filesNew: strictCount(line.files_new),
    files: strictCount(line.total_files_processed),
    bytes: strictCount(line.total_bytes_processed),
    bytesAdded: strictCount(line.data_added),
    duration: strictCount(line.total_duration),
    end: strictInstant(line.backup_end),
  };
}

/** The closing lines without --json. Sizes there are rounded to three digits after the point. */
function parseBackupText(stdout: string): ResticSummary | null {
  const snapshot = /^snapshot ([0-9a-f]{8,64}) saved$/m.exec(stdout);
  if (!snapshot) return null;
  const processed = /^processed (\d+) files, ([\d.]+ \w+) in /m.exec(stdout);
  return {
    snapshot: snapshot[1] ?? null,
    filesNew: digitsOf(/^Files:\s+(\d+) new/m.exec(stdout)?.[1]),
    files: digitsOf(processed?.[1]),
    bytes: sizeOf(processed?.[2]),
    bytesAdded: sizeOf(/^Added to the repo(?:sitory)?: ([\d.]+ \w+)/m.exec(stdout)?.[1]),
    duration: null,
    end: null,
  };
}

/** How many source files could not be read, as printed on stderr (JSON lines, or text before 0.12). */
export function unreadableItems(stderr: string): number {
  const rows = jsonLines(stderr).filter((row) => row.message_type === 'error');
  return rows.length > 0 ? rows.length : [...stderr.matchAll(/^error: (?!.*Fatal)/gm)].length;
}

/** Why restic refused, from exit code and stderr, and its own words. */
export function parseError(run: FinishedRun): { why: Unreadable | null; message: string } {
  const failure = jsonLines(run.stderr).findLast((row) => row.message_type === 'exit_error');
  const text = strictText(failure?.message) ?? run.stderr;
  const code = strictCount(failure?.code) ?? run.code;
  // Retries and warnings stand before it.
  const fatal = text.slice(Math.max(0, text.lastIndexOf('Fatal: '))).replace(/^Fatal: /, '');
  return { why: whyOf(code, text), message: oneLine(fatal) };
}

function whyOf(code: number | null, text: string): Unreadable | null {
  if (
    code === 12 ||
    /wrong password|no key found|empty password|password is (in)?correct|Resolving password failed/i.test(text)
  ) {
    return 'wrong-password';
  }
  if (code === 11 || /already locked|unable to create lock|failed to lock repository/i.test(text)) return 'locked';
  if (code === 10) return 'repository-missing';
  if (/permission denied|access is denied|AccessDenied|403 Forbidden/i.test(text)) return 'no-permission';
  if (/connection refused|no such host|i\/o timeout|network is unreachable|dial tcp|deadline exceeded/i.test(text)) {
    return 'unreachable';
  }
  if (/repository does not exist|Is there a repository at|unable to open config file/i.test(text)) {
    return 'repository-missing';
  }
  return null;
}

export interface Snapshot {
  id: string | null;
  host: string | null;
  paths: string[];
  tags: string[];
  time: number;
  timeText: string;
  end: number | null;
  endText: string | null;
  files: number | null;
  bytes: number | null;
  bytesAdded: number | null;
}

/** `restic snapshots --json`, plain or `--group-by`; null when the text is not such a list. `[]` is an empty repository. */
export function parseSnapshots(stdout: string): Snapshot[] | null {
  const rows = goList(strictJson(stdout));
  if (rows === null) return null;
  const flat = rows.flatMap((row) => goList(strictObject(row)?.snapshots) ?? [row]);
  const known = flat.flatMap((row) => snapshotOf(strictObject(row)) ?? []);
  // Rows without a readable time say that something was saved, not when: the whole answer is then not to be trusted.
  return known.length === flat.length ? known : null;
}

function snapshotOf(row: Loose | null): Snapshot | null {
  const time = strictInstant(row?.time);
  if (row === null || time === null) return null;
  const summary = strictObject(row.summary);
  return {
    id: strictText(row.short_id) ?? strictText(row.id)?.slice(0, 8) ?? null,
    host: strictText(row.hostname),
    paths: strictTexts(row.paths),
    tags: strictTexts(row.tags),
    time,
    timeText: String(row.time),
    end: strictInstant(summary?.backup_end),
    endText: strictText(summary?.backup_end),
    files: strictCount(summary?.total_files_processed),
    bytes: strictCount(summary?.total_bytes_processed),
    bytesAdded: strictCount(summary?.data_added),
  };
}

/** The newest snapshot of each source; a source is host and paths, as restic itself groups them. */
export function latestPerSource(snapshots: readonly Snapshot[]): Snapshot[] {
  const newest = new Map<string, Snapshot>();
  for (const snapshot of snapshots) {
    const key = JSON.stringify([snapshot.host, [...snapshot.paths].sort()]);
    if (snapshot.time >= (newest.get(key)?.time ?? 0)) newest.set(key, snapshot);
  }
  return [...newest.values()];
}

/** A run of `restic backup`. Code 3 wrote a snapshot, so it counts, with a warning. */
export function outcome(run: FinishedRun): BackupOutcome {
  const summary = parseBackup(run.stdout);
  const sizes = { bytes: summary?.bytes ?? null, files: summary?.files ?? null };
  if (run.signal === null && run.code === 0) {
    // A source that is not mounted is an empty folder, which restic saves without a warning.
    const empty = summary?.files === 0;
    return { result: empty ? 'warning' : 'ok', reasons: empty ? [reason('snapshot_empty')] : [], ...sizes };
  }
  if (run.signal === null && run.code === 3) {
    const count = unreadableItems(run.stderr);
    const why = count > 0 ? reason('items_unreadable', { items: count }) : reason('some_items_unreadable');
    return { result: 'warning', reasons: [why], ...sizes };
  }
  const { why, message } = parseError(run);
  return plainOutcome(run, reasonsWhy(why, message));
}

function sourceOf(snapshot: Snapshot): SnapshotSource {
  return {
    host: snapshot.host,
    protects: snapshot.paths,
    lastRun: snapshot.end ?? snapshot.time,
    lastSuccess: snapshot.end ?? snapshot.time,
    bytes: snapshot.bytes,
    files: snapshot.files,
    duration: snapshot.end === null ? null : (snapshot.end - snapshot.time) / 1000,
    reasons: [],
  };
}

export const restic: Product = {
  name: 'restic',
  reads: 'restic snapshots --json --latest 1 --no-lock, only for repositories in checks.yaml (needs their password)',
  every: 6 * 3_600_000,
  programs: ['restic'],
  outcome,
  query: (context, setting) =>
    queryJobs(context, setting, {
      product: 'restic',
      program: 'restic',
      args: ['snapshots', '--json', '--latest', '1', '--no-lock'],
      environment: (password) => ({
        ...(setting.repository ? { RESTIC_REPOSITORY: setting.repository } : {}),
        ...(password === null ? {} : { RESTIC_PASSWORD: password }),
      }),
      parse: (run) => {
        const snapshots = run.code === 0 ? parseSnapshots(run.stdout) : null;
        return snapshots === null ? parseError(run) : latestPerSource(snapshots).map(sourceOf);
      },
    }),
};
