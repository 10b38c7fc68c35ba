/** What `doctor` says: every part that was looked at, what was found, and the least that has to be granted. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attempt } from '../../agent/attempt.ts';
import { reasonsWhy } from '../../agent/checks/backup/product.ts';
import { backup } from '../../agent/checks/backup.ts';
import { partsOf } from '../../agent/commands/doctor-parts.ts';
import { remedyFor } from '../../agent/commands/doctor-remedy.ts';
import { quotation, type Reason, reason } from '../../shared/reason.ts';
import { trialContext } from '../support/check-context.ts';
import { inLog } from '../support/reasons.ts';

const test = suite('doctor');

const remedies: [said: Reason[], advice: RegExp | null][] = [
  [[reason('not_installed', { program: 'nft' })], /install nftables/],
  [[reason('not_installed', { program: '/usr/bin/borg' })], /install borgbackup/],
  [[reason('needs_root', { program: 'smartctl' })], /SupplementaryGroups=disk/],
  [[reason('disk_not_opened'), ...quotation('/dev/sda: smartctl: Permission denied')], /CAP_SYS_RAWIO/],
  [quotation('nft: Operation not permitted'), /CAP_NET_ADMIN/],
  [
    [reason('not_readable', { path: '/etc/evenkeel/restic.password', error: 'EACCES' })],
    /setfacl -m u:USER:r \/etc\/evenkeel\/restic.password/,
  ],
  [quotation("EACCES: permission denied, open '/var/log/x.log'"), /setfacl -m u:USER:r \/var\/log\/x.log/],
  [
    [reason('ended_exit', { exit: 1 }), ...reasonsWhy('wrong-password', 'wrong password or no key found')],
    /passwordFile/,
  ],
  [reasonsWhy('locked', 'Failed to create/acquire the lock'), /break-lock/],
  [reasonsWhy('repository-missing', 'no such file'), /address in checks.yaml/],
  [[reason('apt_no_lists', { sources: 'http://mirror/debian bookworm-security' })], /apt-get update/],
  [[reason('lists_old', { age_s: 12 * 86_400 })], /timer/],
  [[reason('needs_root', { program: 'dnf' })], /as root/],
  [[reason('firewall_rules_out_of_reach')], /CAP_NET_ADMIN/],
  [quotation('the moon is full'), null],
];

for (const [reasons, advice] of remedies)
  test(inLog(reasons), () => {
    if (advice === null) assert.is(remedyFor(reasons), null);
    else assert.match(remedyFor(reasons) ?? '', advice);
  });

test('a backup that cannot be read is reported with its reason, no backup with what was looked for', async () => {
  const data = mkdtempSync(join(tmpdir(), 'evenkeel-doctor-'));
  const context = trialContext({ data, root: join(data, 'root'), platform: 'linux' });
  const none = await partsOf('backup', await attempt(backup(), context, 20_000), context);
  assert.match(none[0]?.findings.join() ?? '', 'rsnapshot.conf');
  const repository = `{job: night, product: restic, repository: /r, passwordFile: ${join(data, 'gone')}}`;
  writeFileSync(join(data, 'checks.yaml'), `backups: {repositories: [${repository}]}`);
  const [night] = await partsOf('backup', await attempt(backup(), context, 20_000), context);
  assert.is(night?.name, 'restic night');
  assert.match(
    night?.findings.join() ?? '',
    /^unknown, no success known, cannot be read: .*gone cannot be read \(ENOENT\)$/,
  );
  rmSync(data, { recursive: true });
});

test('every health source of this machine says something', async () => {
  const context = trialContext();
  for (const check of ['health', 'health_slow'])
    for (const { name, reads, findings: said } of await partsOf(
      check,
      { status: 'no_data', reasons: [], ms: 0 },
      context,
    )) {
      assert.ok(reads, name);
      assert.ok(said.length > 0 && said.every((text) => text !== ''), name);
    }
});

test.run();
