/** What `doctor` says: every part that was looked at, what was found, and the least that has to be granted. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attempt } from '../../agent/attempt.ts';
import { backup } from '../../agent/checks/backup.ts';
import { partsOf } from '../../agent/commands/doctor-parts.ts';
import { remedyFor } from '../../agent/commands/doctor-remedy.ts';
import { trialContext } from '../support/check-context.ts';

const test = suite('doctor');

const remedies: [said: string, advice: RegExp | null][] = [
  ['nft is not installed', /install nftables/],
  ['/usr/bin/borg is not installed', /install borgbackup/],
  ['smartctl needs root', /SupplementaryGroups=disk/],
  ['/dev/sda: smartctl: Permission denied', /CAP_SYS_RAWIO/],
  ['nft: Operation not permitted', /CAP_NET_ADMIN/],
  ['cannot read /etc/evenkeel/restic.password: EACCES', /setfacl -m u:USER:r \/etc\/evenkeel\/restic.password/],
  ["EACCES: permission denied, open '/var/log/x.log'", /setfacl -m u:USER:r \/var\/log\/x.log/],
  ['exit code 1: wrong-password: wrong password or no key found', /passwordFile/],
  ['locked: Failed to create/acquire the lock', /break-lock/],
  ['repository-missing: no such file', /address in checks.yaml/],
  ['apt holds no lists of http://mirror/debian bookworm-security', /apt-get update/],
  ['the update lists are 12 days old', /timer/],
  ['dnf needs root', /as root/],
  ['the moon is full', null],
];

for (const [said, advice] of remedies)
  test(`"${said}"`, () => {
    if (advice === null) assert.is(remedyFor(said), null);
    else assert.match(remedyFor(said) ?? '', advice);
  });

test('a backup that cannot be read is told with its reason, no backup with what was looked for', async () => {
  const data = mkdtempSync(join(tmpdir(), 'evenkeel-doctor-'));
  const context = trialContext({ data, root: join(data, 'root'), platform: 'linux' });
  const none = await partsOf('backup', await attempt(backup(), context, 20_000), context);
  assert.match(none[0]?.said.join() ?? '', 'rsnapshot.conf');
  const repository = `{job: night, product: restic, repository: /r, passwordFile: ${join(data, 'gone')}}`;
  writeFileSync(join(data, 'checks.yaml'), `backups: {repositories: [${repository}]}`);
  const [night] = await partsOf('backup', await attempt(backup(), context, 20_000), context);
  assert.is(night?.name, 'restic night');
  assert.match(night?.said.join() ?? '', /^unknown, no success known, cannot be read: cannot read .*gone: ENOENT/);
  rmSync(data, { recursive: true });
});

test('every health source of this machine says something', async () => {
  const context = trialContext();
  for (const check of ['health', 'health_slow'])
    for (const { name, reads, said } of await partsOf(check, { status: 'no_data', reason: '', ms: 0 }, context)) {
      assert.ok(reads, name);
      assert.ok(said.length > 0 && said.every((text) => text !== ''), name);
    }
});

test.run();
