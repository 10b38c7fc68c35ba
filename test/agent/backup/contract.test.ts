/**
 * What every reader of every backup product must keep: a text cut anywhere never becomes a good backup, a report file is
 * read in any encoding and with the dates of any culture, and 64 KiB of nothing cost no time.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as borg from '../../../agent/checks/backup/borg.ts';
import { columnOfDates } from '../../../agent/checks/backup/dates.ts';
import * as dropFile from '../../../agent/checks/backup/drop-file.ts';
import { parseDropFile } from '../../../agent/checks/backup/drop-schema.ts';
import * as duplicati from '../../../agent/checks/backup/duplicati.ts';
import * as duplicity from '../../../agent/checks/backup/duplicity.ts';
import * as events from '../../../agent/checks/backup/events.ts';
import * as fileHistory from '../../../agent/checks/backup/file-history.ts';
import { tailOf } from '../../../agent/checks/backup/files.ts';
import { products } from '../../../agent/checks/backup/index.ts';
import * as kopia from '../../../agent/checks/backup/kopia.ts';
import { parseEnvironment } from '../../../agent/checks/backup/repository.ts';
import * as restic from '../../../agent/checks/backup/restic.ts';
import * as rsnapshot from '../../../agent/checks/backup/rsnapshot.ts';
import * as timeMachine from '../../../agent/checks/backup/time-machine.ts';
import * as veeam from '../../../agent/checks/backup/veeam.ts';
import * as vzdump from '../../../agent/checks/backup/vzdump.ts';
import * as wsb from '../../../agent/checks/backup/windows-server-backup.ts';
import { backup } from '../../../agent/checks/backup.ts';
import { oneLine } from '../../../agent/checks/parse.ts';
import { parseSettings } from '../../../agent/settings.ts';
import type { BackupJob } from '../../../shared/inventory.ts';
import type { Reason } from '../../../shared/reason.ts';
import { inLog } from '../../support/reasons.ts';
import { makeRoom } from './context.ts';

const test = suite('contract of backup readers');
const local = (text: string) => new Date(text).getTime();

/** A text of a good backup, the reader that makes jobs of it, and the time that they must show. */
interface Good {
  name: string;
  text: string;
  jobs(text: string): BackupJob[];
  at: number;
}

const rows = (table: string[][]) => table.map((cells) => `${cells.join('\t')}\r\n`).join('');
const veeamJobs = (stop: string) => rows([['Nightly', 'Backup', 'Stopped', 'Success', stop, stop]]);
const upid = 'UPID:pve:00000001:00000002:69144880:vzdump:7:root@pam:';
const wbList = (time: string) =>
  `NextBackupTime             : ${time}\nNumberOfVersions           : 3\nLastSuccessfulBackupTime   : ${time}\nLastBackupTime             : ${time}\nLastBackupResultHR         : 0\nCurrentOperationStatus     : NoOperationInProgress\n`;
const event = (id: number) =>
  `<Event xmlns='x'><System><Provider Name='Veeam Agent'/><EventID>${id}</EventID><Level>4</Level><TimeCreated SystemTime='2026-11-24T22:41:00.0000000Z'/></System><EventData><Data>'Nightly' ended</Data></EventData></Event>\n`;
const plist =
  '<?xml version="1.0"?><plist version="1.0"><dict><key>Destinations</key><array><dict><key>LastKnownVolumeName</key><string>TM</string><key>RESULT</key><integer>0</integer><key>SnapshotDates</key><array><date>2026-11-24T22:41:00Z</date></array></dict></array></dict></plist>';
const latest = '2026-11-24T22:41:00';

const good: Good[] = [
  { name: 'veeam jobs', text: veeamJobs('24.11.2026 22:41:00'), jobs: veeam.jobsIn, at: local(latest) },
  {
    name: 'veeam jobs, United States',
    text: veeamJobs('11/24/2026 10:41:00 PM'),
    jobs: veeam.jobsIn,
    at: local(latest),
  },
  {
    name: 'veeam sessions',
    text: rows([
      ['Status', 'Success'],
      ['JobName', 'Nightly'],
      ['StartTime', '24.11.2026 22:40:00'],
      ['StopTime', '24.11.2026 22:41:00'],
    ]),
    jobs: veeam.jobsIn,
    at: local(latest),
  },
  {
    name: 'veeamconfig',
    text: `Job name  Type    ID                                      State    Started at        Finished at\nNightly   Backup  {aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}  Success  2026-11-24 22:40  2026-11-24 22:41\n`,
    jobs: (text) => veeam.jobsOfSessions(veeam.parseSessions(text)),
    at: local(latest),
  },
  {
    name: 'veeam events',
    text: event(190),
    jobs: (text) => veeam.jobsOfEvents(events.parseEvents(text)),
    at: Date.parse(`${latest}Z`),
  },
  {
    name: 'duplicati',
    text: JSON.stringify({
      Data: { MainOperation: 'Backup', ParsedResult: 'Success', EndTime: `${latest}Z`, ExaminedFiles: 5 },
      Extra: { OperationName: 'Backup', 'backup-name': 'Nightly' },
    }),
    jobs: duplicati.jobsIn,
    at: Date.parse(`${latest}Z`),
  },
  {
    name: 'duplicity',
    text: `--------------[ Backup Statistics ]--------------\nStartTime 1795560000.00 (x)\nEndTime 1795560060.00 (x)\nSourceFiles 10\nErrors 0\n-------------------------------------------------\n`,
    jobs: duplicity.jobsIn,
    at: 1_795_560_060_000,
  },
  {
    name: 'rsnapshot',
    text: `[2026-11-24T22:40:00] /usr/bin/rsnapshot daily: started\n[${latest}] /usr/bin/rsnapshot daily: completed successfully\n`,
    jobs: (text) => rsnapshot.jobsOf(rsnapshot.parseLog(text), null),
    at: local(latest),
  },
  {
    name: 'vzdump',
    text: `INFO: starting new backup job: vzdump 107\nINFO: Starting Backup of VM 107 (qemu)\nINFO: Backup started at 2026-11-24 22:40:00\nINFO: Finished Backup of VM 107 (00:01:00)\nINFO: Backup finished at 2026-11-24 22:41:00\nINFO: Backup job finished successfully\nTASK OK\n`,
    jobs: (text) => vzdump.jobsOf([{ task: vzdump.parseUpid(upid) as vzdump.Task, log: vzdump.parseLog(text) }]),
    at: local(latest),
  },
  {
    name: 'Windows Server Backup, list',
    text: wbList('24/11/2026 22:41:00'),
    jobs: (text) => [wsb.jobFrom(wsb.parseSummary(text), [])],
    at: local(latest),
  },
  {
    name: 'Windows Server Backup, JSON of PowerShell 5',
    text: '{"LastSuccessfulBackupTime":"\\/Date(1795500000000)\\/","LastBackupTime":"\\/Date(1795500000000)\\/","LastBackupResultHR":0,"NumberOfVersions":2,"CurrentOperationStatus":0}',
    jobs: (text) => [wsb.jobFrom(wsb.parseSummary(text), [])],
    at: 1_795_500_000_000,
  },
  {
    name: 'File History',
    text: '    ProtectedUpToTime    REG_QWORD    0x1dd5bcd9f1f4000\r\n',
    jobs: (text) => [fileHistory.jobFrom('S-1', fileHistory.parseProtectedUpTo(text), [])],
    at: fileHistory.filetime(0x1dd5bcd9f1f4000n) as number,
  },
  {
    name: 'Time Machine',
    text: plist,
    jobs: (text) =>
      (timeMachine.parsePreferences(text)?.destinations ?? []).map((one) =>
        timeMachine.jobFrom(one, timeMachine.parseStatus(''), true),
      ),
    at: Date.parse(`${latest}Z`),
  },
  {
    name: 'drop file',
    text: JSON.stringify({
      ...{ schema: 1, job: 'Nightly', product: 'restic', startedAt: `${latest}Z`, endedAt: `${latest}Z` },
      ...{ result: 'ok', lastSuccess: `${latest}Z` },
    }),
    jobs: (text) => {
      const file = parseDropFile(text);
      return file ? [dropFile.jobFrom(file, false)] : [];
    },
    at: Date.parse(`${latest}Z`),
  },
];

for (const { name, text, jobs, at } of good) {
  test(`${name}: good as it is, and cut anywhere never good at another time`, () => {
    const whole = jobs(text);
    assert.equal(
      whole.map(({ result, lastSuccess }) => [result, lastSuccess]),
      [['ok', at]],
      JSON.stringify(whole),
    );
    const named = whole[0]?.job;
    for (let end = 0; end < text.length; end += 1) {
      for (const job of jobs(text.slice(0, end))) {
        const said = `${name} cut at ${end}: ${JSON.stringify(job)}`;
        if (job.result === 'ok' || job.result === 'warning') assert.is(job.job, named, said);
        // Without the line of its end a backup is as old as its begin.
        assert.ok(job.lastSuccess === null || (job.lastSuccess <= at && job.lastSuccess > at - 120_000), said);
      }
    }
  });
}

const spoken: [culture: string, text: string, expected: string | null][] = [
  ['en-US', '11/24/2026 10:41:00 PM', latest],
  ['en-US, narrow blank', '11/24/2026 10:41:00\u202fPM', latest],
  ['en-GB', '24/11/2026 22:41:00', latest],
  ['en-AU', '24/11/2026 10:41:00 PM', latest],
  ['de-DE', '24.11.2026 22:41:00', latest],
  ['fi-FI', '24.11.2026 22.41.00', latest],
  ['nl-NL', '24-11-2026 22:41:00', latest],
  ['fr-FR, no seconds', '24/11/2026 22:41', latest],
  ['es-MX', '24/11/2026 10:41:00 p. m.', latest],
  ['el-GR', '24/11/2026 10:41:00 μμ', latest],
  ['ja-JP', '2026/11/24 22:41:00', latest],
  ['ko-KR', '2026-11-24 오후 10:41:00', latest],
  ['zh-TW', '2026/11/24 下午 10:41:00', latest],
  ['hu-HU', '2026. 11. 24. 22:41:00', latest],
  ['sv-SE', '2026-11-24 22:41:00', latest],
  ['ar-EG, marks of direction', '\u200f24/11/2026 10:41:00 م', latest],
  ['invariant', '11/24/2026 22:41:00', latest],
  ['round trip', '2026-11-24T22:41:00.0000000', latest],
  ['th-TH', '24/11/2569 22:41:00', null],
  ['ar-SA', '14/06/1448 10:41:00 م', null],
  ['fa-IR', '1405/09/03 22:41:00', null],
  ['two digits of a year', '24.11.26 22:41:00', null],
  ['words', '24 November 2026 22:41', null],
  ['unknown half of the day', '24/11/2026 10:41:00 xy', null],
  ['no such day', '31/02/2026 10:41:00', null],
];

for (const [culture, text, expected] of spoken) {
  test(`dates of ${culture}`, () => {
    const read = columnOfDates([text])(text);
    assert.is(read, expected === null ? null : local(expected));
    const [job] = veeam.jobsIn(veeamJobs(text));
    assert.is(job?.lastSuccess ?? null, read);
    assert.is(job?.result, read === null ? 'unknown' : 'ok', 'a good run without a time is not known to be good');
    if (read === null) assert.match(inLog(job?.reason), text.trim());
    const [summary] = [wsb.jobFrom(wsb.parseSummary(wbList(text)), [])];
    assert.equal([summary.lastSuccess, summary.result], [read, read === null ? 'unknown' : 'ok']);
    if (read === null) assert.match(inLog(summary.reason), text.trim());
  });
}

test('the column decides what one date leaves open; what contradicts itself is not guessed; settings come first', () => {
  const us = columnOfDates(['03/04/2026 09:00:00', '03/17/2026 09:00:00']);
  assert.is(us('03/04/2026 09:00:00'), local('2026-03-04T09:00:00'));
  const gb = columnOfDates(['03/04/2026 09:00:00 AM', '17/03/2026 09:00:00 AM']);
  assert.is(gb('03/04/2026 09:00:00 AM'), local('2026-04-03T09:00:00'));
  const mixed = columnOfDates(['03/04/2026 09:00:00', '03/17/2026 09:00:00', '17/03/2026 09:00:00']);
  assert.equal(['03/04/2026 09:00:00', '03/17/2026 09:00:00', '17/03/2026 09:00:00'].map(mixed), [
    null,
    local('2026-03-17T09:00:00'),
    local('2026-03-17T09:00:00'),
  ]);
  assert.is(columnOfDates([], 'mdy')('03/04/2026 09:00:00'), local('2026-03-04T09:00:00'));
  const set = (order: string) =>
    parseSettings(`backups:\n  reports:\n    - {product: veeam, glob: /x, dates: ${order}}\n`, 'f').backups
      ?.reports?.[0]?.dates;
  assert.is(set('mdy'), 'mdy');
  assert.throws(() => set('american'));
});

test('a table of Veeam jobs with a header is read by its names, in any order of columns', () => {
  const table = rows([
    ['LastResult', 'Name', 'StopTime', 'StartTime', 'State'],
    ['Failed', 'Weekly', '24.11.2026 22:41:00', '24.11.2026 22:40:00', 'Stopped'],
  ]);
  const [job, ...rest] = veeam.jobsIn(table);
  assert.equal(
    [job?.job, job?.result, job?.lastRun, job?.duration, rest.length],
    ['Weekly', 'failed', local(latest), 60, 0],
  );
});

const encodings: [name: string, bytes: (text: string) => Buffer][] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-8 with a mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16 LE', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16 BE', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ['Latin-1', (text) => Buffer.from(text, 'latin1')],
];

for (const [name, bytes] of encodings) {
  test(`report and drop files in ${name}, whole and as the end of a long file`, async () => {
    const room = makeRoom();
    const path = join(room.folder, 'report.txt');
    for (const filling of [0, 5000]) {
      writeFileSync(path, bytes(`${'Füllung\t-\r\n'.repeat(filling)}Günther\tBackup\r\n`));
      const tail = await tailOf(path, 4097);
      assert.is(tail?.text.split(/\r\n/).at(-2), 'Günther\tBackup');
      assert.ok(
        tail?.text
          .split(/\r\n/)
          .slice(0, -2)
          .every((line) => line === 'Füllung\t-'),
      );
    }
    writeFileSync(
      join(room.folder, 'checks.yaml'),
      bytes('backups:\n  reports:\n    - {product: veeam, glob: /jobs.tsv}\n'),
    );
    const { mkdirSync } = await import('node:fs');
    for (const folder of ['root', 'backup.d']) mkdirSync(join(room.folder, folder));
    const stop = '22.11.2026 22:41:00';
    writeFileSync(join(room.folder, 'root/jobs.tsv'), bytes(veeamJobs(stop).replace('Nightly', 'Günther')));
    const drop = { schema: 1, job: 'Übung', product: 'tar', endedAt: '2026-11-22T00:00:00Z', result: 'ok' };
    writeFileSync(join(room.folder, 'backup.d/a.json'), bytes(JSON.stringify(drop)));
    room.time.now = local('2026-11-23T00:00:00');
    const jobs = (await backup().run(room.context)).sections?.backups as BackupJob[];
    assert.equal(
      jobs.map(({ job, result }) => [job, result]),
      [
        ['Übung', 'ok'],
        ['Günther', 'ok'],
      ],
    );
    room.close();
  });
}

const run = (text: string) => ({ code: 1, signal: null, stdout: text, stderr: text });
const readers: Record<string, (text: string) => unknown> = {
  ...Object.fromEntries(good.map(({ name, jobs }) => [name, jobs])),
  ...Object.fromEntries(
    products.filter(({ outcome }) => outcome).map((one) => [`run of ${one.name}`, (text) => one.outcome?.(run(text))]),
  ),
  'restic snapshots': restic.parseSnapshots,
  'restic error': (text) => restic.parseError(run(text)),
  'borg archives': borg.parseArchives,
  'borg create': borg.parseCreate,
  'borg error': (text) => borg.parseError(run(text)),
  'borg series': borg.seriesOf,
  'kopia snapshots': kopia.parseSnapshots,
  'kopia error': (text) => kopia.parseError(run(text)),
  'duplicity collection': duplicity.parseCollection,
  'duplicity error': (text) => duplicity.parseError(run(text)),
  'rsnapshot configuration': rsnapshot.parseConfiguration,
  'vzdump index': vzdump.parseIndex,
  'wbadmin versions': wsb.parseVersions,
  'registry users': fileHistory.parseUsers,
  'tmutil destinations': timeMachine.parseDestinations,
  'tmutil latest': timeMachine.parseLatest,
  'tmutil status': timeMachine.parseStatus,
  environment: parseEnvironment,
  reason: oneLine,
  date: (text) => columnOfDates([text])(text),
};

/** 64 KiB each; the last ones begin like something real and never go on. */
const size = 65_536;
const filled = (piece: string) => piece.repeat(Math.ceil(size / piece.length)).slice(0, size);
const nothing: Record<string, string> = {
  'blank lines': filled('\n'),
  'blank lines, Windows': filled('\r\n'),
  blanks: filled(' '),
  tabs: filled('\t'),
  digits: filled('7'),
  letters: filled('a'),
  'lines of blanks': filled(' \n'),
  'a key and blanks': `A=${filled(' ')}x`,
  'a label and blanks': `Name :${filled(' ')}x`,
  'a brace and blanks': `{${filled(' \n')}`,
  'a bracket and letters': `[${filled('a')}`,
  'open events': filled('<Event '),
  'open data': `<Event >${filled('<Data ')}</Event>`,
  rulers: filled('='),
  backslashes: filled(' \\\n'),
};

for (const [name, read] of Object.entries(readers)) {
  test(`${name}: 64 KiB of nothing in less than 20 ms`, () => {
    for (const [filling, text] of Object.entries(nothing)) {
      let best = Number.POSITIVE_INFINITY;
      for (let round = 0; round < 5 && best >= 20; round += 1) {
        const started = process.threadCpuUsage();
        read(text);
        const { user, system } = process.threadCpuUsage(started);
        // CPU time of this thread: what else runs on the machine does not count.
        best = Math.min(best, (user + system) / 1000);
      }
      assert.ok(best < 20, `${filling}: ${best.toFixed(1)} ms`);
    }
  });
}

test('a long reason is cut in the middle: its end says why', () => {
  const long = `command 'x' failed: ${'data '.repeat(400)}exit code 2`;
  const textOf = (reasons: readonly Reason[] = []) => String(reasons.at(-1)?.params?.text);
  for (const text of [
    vzdump.parseLog(`INFO: Starting Backup of VM 7 (qemu)\nERROR: Backup of VM 7 failed - ${long}\n`).guests[0]?.reason,
    textOf(restic.outcome({ code: 1, signal: null, stdout: '', stderr: `Fatal: ${long}` }).reasons),
    textOf(borg.outcome({ code: 2, signal: null, stdout: '', stderr: long }).reasons),
    textOf(
      products.find((one) => one.name === 'rsync')?.outcome?.({ code: 2, signal: null, stdout: '', stderr: long })
        .reasons,
    ),
  ]) {
    assert.match(text ?? '', /^command 'x' failed: .*….*exit code 2$/);
    assert.ok((text?.length ?? 0) <= 600);
  }
});

test.run();
