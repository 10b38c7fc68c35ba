/** Forms that the captured samples do not show: other languages, other versions, failures. Shapes as the products document them. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as borg from '../../../agent/checks/backup/borg.ts';
import * as duplicati from '../../../agent/checks/backup/duplicati.ts';
import * as events from '../../../agent/checks/backup/events.ts';
import * as fileHistory from '../../../agent/checks/backup/file-history.ts';
import { outcomeOf, productOfProgram } from '../../../agent/checks/backup/index.ts';
import { strictInstant } from '../../../agent/checks/backup/instants.ts';
import * as kopia from '../../../agent/checks/backup/kopia.ts';
import * as restic from '../../../agent/checks/backup/restic.ts';
import * as rsnapshot from '../../../agent/checks/backup/rsnapshot.ts';
import * as timeMachine from '../../../agent/checks/backup/time-machine.ts';
import * as veeam from '../../../agent/checks/backup/veeam.ts';
import * as vzdump from '../../../agent/checks/backup/vzdump.ts';
import * as wsb from '../../../agent/checks/backup/windows-server-backup.ts';
import { sizeOf, spanOf } from '../../../agent/checks/parse.ts';
import { parsePlist } from '../../../agent/checks/plist.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { withoutSecrets } from '../../../shared/secrets.ts';

const test = suite('variants of backup outputs');
const run = (code: number | null, stdout = '', stderr = '', signal: string | null = null) => ({
  code,
  stdout,
  stderr,
  signal,
});
const local = (text: string) => new Date(text).getTime();

test('times, sizes and spans', () => {
  assert.is(strictInstant('2026-11-22T10:11:21.771718127+01:00'), Date.parse('2026-11-22T09:11:21.771Z'));
  assert.is(strictInstant('2026-08-01 07:51:34 +0000'), Date.parse('2026-08-01T07:51:34Z'));
  for (const never of [
    '0001-01-01T00:00:00Z',
    '1900-01-01 00:00:00',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '',
  ]) {
    assert.is(strictInstant(never), null, never);
  }
  assert.equal(
    [sizeOf('91.226 KiB'), sizeOf('600.55 kB'), sizeOf('399 B'), sizeOf('B'), sizeOf('1 KX')],
    [93415, 600550, 399, null, null],
  );
  assert.equal(
    [spanOf('00:00:51.38'), spanOf('1.02:03:04'), spanOf('00:01:00:00'), spanOf('0:22'), spanOf('x')],
    [51.38, 93784, 3600, 22, null],
  );
  assert.is(withoutSecrets('rest:https://u:p%40w@host:8000/x'), 'rest:https://u:***@host:8000/x');
});

test('restic: the codes of 0.17 and the words before them', () => {
  const why = (code: number, stderr: string) => restic.parseError(run(code, '', stderr)).why;
  assert.is(
    why(
      11,
      '{"message_type":"exit_error","code":11,"message":"Fatal: unable to create lock in backend: repository is already locked exclusively by PID 1"}',
    ),
    'locked',
  );
  assert.is(
    why(1, 'unable to create lock in backend: repository is already locked exclusively by PID 1 on x by root'),
    'locked',
  );
  assert.is(
    why(
      1,
      'Fatal: unable to open config file: Head "http://h/": dial tcp 127.0.0.1:1: connect: connection refused\nIs there a repository at the following location?',
    ),
    'unreachable',
  );
  assert.is(why(1, 'Fatal: Resolving password failed: /x does not exist'), 'wrong-password');
  assert.is(why(1, 'Fatal: something new'), null);
  assert.is(restic.outcome(run(130, '', 'signal interrupt received, cleaning up')).result, 'failed');
  assert.equal(restic.outcome(run(null, '', '', 'SIGKILL')).reasons, [reason('ended_signal', { signal: 'SIGKILL' })]);
  assert.is(restic.parseSnapshots('[{"paths":["/x"]}]'), null, 'a snapshot without a time is not "never"');
});

test('borg: both numberings of exit codes', () => {
  const of = (code: number) => borg.meaningOf(code);
  assert.equal([0, 1, 2, 3, 13, 99, 100, 105, 127, 128, 143].map(of), [
    'ok',
    'warning',
    'failed',
    'failed',
    'failed',
    'failed',
    'warning',
    'warning',
    'warning',
    'failed',
    'failed',
  ]);
  const why = (code: number, stderr = '') => borg.parseError(run(code, '', stderr)).why;
  assert.equal(
    [13, 52, 73, 80].map((code) => why(code)),
    ['repository-missing', 'wrong-password', 'locked', 'unreachable'],
  );
  assert.is(
    why(
      2,
      '{"type":"log_message","levelname":"ERROR","msgid":"Repository.InvalidRepository","message":"x is not a valid repository. Check repo config."}',
    ),
    'repository-missing',
  );
  assert.is(why(2, 'Connection closed by remote host. Is borg working on the server?'), 'unreachable');
  const two = borg.parseArchives(
    '{"archives":[{"name":"a","start":"2026-11-22T10:00:00.000000+01:00","id":"x","hostname":"h"}],"repository":{"location":"ssh://h/r"}}',
  );
  assert.is(two?.[0]?.start, Date.parse('2026-11-22T09:00:00Z'), 'borg 2 writes the zone');
});

test('kopia: unfinished and damaged snapshots', () => {
  const source = { host: 'h', userName: 'u', path: '/p' };
  const list = [
    {
      source,
      startTime: '2026-11-20T01:00:00Z',
      endTime: '2026-11-20T01:05:00.123456789Z',
      stats: { errorCount: 0, ignoredErrorCount: 2, totalSize: 5, fileCount: 1 },
      rootEntry: { summ: { size: 5, files: 1, numFailed: 2 } },
    },
    {
      source,
      startTime: '2026-11-21T01:00:00Z',
      endTime: '2026-11-21T01:00:10Z',
      incomplete: 'checkpoint',
      stats: { errorCount: 0 },
    },
  ];
  const [[newest, older] = []] = kopia.perSource(kopia.parseSnapshots(JSON.stringify(list)) ?? []);
  assert.equal([newest && kopia.resultOf(newest), older && kopia.resultOf(older)], ['failed', 'warning']);
  assert.is(newest?.files, null);
  assert.is(
    kopia.parseError(run(1, '', 'ERROR repository is not connected. See https://kopia.io')).why,
    'repository-missing',
  );
  const made = JSON.stringify(list[0]);
  assert.equal(kopia.outcome(run(0, `${made}\n`)), {
    result: 'warning',
    reasons: [reason('items_unreadable', { items: 2 })],
    bytes: 5,
    files: 1,
  });
});

test('duplicati: warnings, fatal, restore, unfinished', () => {
  const report = (data: object, extra: object = {}) =>
    JSON.stringify({ Data: data, Extra: { OperationName: 'Backup', 'backup-name': 'docs', ...extra } });
  const base = {
    MainOperation: 'Backup',
    BeginTime: '2026-11-21T01:00:00Z',
    EndTime: '2026-11-21T01:01:00Z',
    Duration: '00:01:00',
    ExaminedFiles: 3,
  };
  const one = (text: string) => duplicati.jobsIn(text)[0];
  assert.equal(
    [one(report({ ...base, ParsedResult: 'Warning', Warnings: ['could not read x'] }))].map((job) => [
      job?.result,
      job?.reason,
      job?.lastSuccess !== null,
    ])[0],
    ['warning', quotation('could not read x'), true],
  );
  const fatal = one(
    report({
      ClassName: 'System.Exception',
      Message: 'Found 3 files that are missing from the remote storage\nstack',
      InnerException: null,
    }),
  );
  assert.equal([fatal?.job, fatal?.result, fatal?.lastSuccess, fatal?.files], ['docs', 'failed', null, null]);
  assert.equal(fatal?.reason, quotation('Found 3 files that are missing from the remote storage'));
  const outside = one(
    JSON.stringify({ Data: null, Extra: { OperationName: 'Backup' }, Exception: 'System.IO: no space\n at x' }),
  );
  assert.equal([outside?.result, outside?.reason], ['failed', quotation('System.IO: no space')]);
  assert.equal(duplicati.jobsIn(report({ ...base, MainOperation: 'Restore', ParsedResult: 'Success' })), []);
  assert.is(one(report({ ...base, ParsedResult: 'Success', Interrupted: true }))?.result, 'warning');
  assert.is(one(report({ ...base, EndTime: '0001-01-01T00:00:00', ParsedResult: 'Unknown' }))?.result, 'unknown');
  assert.is(outcomeOf(productOfProgram('duplicati-cli'), run(50)).result, 'failed');
  assert.is(outcomeOf(productOfProgram('/usr/bin/duplicati-cli'), run(1)).result, 'ok');
});

test('rsnapshot: times before 1.4, lock held, warnings of the run that goes on', () => {
  const old = rsnapshot.parseLog(
    '[12/Nov/2014:03:30:01] /usr/bin/rsnapshot daily: started\n[12/Nov/2014:03:31:01] /usr/bin/rsnapshot daily: completed, but with some warnings\n',
  );
  assert.equal([old.get('daily')?.result, old.get('daily')?.lastSuccess], ['warning', local('2014-11-12T03:31:01')]);
  const locked = rsnapshot.parseLog(
    '[2026-11-22T01:00:00] /usr/bin/rsnapshot daily: ERROR: Lockfile /var/run/rsnapshot.pid exists and so does its process, can not continue\n',
  );
  assert.equal([locked.get('daily')?.result, locked.get('daily')?.lastSuccess], ['failed', null]);
});

test('vzdump: guest logs, pruning, tasks with warnings, what is left out', () => {
  const guest = vzdump.parseLog(
    '2026-11-22 02:00:01 INFO: Starting Backup of VM 100 (qemu)\n2026-11-22 02:00:01 INFO: Backup started at 2026-11-22 02:00:01\n2026-11-22 02:05:01 INFO: Finished Backup of VM 100 (00:05:00)\n2026-11-22 02:05:01 INFO: Backup finished at 2026-11-22 02:05:01\n',
  );
  assert.equal([guest.job, guest.guests[0]?.status, guest.guests[0]?.duration], ['ok', 'ok', 300]);
  const mount = vzdump.parseLog(
    "INFO: Starting Backup of VM 1 (lxc)\nINFO: excluding bind mount point mp0 ('/data') from backup (not a volume)\nINFO: Finished Backup of VM 1 (00:00:05)\nINFO: Backup job finished successfully\nTASK OK\n",
  );
  assert.equal(mount.guests[0]?.excluded, ['/data']);
  const [job] = vzdump.jobsOf([
    { task: vzdump.parseUpid('UPID:n:00000001:00000002:67449780:vzdump:1:root@pam:') as vzdump.Task, log: mount },
  ]);
  assert.equal(
    [job?.result, job?.reason, job?.lastSuccess !== null],
    ['warning', [reason('not_covered', { paths: '/data' })], true],
  );
  const cut = vzdump.parseLog(
    'INFO: starting new backup job: vzdump 1 2\nINFO: Starting Backup of VM 1 (qemu)\nINFO: Finished Backup of VM 1 (00:00:05)\nINFO: Starting Backup of VM 2 (qemu)\n',
  );
  assert.is(cut.job, 'running');
  assert.is(
    vzdump.parseLog("TASK ERROR: could not get storage information for 'x': storage does not exist\n").job,
    'failed',
  );
});

test('Windows Server Backup in other languages', () => {
  const french = wsb.parseSummary(
    'NextBackupTime                  : 16/03/2024 21:00:00\nNumberOfVersions                : 3\nLastSuccessfulBackupTime        : 10/03/2024 21:00:12\nLastBackupTime                  : 15/03/2024 21:00:09\nDetailedMessage                 : La sauvegarde n’a pas abouti, car\n                                  la destination manque.\nLastBackupResultHR              : -2139618107\nLastBackupResultDetailedHR      : 0\nCurrentOperationStatus          : NoOperationInProgress\n',
  );
  assert.equal(
    [french?.lastSuccess, french?.lastAttempt, french?.next],
    [local('2024-03-10T21:00:12'), local('2024-03-15T21:00:09'), local('2024-03-16T21:00:00')],
  );
  assert.equal(
    [wsb.jobFrom(french, []).result, french?.resultHr, french?.message],
    ['failed', 2155349189, 'La sauvegarde n’a pas abouti, car la destination manque.'],
  );
  const american = wsb.parseSummary(
    'LastSuccessfulBackupTime : 3/4/2024 9:00:12 PM\nLastBackupTime : 3/4/2024 9:00:12 PM\nNextBackupTime : 3/5/2024 9:00:00 PM\nNumberOfVersions : 3\nLastBackupResultHR : 0\n',
  );
  assert.is(american?.lastSuccess, local('2024-03-04T21:00:12'));
  const german = wsb.parseSummary(
    'LastSuccessfulBackupTime : 04.03.2024 21:00:12\nLastBackupTime : 04.03.2024 21:00:12\nLastBackupResultHR : 0\nNumberOfVersions : 1\n',
  );
  assert.is(german?.lastSuccess, local('2024-03-04T21:00:12'));
  const json = wsb.parseSummary(
    '{"LastSuccessfulBackupTime":"\\/Date(1710501398000)\\/","LastBackupTime":{"value":"\\/Date(1710501398000)\\/","DateTime":"x"},"LastBackupResultHR":0,"NumberOfVersions":2,"CurrentOperationStatus":0}',
  );
  assert.equal(
    [json?.lastSuccess, json?.lastAttempt, json && wsb.jobFrom(json, []).result],
    [1710501398000, 1710501398000, 'ok'],
  );
  const never = wsb.parseSummary(
    'LastSuccessfulBackupTime : 01/01/0001 00:00:00\nLastBackupTime : 01/01/0001 00:00:00\nNumberOfVersions : 0\nLastBackupResultHR : 0\n',
  );
  assert.is(wsb.jobFrom(never, []).result, 'never', 'HRESULT 0 of a backup that never ran is not ok');
  const [version] = wsb.parseVersions(
    'wbadmin 1.0 - Sicherungsbefehlszeilentool\n\nSicherungszeit: 30.06.2026 21:26\nSicherungsziel: Festplattenlaufwerk mit der Bezeichnung "F:"\nVersions-ID: 06/30/2026-19:26\nWiederherstellbar: Volume(s), Datei(en)\nMomentaufnahmen-ID: {fae1a66c-0917-4ec1-8940-a82c22959cde}\n',
  );
  assert.equal(
    [version?.time, version?.target, version?.canRecover],
    [Date.parse('2026-06-30T19:26:00Z'), 'Festplattenlaufwerk mit der Bezeichnung "F:"', ['Volume(s)', 'Datei(en)']],
  );
});

test('Windows event log: several events, attributes in either quote, a cut end', () => {
  const xml =
    "<Event xmlns='x'><System><Provider Name='Veeam Agent'/><EventID Qualifiers='0'>190</EventID><Level>3</Level><TimeCreated SystemTime='2026-11-21T22:38:38.7625059Z'/></System><EventData><Data>Veeam Agent &apos;Daily&apos; finished with Warning.</Data></EventData></Event>";
  const found = events.parseEvents(
    `${xml}${xml.replace('<Level>3', '<Level>4').replace('11-21', '11-20')}<Event><System><EventID>1`,
  );
  assert.equal(
    found.map(({ id, level }) => [id, level]),
    [
      [190, 3],
      [190, 4],
    ],
  );
  const [job] = veeam.jobsOfEvents(found);
  assert.equal([job?.job, job?.result, job?.lastRun], ['Daily', 'warning', Date.parse('2026-11-21T22:38:38.762Z')]);
});

test('File History: 0 between two cycles is not "never"', () => {
  assert.is(
    fileHistory.parseProtectedUpTo('\n    ProtectedUpToTime    REG_QWORD    0x1db8a2b0c9d8000\n'),
    fileHistory.filetime(0x1db8a2b0c9d8000n),
  );
  assert.is(fileHistory.parseProtectedUpTo('    ProtectedUpToTime    REG_QWORD    0x0\n'), null);
  assert.is(fileHistory.jobFrom('S-1', null, []).result, 'unknown');
});

test('Veeam: sessions of the Linux agent, and a machine that is done', () => {
  const text =
    'Job name     Type    ID                                      State    Created           Started at        Finished at\nDaily        Backup  {aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee}  Failed   2026-11-21 02:00  2026-11-21 02:00  2026-11-21 02:01\nDaily        Backup  {aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeef}  Success  2026-11-20 02:00  2026-11-20 02:00  2026-11-20 02:30\nTotal amount: 2\n';
  const [newest, older] = veeam.parseSessions(text);
  assert.equal([newest?.job, newest?.state, older?.end], ['Daily', 'Failed', local('2026-11-20T02:30:00')]);
  const [client] = veeam.parseClients(
    'Status\tSuccess\nJobName\tJ\nStartTime\t01.02.2015 20:05:45\nStopTime\t01.02.2015 21:05:45\nDurationDDHHMMSS\t00:01:00:00\n',
  );
  assert.equal([client?.running, client?.end, client?.duration], [false, local('2015-02-01T21:05:45'), 3600]);
});

test('Time Machine: XML preferences with two destinations', () => {
  const destination = (name: string, result: number, dates: string) =>
    `<dict><key>DestinationID</key><string>${name}</string><key>LastKnownVolumeName</key><string>${name} &amp; co</string><key>RESULT</key><integer>${result}</integer><key>BackupAlias</key><data>\nAAAA\n</data><key>SnapshotDates</key>${dates}</dict>`;
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n<dict><key>AutoBackup</key><true/><key>Destinations</key><array>${destination('A', 0, '<array><date>2026-08-01T07:51:34Z</date><date>2026-08-02T07:51:34Z</date></array>')}${destination('B', 19, '<array/>')}</array></dict></plist>`;
  const found = timeMachine.parsePreferences(text);
  assert.is(found?.autoBackup, true);
  assert.equal(
    found?.destinations.map(({ name, lastResult, latest, count }) => [name, lastResult, latest, count]),
    [
      ['A & co', 0, Date.parse('2026-08-02T07:51:34Z'), 2],
      ['B & co', 19, null, 0],
    ],
  );
  for (let end = 1; end < text.length - 20; end += 7) assert.is(timeMachine.parsePreferences(text.slice(0, end)), null);
  const old = parsePlist('{ Alias = {length = 6, bytes = 0x00 ... 11}; "a b" = ( 1, "x\\"y" ); E = <0a0b>; }');
  assert.equal(JSON.parse(JSON.stringify(old)), {
    Alias: '{length = 6, bytes = 0x00 ... 11}',
    'a b': ['1', 'x"y'],
    E: '<0a0b>',
  });
});

test('tmutil: words that come with exit code 0', () => {
  const latest = (text: string) => timeMachine.parseLatest(text);
  assert.equal(
    [
      latest('Unable to locate machine directory for host.\n').reason,
      latest('Unable to locate machine directory for host.\n').configured,
    ],
    ['no-machine-directory', true],
  );
  assert.is(
    latest('tmutil: latestbackup requires Full Disk Access privileges.\nTo allow this operation…').reason,
    'no-full-disk-access',
  );
  assert.is(latest('tmutil: No destinations configured.').configured, false);
  assert.is(latest('/Volumes/TM/Backups.backupdb/Mac/2019-03-04-123456\n').latest, local('2019-03-04T12:34:56'));
  assert.is(latest('/Volumes/TM/2019-03-04-123456.interrupted\n').latest, null);
  assert.equal(timeMachine.parseDestinations('tmutil: No destinations configured.\n'), []);
  const two = timeMachine.parseDestinations(
    '====================================================\nName          : A\nKind          : Local\nID            : 1\n> ==================================================\nName          : B\nKind          : Network\nURL           : smb://u@nas/tm\nID            : 2\n',
  );
  assert.equal(
    two?.map(({ name, url, mountPoint, last }) => [name, url, mountPoint, last]),
    [
      ['A', null, null, false],
      ['B', 'smb://u@nas/tm', null, true],
    ],
  );
  const preparing = timeMachine.parseStatus(
    'Backup session status:\n{\n    BackupPhase = ThinningPreBackup;\n    ClientID = "com.apple.backupd";\n    Percent = "-1";\n    Running = 1;\n}\n',
  );
  assert.equal([preparing.running, preparing.percent], [true, null]);
});

test('exit codes of copying programs', () => {
  const result = (program: string, code: number) => outcomeOf(productOfProgram(program), run(code)).result;
  assert.equal([result('rsync', 0), result('rsync', 24), result('rsync', 23)], ['ok', 'warning', 'failed']);
  assert.equal(
    [
      result('tar', 1),
      result('tar', 2),
      result('C:\\Windows\\System32\\Robocopy.exe', 3),
      result('robocopy', 5),
      result('robocopy', 8),
    ],
    ['warning', 'failed', 'ok', 'warning', 'failed'],
  );
  assert.equal([result('/opt/own.sh', 0), result('/opt/own.sh', 1)], ['ok', 'failed']);
});

test.run();
