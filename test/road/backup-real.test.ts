/**
 * Real backups by the real tools: good, partial, failed, locked, wrong password, empty and missing repository, through
 * run-backup and through the reader of repositories; the normal form must tell each state right.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { backup } from '../../agent/checks/backup.ts';
import { type BackupJob, sections } from '../../shared/inventory.ts';
import { reason } from '../../shared/reason.ts';
import { check } from '../../shared/report.ts';
import { type TrialContext, trialContext } from '../support/check-context.ts';
import { inLog } from '../support/reasons.ts';

const main = join(dirname(fileURLToPath(import.meta.url)), '../../agent/main.ts');
const nobody = 65_534;
const root = process.getuid?.() === 0;
const has = (program: string) => spawnSync('which', [program]).status === 0;

/** Root reads everything, so the tools run as nobody; whoever is not root is kept out of the file by its mode alone. */
const asNobody = root ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', '--'] : [];

class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'evenkeel-road-backup-'));
  readonly context: TrialContext;
  readonly env: Record<string, string>;

  constructor(env: Record<string, string>) {
    chmodSync(this.folder, 0o755);
    for (const name of ['home', 'agent', 'source', 'empty']) mkdirSync(join(this.folder, name));
    for (const name of ['a', 'b']) writeFileSync(join(this.folder, 'source', name), name.repeat(1000));
    if (root) chownSync(join(this.folder, 'home'), nobody, nobody);
    const home = join(this.folder, 'home');
    this.env = { HOME: home, RESTIC_CACHE_DIR: join(home, 'cache'), BORG_BASE_DIR: home, ...env };
    this.context = trialContext({ data: this.folder, root: join(this.folder, 'root'), platform: 'linux' });
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  /** A file that the tool may see, but not read. */
  hide(): void {
    writeFileSync(this.path('source/secret'), 'secret', { mode: root ? 0o600 : 0 });
  }

  tool(command: string[], env: Record<string, string> = {}): void {
    execFileSync([...asNobody, ...command][0] as string, [...asNobody, ...command].slice(1), {
      env: { ...process.env, ...this.env, ...env },
      stdio: 'ignore',
    });
  }

  /** The command under run-backup; its exit code. */
  runBackup(product: string, command: string[], env: Record<string, string> = {}, flags: string[] = []): number | null {
    const words = [
      '--data',
      this.folder,
      '--job',
      'night',
      '--product',
      product,
      ...flags,
      '--',
      ...asNobody,
      ...command,
    ];
    const ended = spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', main, 'run-backup', ...words], {
      env: { ...process.env, ...this.env, ...env },
    });
    return ended.status;
  }

  settings(lines: string[], password?: string): void {
    writeFileSync(this.path('checks.yaml'), lines.join('\n'));
    if (password !== undefined) writeFileSync(this.path('password'), `${password}\n`, { mode: 0o600 });
    // Caches of its own, as an agent under another user has them.
    const own = ['HOME', 'RESTIC_CACHE_DIR', 'BORG_BASE_DIR'].map((name) => `${name}=${this.path('agent')}\n`);
    writeFileSync(this.path('environment'), own.join(''));
  }

  repository(product: string, job: string, repository: string): void {
    const more = `passwordFile: ${this.path('password')}, environmentFile: ${this.path('environment')}, every: 1s, protects: [${this.path('source')}]`;
    const line = `    - {job: ${job}, product: ${product}, repository: "${repository}", ${more}}`;
    this.settings(['backups:', '  ignore: [veeam]', '  repositories:', line], 'right');
  }

  async jobs(): Promise<BackupJob[]> {
    this.context.shift += 5000;
    const findings = await backup().run(this.context);
    return check<BackupJob[]>(sections.backups, findings.sections?.backups);
  }

  async job(name: string): Promise<BackupJob> {
    const jobs = await this.jobs();
    const found = jobs.find(({ job }) => job === name);
    assert.ok(found, `no job ${name} in ${JSON.stringify(jobs)}`);
    return found;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const test = suite('real backups');
const recent = (time: number | null) => time !== null && Math.abs(Date.now() - time) < 60_000;

if (!has('restic')) console.log('SKIP restic: not installed');
else {
  test('restic', async () => {
    const place = new Place({ RESTIC_PASSWORD: 'right' });
    const repository = place.path('home/repo');
    const restic = (...args: string[]) => ['restic', '-r', repository, ...args];
    place.repository('restic', 'stored', repository);
    assert.match(inLog((await place.job('stored')).reason), 'repository_missing');
    place.tool(restic('init'));
    const empty = await place.job('stored');
    assert.equal([empty.result, empty.lastSuccess, empty.readable], ['never', null, true]);

    assert.is(place.runBackup('restic', restic('backup', '--json', place.path('source'))), 0);
    const good = await place.job('night');
    assert.equal([good.product, good.result, good.bytes, good.files], ['restic', 'ok', 2000, 2]);
    assert.ok(recent(good.lastSuccess) && recent(good.lastRun));
    const stored = await place.job('stored');
    assert.equal([stored.result, stored.protects], ['ok', [place.path('source')]]);
    assert.ok(recent(stored.lastSuccess));

    place.hide();
    assert.is(place.runBackup('restic', restic('backup', '--json', place.path('source'))), 3);
    const partial = await place.job('night');
    assert.equal([partial.result, partial.files], ['warning', 2]);
    assert.ok((partial.lastSuccess ?? 0) > (good.lastSuccess ?? 0), 'a partial run moves lastSuccess');

    assert.is(place.runBackup('restic', restic('backup', place.path('empty'))), 0);
    assert.equal((({ result, reason }) => [result, reason])(await place.job('night')), [
      'warning',
      [reason('snapshot_empty')],
    ]);
    const before = (await place.job('night')).lastSuccess;
    // Good exit codes, and nothing saved.
    for (const words of [
      ['backup', '--dry-run', place.path('source')],
      ['backup', '-n', '--json', place.path('source')],
      ['snapshots'],
    ]) {
      // A file that cannot be read ends a dry run with 3 too.
      assert.is(place.runBackup('restic', restic(...words)), words[0] === 'backup' ? 3 : 0);
      const empty = await place.job('night');
      assert.equal([empty.result, empty.lastSuccess], ['unknown', before], words.join(' '));
      assert.match(inLog(empty.reason), 'nothing_saved');
    }
    writeFileSync(
      place.path('wrapped.sh'),
      `restic -r ${repository} backup --dry-run --json ${place.path('source')}\n`,
    );
    assert.is(place.runBackup('restic', ['sh', place.path('wrapped.sh')]), 3);
    assert.match(inLog((await place.job('night')).reason), 'nothing_saved_dry_output');

    assert.is.not(place.runBackup('restic', restic('backup', '--json', place.path('nowhere'))), 0);
    const failed = await place.job('night');
    assert.equal([failed.result, failed.lastSuccess, failed.files], ['failed', before, null]);
    assert.ok((failed.lastRun ?? 0) > (before ?? 0));

    assert.is.not(place.runBackup('restic', restic('backup', place.path('source')), { RESTIC_PASSWORD: 'wrong' }), 0);
    assert.match(inLog((await place.job('night')).reason), 'wrong_password');
    writeFileSync(place.path('password'), 'wrong');
    const refused = await place.job('stored');
    assert.equal([refused.result, refused.readable], ['unknown', false]);
    assert.ok(recent(refused.lastSuccess), 'what was known stays known');

    assert.is(place.runBackup('restic', restic('check'), {}, ['--verify']), 0);
    const verified = await place.job('night');
    assert.equal([verified.verifiedOk, verified.result], [true, 'failed']);
    assert.ok(recent(verified.lastVerified));

    // A backup from standard input holds its lock until its input ends.
    const [program = '', ...args] = [...asNobody, ...restic('backup', '--stdin', '--json')];
    const holding = spawn(program, args, { env: { ...process.env, ...place.env }, stdio: ['pipe', 'pipe', 'ignore'] });
    holding.stdin.write('x');
    await once(holding.stdout, 'data');
    assert.is.not(place.runBackup('restic', restic('check'), {}, ['--verify']), 0);
    assert.is((await place.job('night')).verifiedOk, false);
    assert.is.not(place.runBackup('restic', restic('prune')), 0);
    assert.match(inLog((await place.job('night')).reason), 'locked');
    holding.stdin.end();
    await once(holding, 'close');
    place.close();
  });
}

if (!has('borg')) console.log('SKIP borg: not installed');
else {
  test('borg', async () => {
    const place = new Place({ BORG_PASSPHRASE: 'right' });
    const repository = place.path('home/repo');
    const create = (name: string, source: string) => ['borg', 'create', '--json', `${repository}::${name}`, source];
    place.repository('borg', 'stored', repository);
    assert.match(inLog((await place.job('stored')).reason), 'repository_missing');
    place.tool(['borg', 'init', '-e', 'repokey', repository]);
    assert.is((await place.job('stored')).result, 'never');

    assert.is(place.runBackup('borg', create('one', place.path('source'))), 0);
    const good = await place.job('night');
    assert.equal([good.result, good.files], ['ok', 2]);
    assert.ok((good.bytes ?? 0) >= 2000);
    const stored = await place.job('stored');
    assert.equal([stored.result, stored.files], ['ok', 2]);
    assert.ok(recent(stored.lastSuccess), 'local time without zone, read in this machine’s zone');

    const dry = ['borg', 'create', '--dry-run', `${repository}::dry`, place.path('source')];
    for (const command of [
      dry,
      ['borg', '--info', 'list', repository],
      ['borg', 'prune', '--keep-last', '9', repository],
    ]) {
      assert.is(place.runBackup('borg', command), 0);
      const empty = await place.job('night');
      assert.equal([empty.result, empty.lastSuccess], ['unknown', good.lastSuccess], command.join(' '));
    }

    place.hide();
    assert.is(place.runBackup('borg', create('two', place.path('source'))), 1);
    const partial = await place.job('night');
    assert.is(partial.result, 'warning');
    assert.match(inLog(partial.reason), 'secret');
    assert.is(place.runBackup('borg', create('three', place.path('nowhere'))), 1);
    const nothing = await place.job('night');
    assert.equal(
      [nothing.result, nothing.lastSuccess],
      ['failed', partial.lastSuccess],
      'an archive without files is no backup',
    );

    assert.is(place.runBackup('borg', create('one', place.path('source'))), 2);
    assert.match(inLog((await place.job('night')).reason), 'already exists');
    assert.is(place.runBackup('borg', create('four', place.path('source')), { BORG_PASSPHRASE: 'wrong' }), 2);
    assert.match(inLog((await place.job('night')).reason), 'wrong_password');
    writeFileSync(place.path('password'), 'wrong');
    const refused = await place.job('stored');
    assert.match(inLog(refused.reason), 'wrong_password');
    assert.ok(recent(refused.lastSuccess));

    const [program = '', ...args] = [...asNobody, 'borg', 'with-lock', repository, 'sh', '-c', 'echo held; cat'];
    const holding = spawn(program, args, { env: { ...process.env, ...place.env }, stdio: ['pipe', 'pipe', 'ignore'] });
    await once(holding.stdout, 'data');
    assert.is(
      place.runBackup('borg', ['borg', '--lock-wait', '1', ...create('five', place.path('source')).slice(1)]),
      2,
    );
    assert.match(inLog((await place.job('night')).reason), 'locked');
    writeFileSync(place.path('password'), 'right');
    assert.match(inLog((await place.job('stored')).reason), 'locked');
    holding.stdin.end();
    await once(holding, 'close');

    assert.is(place.runBackup('borg', ['borg', 'check', repository], {}, ['--verify']), 0);
    assert.is((await place.job('night')).verifiedOk, true);

    // A second series that ended long ago is a job of its own.
    const old = `borg create --timestamp 2026-03-01T02:00:00 ${repository}::etc-2026-03-01 ${place.path('source')}`;
    // The file that cannot be read ends it with a warning.
    place.tool(['sh', '-c', `${old} || test $? -eq 1`]);
    const series = (await place.jobs()).filter(({ job }) => job.startsWith('stored'));
    assert.equal(
      series.map(({ job }) => job),
      ['stored', 'stored: etc'],
    );
    assert.ok(recent(series[0]?.lastSuccess ?? null));
    assert.is(series[1]?.lastSuccess, Date.UTC(2026, 2, 1, 2));
    assert.ok((series[1]?.files ?? 0) >= 2);
    place.close();
  });
}

if (!has('rsnapshot')) console.log('SKIP rsnapshot: not installed');
else {
  test('rsnapshot', async () => {
    const place = new Place({});
    const conf = place.path('root/etc/rsnapshot.conf');
    const write = (source: string) => {
      const rows = [
        ...['config_version\t1.2', `snapshot_root\t${place.path('home/copies')}/`, 'cmd_rsync\t/usr/bin/rsync'],
        ...['retain\tdaily\t3', 'retain\tweekly\t2', `logfile\t${place.path('home/rs.log')}`],
        ...[`lockfile\t${place.path('home/rs.pid')}`, 'verbose\t2', 'loglevel\t3', `backup\t${source}/\tlocalhost/`],
      ];
      writeFileSync(conf, `${rows.join('\n')}\n`);
    };
    mkdirSync(dirname(conf), { recursive: true });
    // The reader looks below its root for the absolute path that stands in the configuration.
    mkdirSync(join(place.path('root'), place.folder), { recursive: true });
    symlinkSync(place.path('home'), join(place.path('root'), place.path('home')));
    place.settings(['backups: {ignore: [veeam]}']);
    write(place.path('source'));
    const rsnapshot = ['rsnapshot', '-c', conf, 'daily'];
    assert.equal(await place.jobs(), [], 'installed, never run: information, not a job');

    assert.is(place.runBackup('rsnapshot', rsnapshot), 0);
    const good = await place.job('daily');
    assert.equal([good.result, good.schedule, good.protects], ['ok', 'daily', [`${place.path('source')}/`]]);
    assert.ok(recent(good.lastSuccess));
    assert.is((await place.job('night')).result, 'ok');

    place.hide();
    assert.is(place.runBackup('rsnapshot', rsnapshot), 2);
    assert.equal([(await place.job('daily')).result, (await place.job('night')).result], ['warning', 'warning']);
    write(place.path('nowhere'));
    assert.is(place.runBackup('rsnapshot', rsnapshot), 1);
    const failed = await place.job('daily');
    assert.is(failed.result, 'failed');
    assert.match(inLog(failed.reason), 'Source directory');
    assert.ok(recent(failed.lastSuccess));
    assert.match(inLog((await place.job('night')).reason), 'Source directory');
    place.close();
  });
}

if (!has('duplicity')) console.log('SKIP duplicity: not installed');
else {
  test('duplicity', async () => {
    const place = new Place({ PASSPHRASE: 'right' });
    const target = `file://${place.path('home/copies')}`;
    const duplicity = (source: string, ...more: string[]) => ['duplicity', '--no-encryption', ...more, source, target];
    mkdirSync(place.path('home/copies'));
    if (root) chownSync(place.path('home/copies'), nobody, nobody);
    place.repository('duplicity', 'stored', target);
    assert.is((await place.job('stored')).result, 'never');

    assert.is(place.runBackup('duplicity', duplicity(place.path('source'))), 0);
    const good = await place.job('night');
    assert.equal([good.result, good.files], ['ok', 3]);
    const stored = await place.job('stored');
    assert.is(stored.result, 'ok', inLog(stored.reason));
    assert.ok(recent(stored.lastSuccess));

    place.hide();
    assert.is(place.runBackup('duplicity', duplicity(place.path('source'))), 0);
    const partial = await place.job('night');
    assert.is(partial.result, 'warning', 'exit code 0, but its statistics count an error');
    assert.is.not(place.runBackup('duplicity', duplicity(place.path('nowhere'))), 0);
    const failed = await place.job('night');
    assert.equal([failed.result, failed.lastSuccess], ['failed', partial.lastSuccess]);
    assert.match(inLog(failed.reason), 'does not exist');
    place.close();
  });
}

test('without any tool there is still something to say', async () => {
  const place = new Place({});
  assert.is(place.runBackup('tar', ['tar', '-cf', place.path('home/a.tar'), '-C', place.folder, 'source']), 0);
  assert.equal((({ product, result }) => [product, result])(await place.job('night')), ['tar', 'ok']);
  place.close();
});

test.run();
