/** What a command line does to backups, however it is wrapped and spelt. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { deedsOf, whyNothingSaved, whyNothingVerified } from '../../../agent/checks/backup/deeds.ts';
import { callsOf } from '../../../agent/checks/backup/shell-words.ts';
import { orderOf } from '../../../agent/commands/run-backup.ts';
import { inLog } from '../../support/reasons.ts';

const test = suite('what a command does');
const words = (line: string) => line.split(' ');
const script = (text: string) => ['sh', '-c', text];
const saved = ([command = '', ...args]: string[], output = '') => whyNothingSaved(deedsOf(command, args), output);
const verified = ([command = '', ...args]: string[]) => whyNothingVerified(deedsOf(command, args));

/** Each must be taken for a backup, or left to its exit code. */
const saving = [
  'restic backup /home',
  'restic -r /srv/snapshots --json backup --tag dry-run /home',
  'restic --repo check --password-file forget backup /home',
  'restic backup --dry-run=false /home',
  'restic copy --from-repo a',
  '/usr/local/bin/restic_0.17.3_linux_amd64 backup /home',
  'C:\\Tools\\restic.exe backup C:\\Users',
  'borg --info create ::{now} /home',
  'borg -p create -C lz4 ::list /home',
  'borgmatic',
  'borgmatic --verbosity 1 create',
  'borgmatic -c /etc/borgmatic.yaml prune create check',
  'kopia snapshot create /home',
  'kopia --config-file x snap create --all',
  'duplicity /home file:///backup',
  'duplicity full --name list /home file:///backup',
  'duply profile backup_verify_purge',
  'duplicati-cli backup file:///x /home',
  'rsnapshot daily',
  'vzdump 100 --mode snapshot --storage pbs',
  'vzdump --all',
  'rsync -a /home /backup',
  'rsync -avze /bin/ssh /home host:/backup',
  'rsync -e -n /home /backup',
  'rclone sync /home remote:x',
  'tar czf /backup/a.tgz /home',
  'tar -C /home -cf /backup/a.tar .',
  'tar --create --file=/backup/a.tar /home',
  'bsdtar -rf /backup/a.tar x',
  'robocopy C:\\a D:\\b /MIR',
  'proxmox-backup-client backup root.pxar:/',
  'pgbackrest --stanza=main backup',
  'wbadmin start backup -backupTarget:E: -quiet',
  'duplicacy backup -threads 4',
  'tmutil startbackup --block',
  // Of programs that nothing is known of the exit code decides.
  '/opt/own.sh --dry-run',
  'pg_dump -n public db',
  'restic frobnicate',
  'true',
];

for (const line of saving) test(`${line}: by its exit code`, () => assert.is(saved(words(line)), null));

const notSaving: [line: string, said: string][] = [
  ['restic backup --dry-run /home', 'nothing_saved_dry (command: restic backup, option: --dry-run)'],
  ['restic backup -n /home', 'option: -n'],
  ['restic backup -vvn /home', 'option: -n'],
  ['restic backup --dry-run=true /home', 'option: --dry-run'],
  ['restic snapshots', 'nothing_saved (command: restic snapshots)'],
  ['restic -r backup --json snapshots', 'restic snapshots'],
  ['restic --unheard of snapshots', 'restic snapshots'],
  ['restic -p backup forget --prune --keep-last 3', 'restic forget'],
  ['restic check', 'record_with_verify'],
  ['restic mount /mnt', 'restic mount'],
  ['restic restore latest --target /tmp', 'restic restore'],
  ['restic', 'nothing_saved (command: restic)'],
  ['restic backup --help', 'nothing_saved (command: '],
  ['rustic prune', 'rustic prune'],
  ['borg create --dry-run ::a /home', '--dry-run'],
  ['borg create -nv ::a /home', '-n'],
  ['borg --info list', 'borg list'],
  ['borg --lock-wait create list', 'borg list'],
  ['borg extract --dry-run ::a', 'borg extract'],
  ['borg compact', 'borg compact'],
  ['borgmatic --dry-run', 'option: --dry-run'],
  ['borgmatic list', 'borgmatic list'],
  ['borgmatic --list', 'nothing_saved (command: '],
  ['kopia snapshot list', 'kopia snapshot'],
  ['kopia snap verify', 'kopia snap verify'],
  ['kopia restore k1 /tmp', 'kopia restore'],
  ['duplicity --dry-run /home file:///backup', '--dry-run'],
  ['duplicity collection-status file:///backup', 'duplicity collection-status'],
  ['duplicity file:///backup /home', 'duplicity'],
  ['duply profile status', 'duply status'],
  ['duply profile backup --preview', '--preview'],
  ['duplicati-cli list file:///x', 'duplicati-cli list'],
  ['duplicati-cli backup file:///x /home --dry-run=true', '--dry-run'],
  ['rsnapshot -t daily', '-t'],
  ['rsnapshot configtest', 'rsnapshot configtest'],
  ['vzdump --stop', 'vzdump'],
  ['rsync -n -a /home /backup', '-n'],
  ['rsync -an /home /backup', '-n'],
  ['rsync -avze /bin/ssh -n /home host:/backup', '-n'],
  ['rsync --dry-run -a /home /backup', '--dry-run'],
  ['rsync --list-only /home /backup', '--list-only'],
  ['rsync host::module', 'rsync'],
  ['rclone sync --dry-run a b', '--dry-run'],
  ['rclone ls remote:', 'rclone ls'],
  ['tar -tf /backup/a.tar', 'tar --list'],
  ['tar tzf /backup/a.tgz', 'tar --list'],
  ['tar -xf /backup/a.tar -C /tmp', 'tar --extract'],
  ['tar --list --file=/backup/a.tar', 'tar --list'],
  ['tar cf /dev/null /home', '/dev/null'],
  ['robocopy C:\\a D:\\b /MIR /L', '/L'],
  ['robocopy.exe C:\\a D:\\b /l', '/l'],
  ['proxmox-backup-client snapshot list', 'proxmox-backup-client snapshot'],
  ['pgbackrest info', 'pgbackrest info'],
  ['wbadmin get versions', 'wbadmin get'],
  ['duplicacy backup -dry-run', '-dry-run'],
  ['duplicacy list', 'duplicacy list'],
  ['btrbk dryrun', 'btrbk dryrun'],
  ['tmutil startbackup', 'tmutil startbackup'],
  ['tmutil listbackups', 'tmutil listbackups'],
];

for (const [line, said] of notSaving)
  test(`${line}: no backup, and what to do`, () => {
    const why = inLog(saved(words(line)));
    assert.match(why, /^nothing_saved/);
    assert.match(why, said);
    assert.match(
      why,
      /^nothing_saved_dry.*, drop_dry_option$|, give_(any_)?command.*, (record_with_verify|run_without_run_backup)$/,
    );
  });

const wrapped: [line: string[], product: string][] = [
  [words('sudo -u backup -E restic snapshots'), 'restic'],
  [words('sudo -u restic RESTIC_REPOSITORY=/srv restic snapshots'), 'restic'],
  [words('env -u LANG A=b B=c nice -n 10 ionice -c2 -n7 restic snapshots'), 'restic'],
  [words('nice -10 nohup borg list'), 'borg'],
  [words('timeout -k 5 5h restic snapshots'), 'restic'],
  [words('flock -n /run/lock restic snapshots'), 'restic'],
  [words('systemd-inhibit --what=sleep --why x restic snapshots'), 'restic'],
  [words('setpriv --reuid=1 --clear-groups -- restic snapshots'), 'restic'],
  [words('chronic stdbuf -oL taskset -c 0 chrt -i 0 restic snapshots'), 'restic'],
  [script('restic snapshots'), 'restic'],
  [['bash', '-lc', 'cd /tmp && export A="b c"; exec restic -r "$REPO" snapshots > log 2>&1'], 'restic'],
  [script('if ! restic \'snapshots\' | tee -a log; then echo "restic backup"; fi # restic backup'), 'restic'],
  [script('RESTIC_PASSWORD=x sudo restic backup --tag "$(date +%F)" --dry-run /home'), 'restic'],
  [['sudo', 'sh', '-c', 'nice borg list'], 'borg'],
  [['su', '-', 'backup', '-c', 'borg list'], 'borg'],
  [['flock', '/run/lock', '-c', 'borg list'], 'borg'],
  [['ssh', '-p', '22', 'host', 'borg list'], 'borg'],
  [['cmd.exe', '/c', 'restic', 'snapshots'], 'restic'],
  [['powershell', '-NoProfile', '-Command', 'restic snapshots; exit $LASTEXITCODE'], 'restic'],
  [script('restic forget --prune\nrestic check'), 'restic'],
];

for (const [line, product] of wrapped)
  test(`${line.join(' ')}: seen through`, () => {
    assert.match(inLog(saved(line)), /^nothing_saved/);
    assert.is(orderOf({ job: 'j' }, line).product, product);
    const real = line.map((word) =>
      word.replace('snapshots', 'backup').replace(' list', ' create').replace('--dry-run ', ''),
    );
    if (/snapshots|--dry-run|borg list/.test(line.join(' '))) {
      const made = real.map((word) => (word === 'list' ? 'create' : word));
      assert.is(saved(made), null, made.join(' '));
    }
  });

test('of several commands one backup is enough, and one that is not known leaves it to the exit code', () => {
  assert.is(saved(script('restic snapshots; restic backup /home && restic forget --prune')), null);
  assert.is(saved(script('pg_dump db > /backup/db.sql && borg list')), null);
  assert.is(saved(script('"$RESTIC" snapshots')), null);
  assert.match(inLog(saved(script('mount /mnt; restic backup -n /home; umount /mnt'))), 'option: -n');
});

test('a dry run is known by its output, whatever program printed it', () => {
  const run = (output: string) => saved(['/opt/backup.sh'], output);
  for (const output of [
    'Would add to the repository: 1.2 MiB (0.5 MiB stored)\n',
    '{"message_type":"status"}\n{"message_type":"summary","dry_run":true,"snapshot_id":"0a1b2c3d"}\n',
    'sent 89 bytes\ntotal size is 20  speedup is 0.14 (DRY RUN)\n',
    '2026/11/22 NOTICE: a: Skipped copy as --dry-run is set (size 3)\n',
    '  [Dryrun]: Would upload volume\n',
    '   Options : *.* /S /E /L /DCOPY:DA /COPY:DAT /R:1000000 /W:30 \r\n',
  ])
    assert.match(inLog(run(output)), /^nothing_saved_dry_output \(line: /, output);
  for (const output of [
    'snapshot 0a1b2c3d saved\n',
    'Would add to the repository: 1 MiB\nsnapshot 0a1b2c3d saved\n',
    'total size is 20  speedup is 0.14 (DRY RUN)\ntotal size is 20  speedup is 0.14\n',
    '   Options : *.* /S /E /DCOPY:DA /COPY:DAT /R:1000000 /W:30 \r\n',
    '',
  ])
    assert.is(run(output), null, output);
});

test('a verification reads a backup', () => {
  for (const line of [
    'restic check --read-data',
    'sudo restic restore latest --target /tmp',
    'borg check',
    'borg extract --dry-run ::a',
    'kopia snapshot verify',
    'duplicity verify file:///x /home',
    'duplicati-cli test file:///x',
    'tar -tzf /backup/a.tgz',
    'rsync -nac /backup /home',
    '/opt/try-restore.sh',
    'pg_restore -l x',
    'true',
  ])
    assert.is(verified(words(line)), null, line);
  for (const line of [
    'restic snapshots',
    'restic backup /home',
    'restic restore --dry-run latest',
    'borg list',
    'borg create ::a /h',
    'kopia snapshot list',
    'rclone ls x',
  ])
    assert.match(inLog(verified(words(line))), /^nothing_verified \(command: .*give_verify_restore$/, line);
});

test('any words and any script are read, in no time', () => {
  for (const text of [
    '',
    '"',
    "'",
    '\\',
    '$(',
    '`',
    ';;',
    'sh -c',
    'sudo',
    'env A=b',
    'sh -c "sh -c \'sh -c x',
    '-',
    '--',
    '=',
  ]) {
    assert.ok(Array.isArray(callsOf(words(text))), text);
    assert.ok(Array.isArray(deedsOf('sh', ['-c', text])), text);
  }
  const deep = ['sudo', ...new Array(500).fill('sudo'), 'restic', 'snapshots'];
  assert.ok(Array.isArray(callsOf(deep)));
  for (const piece of [' ', '\n', 'a', '"', "'", '\\', ';', '>', '#', '$(', '1']) {
    const started = performance.now();
    deedsOf('sh', ['-c', piece.repeat(65_536)]);
    whyNothingSaved([], piece.repeat(65_536));
    assert.ok(performance.now() - started < 200, JSON.stringify(piece));
  }
});

test.run();
