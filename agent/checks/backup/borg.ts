/**
 * borg 1.1 to 2. Exit codes: 0 good, 1 warning (the archive was written), 2 error; with BORG_EXIT_CODES=modern (1.4,
 * the only way in 2) 3–99 are errors and 100–127 warnings (borg's "Return codes"). `--log-json` adds a msgid to each
 * line. Times of borg 1 carry no zone: they are local to the machine that ran it.
 */

import { hostname } from 'node:os';
import { reasonOf } from '../../../shared/errors.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import {
  digitsOf,
  jsonLines,
  type Loose,
  oneLine,
  sizeOf,
  strictCount,
  strictJson,
  strictList,
  strictObject,
  strictObjects,
  strictText,
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
import { ask, jobsOf, ours, type SnapshotSource } from './repository.ts';
import type { RepositorySettings } from './rules.ts';

export interface Archive {
  name: string | null;
  id: string | null;
  host: string | null;
  start: number | null;
  end: number | null;
  /** Seconds. */
  duration: number | null;
  files: number | null;
  bytes: number | null;
  bytesAdded: number | null;
}

function archiveOf(row: Loose): Archive {
  const stats = strictObject(row.stats);
  return {
    name: strictText(row.name) ?? strictText(row.archive),
    id: strictText(row.id),
    host: strictText(row.hostname),
    start: strictInstant(row.start) ?? strictInstant(row.time),
    end: strictInstant(row.end),
    duration: strictCount(row.duration),
    files: strictCount(stats?.nfiles),
    bytes: strictCount(stats?.original_size),
    bytesAdded: strictCount(stats?.deduplicated_size),
  };
}

/** The JSON document of a borg command, also when log lines surround it. */
function documentIn(stdout: string): Loose | null {
  const whole = strictObject(strictJson(stdout));
  if (whole) return whole;
  const from = stdout.search(/^\{\s*$/m);
  const to = stdout.lastIndexOf('\n}');
  return from >= 0 && to > from ? strictObject(strictJson(stdout.slice(from, to + 2))) : null;
}

/** The archive of `borg create --json`, or of the table of `--stats`; null when neither is there. */
export function parseCreate(output: string): Archive | null {
  const archive = strictObject(documentIn(output)?.archive);
  return archive ? archiveOf(archive) : parseStats(output);
}

function parseStats(output: string): Archive | null {
  const name = /^Archive name: (.+)$/m.exec(output)?.[1];
  if (name === undefined) return null;
  const size = '([\\d.]+ [kMGTPE]?i?B)';
  const row = new RegExp(`^This archive:\\s+${size}\\s+${size}(?:\\s+${size})?`, 'm').exec(output);
  return {
    name: name.trim(),
    id: /^Archive fingerprint: ([0-9a-f]+)/m.exec(output)?.[1] ?? null,
    host: null,
    start: null,
    end: null,
    duration: digitsOf(/^Duration: ([\d.]+) seconds/m.exec(output)?.[1]),
    files: digitsOf(/^Number of files: (\d+)/m.exec(output)?.[1]),
    bytes: sizeOf(row?.[1]),
    bytesAdded: sizeOf(row?.[3] ?? row?.[2]),
  };
}

/** Archives of `borg list --json`, `borg info --json` or borg 2's `repo-list`, oldest first; null when unreadable. */
export function parseArchives(stdout: string): Archive[] | null {
  const rows = strictList(documentIn(stdout)?.archives);
  if (rows === null) return null;
  const archives = strictObjects(rows).map(archiveOf);
  if (archives.length !== rows.length || archives.some(({ start }) => start === null)) return null;
  return archives.sort((a, b) => (a.start ?? 0) - (b.start ?? 0));
}

const reasons: [why: Unreadable, msgid: RegExp, text: RegExp, codes: readonly number[]][] = [
  ['locked', /^(Lock|NotLocked|NotMyLock)/, /create\/acquire the lock/i, [70, 71, 72, 73, 74, 75]],
  [
    'wrong-password',
    /^(Passphrase|PasscommandFailure|PasswordRetriesExceeded|NoPassphrase)/,
    /passphrase supplied .* is incorrect|passcommand supplied .* failed|can not acquire a passphrase|passphrase is (wrong|incorrect)/i,
    [50, 51, 52, 53],
  ],
  [
    'repository-missing',
    /^Repository\.(DoesNotExist|InvalidRepository|ParentPathDoesNotExist)/,
    /^Repository .* (does not exist|is not a valid repository)|not a valid repository/im,
    [13, 15, 16],
  ],
  [
    'no-permission',
    /^(Repository\.PathPermissionDenied|Cache\.RepositoryAccessAborted|PathNotAllowed)/,
    /permission denied|access aborted/i,
    [21, 60, 83],
  ],
  [
    'unreachable',
    /^(Connection|RemoteRepository\.)/,
    /connection closed by remote|could not resolve hostname|connection refused/i,
    [80, 81, 82, 84, 85, 86, 87],
  ],
];

/** Why borg refused: msgid of `--log-json` first, then the modern exit code, then the English text. */
export function parseError(run: FinishedRun): { why: Unreadable | null; message: string } {
  const row = jsonLines(run.stderr).findLast(({ levelname }) => levelname === 'ERROR' || levelname === 'CRITICAL');
  const msgid = strictText(row?.msgid) ?? '';
  const text = strictText(row?.message) ?? run.stderr;
  const why =
    reasons.find(([, known]) => known.test(msgid)) ??
    reasons.find(([, , , codes]) => run.code !== null && codes.includes(run.code)) ??
    reasons.find(([, , known]) => known.test(text));
  // The last line of a traceback names the error.
  const thrown = /^Traceback/m.test(text) ? text.match(/^\w*(?:Error|Exception): .*/m)?.[0] : undefined;
  return { why: why?.[0] ?? null, message: oneLine(thrown ?? text) };
}

/** How an exit code of borg is meant, in both numberings. */
export function meaningOf(code: number | null): 'ok' | 'warning' | 'failed' {
  if (code === 0) return 'ok';
  return code === 1 || (code !== null && code >= 100 && code < 128) ? 'warning' : 'failed';
}

/**
 * A run of `borg create`. A warning wrote the archive, so it counts. But an archive without any file is what borg makes of
 * a source that is not there (exit code 1) or not mounted (0).
 */
export function outcome(run: FinishedRun): BackupOutcome {
  const archive = parseCreate(run.stdout) ?? parseCreate(run.stderr);
  const sizes = { bytes: archive?.bytes ?? null, files: archive?.files ?? null };
  const meaning = run.signal === null ? meaningOf(run.code) : 'failed';
  const empty = archive?.files === 0;
  if (meaning === 'ok')
    return { result: empty ? 'warning' : 'ok', reasons: empty ? [reason('archive_empty')] : [], ...sizes };
  if (meaning === 'failed') {
    const { why, message } = parseError(run);
    return plainOutcome(run, reasonsWhy(why, message));
  }
  const warning = jsonLines(run.stderr).findLast(({ levelname }) => levelname === 'WARNING');
  const text = oneLine(strictText(warning?.message) ?? run.stderr.trim().split('\n').at(-1) ?? '');
  const reasons = text === '' ? [reason('ended_exit', { exit: run.code })] : quotation(text);
  return empty
    ? { result: 'failed', reasons: [reason('archive_empty'), ...reasons], ...sizes }
    : { result: 'warning', reasons: reasons, ...sizes };
}

const day = '20\\d\\d[-_.]?(?:0[1-9]|1[0-2]|W\\d\\d)(?:[-_.]?[0-3]\\d)?|[0-3]\\d[-_.](?:0[1-9]|1[0-2])[-_.]20\\d\\d';
const clock = '(?:[-T_.:@ ]?\\d\\d){0,3}(?:[.,]\\d{1,9})?(?:Z|[+-]\\d\\d:?\\d\\d)?';
const counted = new RegExp(`(?<![A-Za-z\\d])(?:(?:${day})${clock}|\\d{10,13})(?!\\d)`, 'g');

/**
 * What the names of a series have in common: `web-home-2026-11-22T03:00:01` and its like without their time. Names without
 * a time (days of the week, names given by hand) are one series together.
 */
export function seriesOf(name: string | null): string {
  const whole = (name ?? '').replace(/\.checkpoint(\.\d+)?$/, '');
  const stem = whole.replace(counted, '');
  return stem === whole ? '' : stem.replace(/^[-_.: ]+|[-_.: ]+$/g, '');
}

/** The newest archive of each series of each host. */
export function newestPerSeries(archives: readonly Archive[]): Archive[] {
  const newestFirst = [...archives].sort((a, b) => (b.start ?? 0) - (a.start ?? 0));
  const groups = Map.groupBy(newestFirst, ({ host, name }) => JSON.stringify([host, seriesOf(name)]));
  return [...groups.values()].flatMap(([newest]) => newest ?? []);
}

function sourceOf(archive: Archive): SnapshotSource {
  const { host, name, start, end, bytes, files, duration } = archive;
  // A checkpoint is what an interrupted run leaves behind.
  const complete = !/\.checkpoint(\.\d+)?$/.test(name ?? '');
  const reasons = complete ? [] : [reason('archive_checkpoint')];
  const lastRun = end ?? start;
  const lastSuccess = complete ? lastRun : null;
  return { host, series: seriesOf(name), protects: [], lastRun, lastSuccess, bytes, files, duration, reasons };
}

function archivesOf(context: CheckContext, setting: RepositorySettings, args: string[]): Promise<Archive[]> {
  return ask(context, setting, {
    ...{ program: 'borg', args: ['--log-json', '--lock-wait', '5', ...args] },
    environment: (password) => ({
      // Every question is answered "no": borg would wait for a person.
      BORG_RELOCATED_REPO_ACCESS_IS_OK: 'no',
      BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK: 'no',
      ...(setting.repository ? { BORG_REPO: setting.repository } : {}),
      ...(password === null ? {} : { BORG_PASSPHRASE: password }),
    }),
    parse: (run) => (meaningOf(run.code) === 'failed' ? null : parseArchives(run.stdout)) ?? parseError(run),
  });
}

/** Sizes cost a walk through the archive: they are asked for the newest of a few series only. */
const mostSized = 5;

async function query(context: CheckContext, setting: RepositorySettings): Promise<BackupJob[]> {
  const matching = setting.archives ? ['--glob-archives', setting.archives] : [];
  const list = (command: string) =>
    archivesOf(context, setting, [command, '--json', '--format', '{hostname}{end}', ...matching]);
  const all = await list('list').catch((thrown: unknown) => {
    // borg 2 lists files with `list`, and archives with another command.
    if (/required: NAME|repo-list/.test(reasonOf(thrown))) return list('repo-list');
    throw thrown;
  });
  const sources: SnapshotSource[] = [];
  let asked = 0;
  for (const archive of newestPerSeries(all)) {
    const source = sourceOf(archive);
    const wanted = ours([source], setting).length > 0 && asked++ < mostSized;
    // A name is taken by its letters, whatever a pattern would make of them.
    const name = (archive.name ?? '').replace(/[*?[]/g, '[$&]');
    const args = ['info', '--json', '--last', '1', '--glob-archives', name];
    const [sized] = wanted ? await archivesOf(context, setting, args).catch(() => []) : [];
    sources.push(sized ? sourceOf(sized) : source);
  }
  return jobsOf(sources, setting, 'borg', hostname());
}

export const borg: Product = {
  name: 'borg',
  reads: 'borg list --json and info --json, only for repositories in checks.yaml (needs their passphrase)',
  every: 6 * 3_600_000,
  programs: ['borg', 'borgmatic'],
  outcome,
  query,
};
