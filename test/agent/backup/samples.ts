/**
 * The thin mapping from the words of the captured samples to ours, one entry a kind. `read` gives what our parser makes
 * of a sample's files, under the sample's own key names.
 */
import * as borg from '../../../agent/checks/backup/borg.ts';
import * as duplicati from '../../../agent/checks/backup/duplicati.ts';
import * as duplicity from '../../../agent/checks/backup/duplicity.ts';
import * as events from '../../../agent/checks/backup/events.ts';
import * as kopia from '../../../agent/checks/backup/kopia.ts';
import type { FinishedRun } from '../../../agent/checks/backup/product.ts';
import * as restic from '../../../agent/checks/backup/restic.ts';
import * as rsnapshot from '../../../agent/checks/backup/rsnapshot.ts';
import * as timeMachine from '../../../agent/checks/backup/time-machine.ts';
import * as veeam from '../../../agent/checks/backup/veeam.ts';
import * as vzdump from '../../../agent/checks/backup/vzdump.ts';
import * as wsb from '../../../agent/checks/backup/windows-server-backup.ts';

export interface Sample {
  code: number | null;
  /** The sample's files by role. */
  files: Record<string, string>;
}

const runOf = ({ code, files }: Sample): FinishedRun => ({
  code,
  signal: null,
  stdout: files.stdout ?? files.stdin ?? files.file ?? '',
  stderr: files.stderr ?? '',
});
const textOf = (sample: Sample) => runOf(sample).stdout;

const archiveKeys = (archive: borg.Archive | null | undefined) => ({
  name: archive?.name,
  id: archive?.id?.slice(0, 12),
  host: archive?.host,
  startLocal: archive?.start,
  endLocal: archive?.end,
  durationSeconds: archive?.duration,
  files: archive?.files,
  originalBytes: archive?.bytes,
  deduplicatedBytes: archive?.bytesAdded,
});
/** The newest archive of a list; null when it has none. */
const lastOf = (archives: borg.Archive[] | null) => (archives?.length ? archiveKeys(archives.at(-1)) : null);

/** What a source that answers with an error amounts to: nothing is known of the backups in it. */
const refused = ({ why, message }: { why: string | null; message: string }) => ({
  status: 'unknown',
  reason: why,
  message,
});

const guestKeys = (guest: vzdump.Guest) => ({
  vmid: guest.vmid,
  type: guest.type,
  startedLocal: guest.started,
  finishedLocal: guest.finished,
  durationSeconds: guest.duration,
  bytesWritten: guest.bytes,
  status: guest.status,
  reason: guest.reason,
  excludedMountPoints: guest.excluded,
});

/** What the ids of Windows' own backup events mean; only what Microsoft's messages say. */
const meanings: Record<number, [meaning: string, ok: boolean]> = {
  4: ['backup succeeded', true],
  5: ['backup failed', false],
  524: ['catalog deleted', false],
};

export const kinds: Record<string, (sample: Sample) => unknown> = {
  'borg-create': (sample) => ({
    ...archiveKeys(borg.parseCreate(`${textOf(sample)}\n${sample.files.stderr ?? ''}`)),
    status: borg.outcome(runOf(sample)).result,
  }),
  'borg-error': (sample) => refused(borg.parseError(runOf(sample))),
  'borg-info': (sample) => ({ last: lastOf(borg.parseArchives(textOf(sample))) }),
  'borg-list': (sample) => {
    const archives = borg.parseArchives(textOf(sample));
    return { archives: archives?.length, last: lastOf(archives) };
  },
  'duplicati-report': (sample) => {
    const report = duplicati.parseReport(textOf(sample));
    return {
      ...{ job: report?.job, machine: report?.machine, operation: report?.operation, status: report?.result },
      ...{
        startedAt: report?.begin,
        endedAt: report?.end,
        durationSeconds: report?.duration,
        message: report?.message,
      },
      ...{ examinedFiles: report?.files, examinedBytes: report?.bytes, uploadedBytes: report?.bytesUploaded },
      ...{
        warnings: report?.warnings,
        errors: report?.errors,
        interrupted: report?.interrupted,
        dryRun: report?.dryRun,
      },
      backupsKept: report?.versions,
    };
  },
  'duplicity-stats': (sample) => {
    const found = duplicity.parseStatistics(textOf(sample));
    return {
      ...{ startedAt: found?.start, endedAt: found?.end, elapsedSeconds: found?.elapsed, sourceFiles: found?.files },
      ...{ sourceBytes: found?.bytes, destinationBytesAdded: found?.bytesAdded, errors: found?.errors },
      status: found ? duplicity.resultOf(found) : 'unknown',
    };
  },
  'get-wbsummary': (sample) => {
    const summary = wsb.parseSummary(textOf(sample));
    const job = wsb.jobFrom(summary, []);
    return { ...summary, ok: job.result === 'ok', timezone: 'local', status: job.result };
  },
  'kopia-snapshot-list': (sample) => {
    const all = kopia.parseSnapshots(textOf(sample));
    const sources = kopia.perSource(all ?? []).flatMap((list) => {
      const one = list[0];
      if (!one) return [];
      return {
        ...{ host: one.host, user: one.user, path: one.path, lastStart: one.start, lastEnd: one.end, bytes: one.bytes },
        ...{ files: one.files, errors: one.errors, ignoredErrors: one.ignoredErrors, failedEntries: one.failedEntries },
        ...{ incomplete: one.incomplete ?? false, status: kopia.resultOf(one) },
      };
    });
    return { sources, snapshots: all?.length };
  },
  'restic-backup-jsonl': (sample) => {
    const summary = restic.parseBackup(textOf(sample));
    return {
      status: restic.outcome(runOf(sample)).result,
      ...{ snapshotId: summary?.snapshot, filesNew: summary?.filesNew, filesProcessed: summary?.files },
      ...{ bytesProcessed: summary?.bytes, bytesAdded: summary?.bytesAdded, durationSeconds: summary?.duration },
      ...{ unreadableItems: restic.unreadableItems(sample.files.stderr ?? ''), endedAt: summary?.end },
      reason: restic.parseError(runOf(sample)).why,
    };
  },
  'restic-error': (sample) => refused(restic.parseError(runOf(sample))),
  'restic-snapshots': (sample) => {
    const all = restic.parseSnapshots(textOf(sample));
    const sources = restic.latestPerSource(all ?? []).map((one) => ({
      ...{ host: one.host, paths: one.paths, tags: one.tags, lastSnapshot: one.time, id: one.id },
      ...{ filesProcessed: one.files, bytesProcessed: one.bytes, bytesAdded: one.bytesAdded, end: one.end },
    }));
    return { snapshots: all?.length, latestPerSource: sources.sort((a, b) => (`${a.host}` < `${b.host}` ? -1 : 1)) };
  },
  'rsnapshot-log': (sample) => {
    const found = [...rsnapshot.parseLog(textOf(sample))];
    return {
      intervals: Object.fromEntries(
        found.map(([name, { lastSuccess, lastRun, result }]) => [name, { lastSuccess, lastRun, lastResult: result }]),
      ),
      lastErrorText: found.map(([, { message }]) => message).findLast((message) => message !== null) ?? null,
    };
  },
  'timemachine-plist': (sample) => {
    const found = timeMachine.parsePreferences(textOf(sample));
    const keys = (one: timeMachine.Destination | undefined) => ({
      ...{ name: one?.name, id: one?.id, lastResult: one?.lastResult, latest: one?.latest, count: one?.count },
      ...{ url: one?.url, bytesUsed: one?.bytesUsed, bytesAvailable: one?.bytesAvailable },
    });
    const all = found?.destinations ?? [];
    return { ...keys(all[0]), autoBackup: found?.autoBackup, destinations: all.map(keys) };
  },
  'tmutil-destinationinfo': (sample) => {
    const found = timeMachine.parseDestinations(`${textOf(sample)}\n${sample.files.stderr ?? ''}`);
    return { destinations: found, configured: found === null ? null : found.length > 0 };
  },
  'tmutil-latestbackup': (sample) => ({
    ...timeMachine.parseLatest(`${textOf(sample)}\n${sample.files.stderr ?? ''}`),
    timezone: 'local time of the Mac',
  }),
  'tmutil-status': (sample) => {
    const found = timeMachine.parseStatus(textOf(sample));
    return { ...found, stateChangedAt: found.stateChanged };
  },
  'veeam-client': (sample) => {
    const sessions = veeam.parseClients(textOf(sample)).map((one) => ({
      ...{ job: one.job, machine: one.machine, status: one.status, running: one.running, lastStart: one.start },
      ...{ lastEnd: one.end, durationSeconds: one.duration, bytes: one.bytes },
    }));
    return { ...sessions[0], clients: sessions };
  },
  'veeam-jobs': (sample) => ({
    jobs: veeam.parseJobs(textOf(sample)).map((row) => ({
      ...{ name: row.name, type: row.type, start: row.start, end: row.stop },
      state: row.complete ? veeam.resultOfJob(row) : 'incomplete',
    })),
  }),
  'vzdump-log': (sample) => {
    const log = vzdump.parseLog(textOf(sample));
    return { guests: log.guests.map(guestKeys), job: log.job, pruneFailed: log.pruneFailed };
  },
  'wbadmin-get-versions': (sample) => {
    const versions = wsb.parseVersions(textOf(sample)).map((one) => ({ ...one, timeUtc: one.time }));
    return { versions, latestUtc: versions.at(-1)?.time ?? null };
  },
  'wevtutil-xml': (sample) => {
    const found = events.parseEvents(textOf(sample));
    const one = found[0];
    const known = one?.provider === 'Microsoft-Windows-Backup' ? meanings[one.id] : undefined;
    return {
      ...{ provider: one?.provider, eventId: one?.id, timeUtc: one?.time, level: one?.level, channel: one?.channel },
      ...{ computer: one?.computer, events: found.length, meaning: known?.[0] ?? null, ok: known?.[1] ?? null },
    };
  },
};

/** Our one word for a result, and theirs. */
const sameWord: Record<string, readonly string[]> = {
  ok: ['ok', 'success'],
  warning: ['warning', 'warn', 'partial'],
  failed: ['failed', 'error', 'crit', 'fatal', 'critical'],
  running: ['running'],
  never: ['never'],
  unknown: ['unknown'],
};

/** Whether what we read equals what the sample says: times by the moment, numbers within `tolerance`, objects by their keys. */
export function agrees(expected: unknown, read: unknown, tolerance = 0): boolean {
  if (expected === null) return read === null || read === undefined;
  if (Array.isArray(expected)) {
    return (
      Array.isArray(read) &&
      read.length === expected.length &&
      expected.every((item, at) => agrees(item, read[at], tolerance))
    );
  }
  if (typeof expected === 'object')
    return (
      typeof read === 'object' &&
      read !== null &&
      Object.entries(expected).every(
        ([key, value]) => key in read && agrees(value, (read as Record<string, unknown>)[key], tolerance),
      )
    );
  if (typeof expected === 'number') {
    // HRESULTs are written signed or unsigned; fractions of a millisecond are not kept.
    return (
      typeof read === 'number' &&
      (Math.abs(expected - read) <= Math.max(tolerance, 0.001) || (expected < 0 && expected >>> 0 === read))
    );
  }
  if (typeof expected === 'string' && typeof read === 'number') return agreesAsTime(expected, read);
  if (typeof expected === 'string' && typeof read === 'string') {
    return expected === read || (sameWord[read]?.includes(expected.toLowerCase()) ?? false);
  }
  return expected === read;
}

function agreesAsTime(expected: string, read: number): boolean {
  if (/^0x[0-9a-f]+$/i.test(expected)) return Number(expected) === read;
  const cut = expected.replace(/(\.\d{3})\d+/, '$1');
  return Math.abs(Date.parse(cut) - read) <= 10;
}
