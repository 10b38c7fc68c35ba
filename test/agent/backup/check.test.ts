/** The check: what is read how often, what stays known, and how several sources become one state. */

import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Type } from 'typebox';
import { Value } from 'typebox/value';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { dropFileName } from '../../../agent/checks/backup/drop-file.ts';
import { jobOf } from '../../../agent/checks/backup/product.ts';
import { jobsOf } from '../../../agent/checks/backup/repository.ts';
import { backup, combine, metricOf, sane } from '../../../agent/checks/backup.ts';
import { BackupJob } from '../../../shared/inventory.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import { quotation, reason } from '../../../shared/reason.ts';
import { inLog } from '../../support/reasons.ts';
import { makeRoom, type Room } from './context.ts';

const test = suite('check of backups');
const hour = 3_600_000;

async function look(room: Room): Promise<{ jobs: BackupJob[]; note: string }> {
  const findings = await backup().run(room.context);
  const jobs = findings.sections?.backups as BackupJob[];
  assert.ok(
    Value.Check(Type.Array(BackupJob), jobs),
    JSON.stringify([...Value.Errors(Type.Array(BackupJob), jobs)][0]),
  );
  for (const metric of findings.metrics ?? []) {
    for (const field of Object.keys(metric.fields)) assert.ok(fieldOf(`backup.${field}`), field);
  }
  return { jobs, note: inLog(findings.note) };
}

function drop(room: Room, name: string, content: unknown): void {
  mkdirSync(join(room.folder, 'backup.d'), { recursive: true });
  writeFileSync(join(room.folder, 'backup.d', name), typeof content === 'string' ? content : JSON.stringify(content));
}

function settings(room: Room, text: string): void {
  writeFileSync(join(room.folder, 'checks.yaml'), text);
}

test('nothing at all is an empty list, not an error', async () => {
  const room = makeRoom();
  assert.equal((await look(room)).jobs, []);
  room.close();
});

test('drop files: good, running by a dead process, and rubbish', async () => {
  const room = makeRoom();
  const iso = new Date(room.time.now - hour).toISOString();
  drop(room, 'a.json', {
    schema: 1,
    job: 'a',
    product: 'restic',
    startedAt: iso,
    endedAt: iso,
    result: 'ok',
    bytes: 5,
  });
  drop(room, 'b.json', {
    schema: 1,
    job: 'b',
    product: 'borg',
    startedAt: iso,
    result: 'running',
    pid: 4_000_000,
    lastSuccess: '2026-01-01T00:00:00Z',
  });
  drop(room, 'c.json', '{"schema":1,');
  drop(room, 'd.txt', 'not looked at');
  const { jobs } = await look(room);
  assert.equal(
    jobs.map(({ job, result }) => [job, result]),
    [
      ['b', 'failed'],
      ['a', 'ok'],
      ['c', 'unknown'],
    ],
  );
  assert.is(jobs[0]?.lastSuccess, Date.parse('2026-01-01T00:00:00Z'));
  assert.equal(jobs[0]?.reason, [reason('run_vanished')]);
  assert.is(jobs[2]?.readable, false);
  room.close();
});

test('file names of jobs are safe and differ', () => {
  assert.is(dropFileName('../x'), '%2E.%2Fx.json');
  assert.is(dropFileName('nächtlich'), 'n%C3%A4chtlich.json');
  assert.is.not(dropFileName('a/b'), dropFileName('a_b'));
});

test('newest file by pattern: too small, missing folder, none yet', async () => {
  const room = makeRoom();
  const folder = join(room.context.root, 'dumps');
  settings(
    room,
    'backups:\n  files:\n    - job: db\n      glob: /dumps/*.sql\n      minBytes: 10\n      schedule: daily\n',
  );
  const away = (await look(room)).jobs[0];
  assert.equal([away?.result, away?.readable], ['unknown', false], 'a folder that is away is not "never"');
  mkdirSync(folder, { recursive: true });
  assert.is((await look(room)).jobs[0]?.result, 'never');
  writeFileSync(join(folder, 'a.sql'), 'x'.repeat(20));
  utimesSync(join(folder, 'a.sql'), 1_700_000_000, 1_700_000_000);
  assert.equal(
    (({ result, lastSuccess, bytes }) => [result, lastSuccess, bytes])((await look(room)).jobs[0] as BackupJob),
    ['ok', 1_700_000_000_000, 20],
  );
  writeFileSync(join(folder, 'b.sql'), '');
  const empty = (await look(room)).jobs[0];
  assert.equal(
    [empty?.result, empty?.lastSuccess],
    ['failed', 1_700_000_000_000],
    'an empty dump does not move lastSuccess',
  );
  room.close();
});

test('rsnapshot is found by its configuration; a rotated log does not take the job away', async () => {
  const room = makeRoom();
  const etc = join(room.context.root, 'etc');
  mkdirSync(etc, { recursive: true });
  mkdirSync(join(room.context.root, 'log'));
  writeFileSync(
    join(etc, 'rsnapshot.conf'),
    'snapshot_root\t/backup/\nlogfile\t/log/rs.log\nretain\tdaily\t7\nretain\tweekly\t4\nbackup\t/home/\tlocalhost/\n',
  );
  assert.is((await look(room)).note, 'in_part (name: rsnapshot), log_empty (path: /log/rs.log)');
  const log = join(room.context.root, 'log/rs.log');
  const day = new Date(room.time.now - hour).toISOString().slice(0, 10);
  appendFileSync(
    log,
    `[${day}T01:00:00] /usr/bin/rsnapshot daily: started\n[${day}T01:05:00] /usr/bin/rsnapshot daily: completed successfully\n`,
  );
  const known = (await look(room)).jobs[0];
  assert.equal(
    [known?.job, known?.result, known?.duration, known?.protects, known?.schedule],
    ['daily', 'ok', 300, ['/home/'], 'daily'],
  );
  writeFileSync(log, '');
  assert.equal((await look(room)).jobs[0], known);
  room.time.now += 40 * 24 * hour;
  assert.equal((await look(room)).jobs, [], 'given up after 35 days');
  room.close();
});

test('an expensive source is asked at its interval, and keeps its last words when it does not answer', async () => {
  let asked = 0;
  let answer = { code: 0, stdout: '' };
  const room = makeRoom({
    run: async () => {
      asked += 1;
      return {
        ...answer,
        signal: null,
        stderr: answer.code === 0 ? '' : 'Fatal: wrong password or no key found',
        ended: null,
        ms: 1,
      };
    },
  });
  const time = new Date(room.time.now - hour).toISOString();
  answer.stdout = JSON.stringify([{ time, hostname: 'x', paths: ['/home'], id: 'abcdef0123456789' }]);
  settings(
    room,
    'backups:\n  repositories:\n    - job: night\n      product: restic\n      repository: rest:https://u:secret@h/\n      hosts: ["*"]\n      every: 6h\n  ignore: [veeam]\n',
  );
  const good = (await look(room)).jobs[0];
  assert.equal([good?.result, good?.lastSuccess, good?.repository], ['ok', Date.parse(time), 'rest:https://u:***@h/']);
  await look(room);
  assert.is(asked, 1);
  answer = { code: 1, stdout: '' };
  room.time.now += 7 * hour;
  const bad = (await look(room)).jobs[0];
  assert.equal([bad?.result, bad?.readable, bad?.lastSuccess], ['unknown', false, Date.parse(time)]);
  assert.match(inLog(bad?.reason), /^wrong_password, said /);
  room.time.now += 20 * 60_000;
  await look(room);
  assert.is(asked, 3, 'a failure is tried again after a quarter of an hour');
  room.close();
});

test('a mistake in checks.yaml is reported, and hides nothing', async () => {
  const room = makeRoom();
  const iso = new Date(room.time.now - hour).toISOString();
  drop(room, 'a.json', { schema: 1, job: 'a', product: 'tar', startedAt: iso, endedAt: iso, result: 'ok' });
  settings(room, 'backups:\n  files:\n    - job: db\n      globb: /x\n');
  const { jobs, note } = await look(room);
  assert.is(jobs.length, 1);
  assert.match(note, /checks\.yaml:4:7: unknown key "globb"; did you mean "glob"\?/);
  room.close();
});

test('whose backups: other machines in the same repository are not ours', () => {
  const source = (host: string, path: string, at: number) => ({
    ...{ host, protects: [path], lastRun: at, lastSuccess: at, bytes: null, files: null, duration: null, reasons: [] },
  });
  const all = [source('me.example.org', '/home', 5), source('other', '/home', 9), source('me', '/etc', 3)];
  const repository = { job: 'night', product: 'restic' as const };
  const names = (setting: object, list = all) =>
    jobsOf(list, { ...repository, ...setting }, 'restic', 'me').map(({ job, lastSuccess, result }) => [
      job,
      lastSuccess,
      result,
    ]);
  assert.equal(names({}), [
    ['night: /home', 5, 'ok'],
    ['night: /etc', 3, 'ok'],
  ]);
  assert.equal(names({ protects: ['/home/anna'] }), [['night', 5, 'ok']]);
  assert.equal(names({ hosts: ['other'] }), [['night', 9, 'ok']]);
  assert.equal(names({}, [source('other', '/home', 9)]), [['night', null, 'never']]);
});

test('two sources of one job: the later run decides, the success stays', () => {
  const drop = jobOf('restic', 'night', 'dropfile', { lastRun: 20, result: 'failed', reasons: quotation('no space') });
  const repository = jobOf('restic', 'night', 'repository', {
    lastRun: 10,
    lastSuccess: 10,
    result: 'ok',
    protects: ['/home'],
  });
  for (const jobs of [
    [drop, repository],
    [repository, drop],
  ]) {
    const [one, ...rest] = combine(jobs);
    assert.is(rest.length, 0);
    assert.equal([one?.result, one?.lastRun, one?.lastSuccess, one?.protects], ['failed', 20, 10, ['/home']]);
  }
});

test('verifications: a file of before, a script without times, two sources, and clocks that are ahead', async () => {
  const room = makeRoom();
  const iso = (ms: number) => new Date(ms).toISOString();
  const run = { schema: 1, job: 'a', product: 'tar', endedAt: iso(room.time.now - hour), result: 'ok' };
  const told = async (more: object) => {
    drop(room, 'a.json', { ...run, ...more });
    const [job] = (await look(room)).jobs;
    return [job?.lastVerified, job?.verifiedOk, job?.verifyFailedAt ?? null, job?.verifyNote ?? null];
  };
  const [early, late, ahead] = [room.time.now - 9 * hour, room.time.now - 2 * hour, room.time.now + 99 * hour];
  assert.equal(await told({}), [null, null, null, null]);
  assert.equal(await told({ lastVerified: iso(early), verifiedOk: true }), [early, true, null, null]);
  assert.equal(await told({ lastVerified: iso(early), verifiedOk: false }), [null, false, early, null]);
  assert.equal(await told({ verifiedOk: false, verifyNote: 'x' }), [null, false, room.time.now - hour, quotation('x')]);
  const both = { lastVerified: iso(early), verifiedOk: false, lastVerifyFailed: iso(late), verifyNote: 'x' };
  assert.equal(await told(both), [early, false, late, quotation('x')]);
  assert.equal(await told({ lastVerified: iso(ahead), verifiedOk: true }), [null, null, null, null]);
  assert.equal(await told({ ...both, lastVerifyFailed: iso(ahead) }), [early, false, null, quotation('x')]);
  room.close();
  const job = (more: Parameters<typeof jobOf>[3]) =>
    jobOf('tar', 'a', 'x', { lastRun: 1, lastSuccess: 1, result: 'ok', ...more });
  for (const jobs of [
    [
      job({ lastVerified: 5, verifiedOk: true }),
      job({ lastVerified: 2, verifiedOk: false, verifyFailedAt: 9, verifyNote: quotation('x') }),
    ],
    [
      job({ lastVerified: 2, verifiedOk: false, verifyFailedAt: 9, verifyNote: quotation('x') }),
      job({ lastVerified: 5, verifiedOk: true }),
    ],
  ]) {
    const [one] = combine(jobs);
    assert.equal(
      [one?.lastVerified, one?.verifiedOk, one?.verifyFailedAt, one?.verifyNote],
      [5, false, 9, quotation('x')],
    );
  }
});

test('unknown values are left out of metrics; a time in the future is unknown', () => {
  const job = jobOf('restic', 'night', 'dropfile', { lastRun: 1000, lastSuccess: null, result: 'failed' });
  assert.equal(metricOf(job, 61_000).fields, { result: 2, run_age_s: 60 });
  const ahead = sane(jobOf('restic', 'n', 'd', { lastRun: 1e12 + hour, lastSuccess: 1e12 + hour, result: 'ok' }), 1e12);
  assert.equal([ahead.result, ahead.lastSuccess, metricOf(ahead, 1e12).fields], ['unknown', null, { result: 5 }]);
});

test('Proxmox: jobs of guests from the index and the logs of its tasks', async () => {
  const room = makeRoom();
  const tasks = join(room.context.root, 'var/log/pve/tasks');
  const write = (start: number, status: string, log: string) => {
    const hex = start.toString(16).toUpperCase().padStart(8, '0');
    const upid = `UPID:pve:00001234:00005678:${hex}:vzdump::root@pam:`;
    mkdirSync(join(tasks, hex.slice(-1)), { recursive: true });
    writeFileSync(join(tasks, hex.slice(-1), upid), log);
    appendFileSync(
      join(tasks, 'index'),
      `${upid} ${(start + 60).toString(16).toUpperCase().padStart(8, '0')} ${status}\n`,
    );
  };
  const first = Math.floor(room.time.now / 1000) - 90_000;
  write(
    first,
    'OK',
    'INFO: starting new backup job: vzdump 7\nINFO: Starting Backup of VM 7 (qemu)\nINFO: Finished Backup of VM 7 (00:00:40)\nINFO: Backup job finished successfully\nTASK OK\n',
  );
  write(
    first + 80_000,
    'job errors',
    'INFO: starting new backup job: vzdump 7\nINFO: Starting Backup of VM 7 (qemu)\nERROR: Backup of VM 7 failed - no space left\nINFO: Backup job finished with errors\nTASK ERROR: job errors\n',
  );
  const job = (await look(room)).jobs[0];
  assert.equal([job?.job, job?.result, job?.reason], ['guest 7', 'failed', quotation('no space left')]);
  assert.equal([job?.lastSuccess, job?.lastRun], [(first + 60) * 1000, (first + 80_060) * 1000]);
  rmSync(join(tasks, 'index'));
  assert.is((await look(room)).jobs.length, 1, 'asked again only after its interval');
  room.close();
});

test.run();
