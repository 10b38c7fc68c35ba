/**
 * Time Machine. Its preferences (root and Full Disk Access) are the only source that works while the disk is away:
 * each destination's SnapshotDates (UTC) and RESULT of the last attempt. `tmutil` exits 0 on failures too, so its words
 * are read, and the name of the latest backup is local time. Local snapshots are not backups.
 */

import type { BackupJob } from '../../../shared/inventory.ts';
import { joinReasons, quotation, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { type Loose, oneLine, strictList, strictObject, strictObjects, strictText } from '../parse.ts';
import { parsePlist } from '../plist.ts';
import { localInstant, strictInstant } from './instants.ts';
import { Idle, jobOf, latest, type Product, SourceUnreadable } from './product.ts';

export interface Destination {
  name: string | null;
  id: string | null;
  /** RESULT of the last attempt: 0 is good; null when unknown. */
  lastResult: number | null;
  latest: number | null;
  /** Backups that the destination is known to hold; null when the list is not there. */
  count: number | null;
  lastAttempt: number | null;
  url: string | null;
  bytesUsed: number | null;
  bytesAvailable: number | null;
}

const numberOf = (value: unknown): number | null =>
  typeof value === 'number'
    ? value
    : typeof value === 'string' && /^-?\d{1,18}$/.test(value.trim())
      ? Number(value)
      : null;

function destinationOf(row: Loose): Destination {
  const dates = strictList(row.SnapshotDates);
  const times = (dates ?? []).map((date) => strictInstant(date, 'UTC'));
  const attempts = (strictList(row.AttemptDates) ?? []).map((date) => strictInstant(date, 'UTC'));
  return {
    name: strictText(row.LastKnownVolumeName),
    id: strictText(row.DestinationID),
    lastResult: numberOf(row.RESULT),
    latest: latest(times),
    count: dates === null ? null : times.length,
    lastAttempt: latest([...attempts, latest(times)]),
    url: strictText(row.NetworkURL),
    bytesUsed: numberOf(row.BytesUsed),
    bytesAvailable: numberOf(row.BytesAvailable),
  };
}

/**
 * Destinations in com.apple.TimeMachine.plist, whole, its `Destinations` alone, or one of them; `autoBackup` is null
 * when unknown. Null when the text holds neither.
 */
export function parsePreferences(text: string): { destinations: Destination[]; autoBackup: boolean | null } | null {
  const value = parsePlist(text);
  const root = strictObject(value);
  const single = root !== null && ('SnapshotDates' in root || 'RESULT' in root) ? [root] : null;
  const rows = strictList(value) ?? strictList(root?.Destinations) ?? single;
  if (rows === null)
    return root !== null && 'AutoBackup' in root ? { destinations: [], autoBackup: flagOf(root.AutoBackup) } : null;
  return {
    destinations: strictObjects(rows).map(destinationOf),
    autoBackup: flagOf(root?.AutoBackup),
  };
}

const flagOf = (value: unknown): boolean | null =>
  typeof value === 'boolean' ? value : numberOf(value) === null ? null : numberOf(value) !== 0;

export type LatestReason =
  | 'destination-not-mounted'
  | 'no-machine-directory'
  | 'no-full-disk-access'
  | 'not-configured'
  | 'no-backup';

const latestCodes = {
  'destination-not-mounted': 'destination_not_mounted',
  'no-machine-directory': 'no_machine_directory',
  'no-full-disk-access': 'no_full_disk_access',
  'not-configured': 'not_configured',
  'no-backup': 'no_backup_there',
} as const;

const latestReasons: [LatestReason, RegExp][] = [
  ['no-full-disk-access', /full disk access|operation not permitted|not authorized/i],
  [
    'destination-not-mounted',
    /failed to mount|not mounted|could not be mounted|unable to mount|destination .*unavailable/i,
  ],
  ['no-machine-directory', /unable to locate machine directory|no machine directory/i],
  ['not-configured', /no destinations? configured|not configured/i],
  ['no-backup', /no backups?|no snapshots?/i],
];

export interface LatestBackup {
  /** Local time of the Mac. */
  latest: number | null;
  path: string | null;
  reason: LatestReason | null;
  /** False only when tmutil says that there is no destination; null when it does not say. */
  configured: boolean | null;
}

/** `tmutil latestbackup`: a path whose last part is the local time, or words on why not, also with exit code 0. */
export function parseLatest(text: string): LatestBackup {
  const path = /^\/.*$/m.exec(text)?.[0].trim() ?? null;
  const name =
    path === null
      ? null
      : /(\d{4})-(\d\d)-(\d\d)-(\d\d)(\d\d)(\d\d)(?:\.(?:backup|interrupted|inprogress|inProgress))?\/?$/.exec(path);
  const time = name ? localInstant([...name.slice(1, 7).map(Number), 0] as Parameters<typeof localInstant>[0]) : null;
  if (time !== null && !/\.in(terrupted|progress)\/?$/i.test(path ?? '')) {
    return { latest: time, path, reason: null, configured: true };
  }
  const reason = latestReasons.find(([, words]) => words.test(text))?.[0] ?? null;
  return { latest: null, path: null, reason, configured: reason === null ? null : reason !== 'not-configured' };
}

export interface TimeMachineStatus {
  running: boolean | null;
  phase: string | null;
  /** 0–100; null while it prepares. */
  percent: number | null;
  firstBackup: boolean | null;
  stateChanged: number | null;
  bytes: number | null;
  totalBytes: number | null;
  destinationId: string | null;
}

/** `tmutil status`, plain or -X. */
export function parseStatus(text: string): TimeMachineStatus {
  const row = strictObject(parsePlist(text.replace(/^Backup session status:\s*/, ''))) ?? {};
  const progress = strictObject(row.Progress) ?? {};
  const percent = Number(
    strictText(progress.Percent) ?? progress.Percent ?? strictText(row.Percent) ?? row.Percent ?? Number.NaN,
  );
  return {
    running: flagOf(row.Running),
    phase: strictText(row.BackupPhase),
    percent: Number.isFinite(percent) && percent >= 0 ? Math.min(100, Math.round(percent * 10_000) / 100) : null,
    firstBackup: flagOf(row.FirstBackup),
    stateChanged: strictInstant(row.DateOfStateChange, 'UTC'),
    bytes: numberOf(progress.bytes),
    totalBytes: numberOf(progress.totalBytes),
    destinationId: strictText(row.DestinationID),
  };
}

export interface DestinationInfo {
  name: string | null;
  kind: string | null;
  /** Null while the disk is away. */
  mountPoint: string | null;
  id: string | null;
  url: string | null;
  /** The destination of the last backup, marked `>`. */
  last: boolean;
}

function infoOf(row: Loose, last: boolean): DestinationInfo {
  return {
    name: strictText(row.Name),
    kind: strictText(row.Kind),
    mountPoint: strictText(row['Mount Point']) ?? strictText(row.MountPoint),
    id: strictText(row.ID),
    url: strictText(row.URL),
    last,
  };
}

/** `tmutil destinationinfo`, plain or -X; `[]` only when it says that none is configured, null when it says nothing. */
export function parseDestinations(text: string): DestinationInfo[] | null {
  if (/no destinations? configured/i.test(text)) return [];
  const rows = strictList(strictObject(parsePlist(text))?.Destinations);
  if (rows) return strictObjects(rows).map((row) => infoOf(row, row.LastDestination === 1));
  const found = text.split(/^[> ]*={5,}.*$/m).flatMap((block) => {
    const lines = block.split('\n').map((line) => /^(>?) *([A-Z][A-Za-z ]*):(.*)$/.exec(line));
    const pairs = lines.filter((pair) => pair !== null);
    const row = Object.fromEntries(pairs.map(([, , key = '', value = '']) => [key.trim(), value.trim()]));
    // The part before the first ruler has no pairs.
    return strictText(row.Name) || strictText(row.ID)
      ? infoOf(
          row,
          pairs.some(([, mark]) => mark === '>'),
        )
      : [];
  });
  // New versions mark the ruler above the last used destination instead of its name.
  const marks = [...text.matchAll(/^(>?) ?={5,}/gm)].map(([, mark]) => mark === '>');
  return found.length === 0 ? null : found.map((info, at) => ({ ...info, last: info.last || marks[at] === true }));
}

export function jobFrom(destination: Destination, status: TimeMachineStatus, autoBackup: boolean | null): BackupJob {
  const { lastResult, latest: newest, count } = destination;
  const here = status.running === true && (status.destinationId === null || status.destinationId === destination.id);
  const never = newest === null && count === 0;
  const failed = lastResult !== null && lastResult !== 0;
  const finished = failed ? 'failed' : never ? 'never' : lastResult === 0 && newest !== null ? 'ok' : 'unknown';
  const off = autoBackup === false ? [reason('automatic_off')] : [];
  return jobOf('time-machine', `Time Machine ${destination.name ?? destination.id ?? ''}`.trim(), 'plist', {
    repository: destination.url ?? destination.name,
    lastRun: here ? (status.stateChanged ?? destination.lastAttempt) : destination.lastAttempt,
    lastSuccess: newest,
    result: here ? 'running' : finished,
    reasons: failed ? [reason('last_attempt_result', { result: lastResult })] : off,
  });
}

/** What is left without the preferences: the name of the latest backup, if its disk is mounted. */
export function jobFromTmutil(known: LatestBackup, destinations: readonly DestinationInfo[] | null): BackupJob {
  const first = destinations?.[0] ?? null;
  return jobOf('time-machine', `Time Machine ${first?.name ?? ''}`.trim(), 'tmutil', {
    repository: first?.url ?? first?.mountPoint ?? first?.name ?? null,
    lastRun: known.latest,
    lastSuccess: known.latest,
    result: known.latest === null ? 'unknown' : 'ok',
    reasons:
      known.latest === null
        ? [
            known.reason === null ? reason('no_answer', { program: 'tmutil' }) : reason(latestCodes[known.reason]),
            reason('grant_full_disk_access'),
          ]
        : [],
    readable: known.latest !== null,
  });
}

async function discover(context: CheckContext): Promise<BackupJob[]> {
  if (context.platform !== 'darwin') throw new NoData(reason('only_on', { systems: 'macOS' }));
  const tmutil = (...args: string[]) => context.run('/usr/bin/tmutil', args, { timeoutMs: 30_000 });
  const status = parseStatus((await tmutil('status')).stdout);
  const path = '/Library/Preferences/com.apple.TimeMachine.plist';
  const plist = await context.run('/usr/bin/plutil', ['-convert', 'xml1', '-o', '-', path], { timeoutMs: 10_000 });
  const preferences = plist.code === 0 ? parsePreferences(plist.stdout) : null;
  if (preferences?.destinations.length) {
    return preferences.destinations.map((destination) => jobFrom(destination, status, preferences.autoBackup));
  }
  const info = await tmutil('destinationinfo');
  const destinations = parseDestinations(`${info.stdout}\n${info.stderr}`);
  if (destinations?.length === 0) throw new Idle(reason('time_machine_no_destination'));
  if (destinations === null)
    throw new SourceUnreadable(
      'no-permission',
      ...(joinReasons(quotation(oneLine(plist.stderr))) ?? [reason('no_answer', { program: 'tmutil' })]),
    );
  const newest = await tmutil('latestbackup');
  return [jobFromTmutil(parseLatest(`${newest.stdout}\n${newest.stderr}`), destinations)];
}

export const timeMachine: Product = {
  name: 'time-machine',
  reads:
    '/Library/Preferences/com.apple.TimeMachine.plist (root and Full Disk Access), tmutil status, latestbackup, destinationinfo',
  every: 15 * 60_000,
  programs: [],
  discover,
};
