/** Space that several share, file systems that fell, and what is no disk of the machine. */
import { rmSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../agent/checks/check.ts';
import { disk, isUnexpectedlyReadOnly, sharedSpace, spaceOf } from '../../agent/checks/disk.ts';
import { parseDf, parseFstab, parseMountInfo, realDisks } from '../../agent/checks/mounts.ts';
import { poolsKey } from '../../agent/checks/pools.ts';
import { trialContext } from '../support/check-context.ts';
import { tree } from '../support/tree.ts';

const GB = 1e9;

test('a ZFS data set tells its pool: 5 GB beside 100 GB that are left of 1 TB', async () => {
  const own = spaceOf({ bsize: 1, blocks: 105 * GB, bfree: 100 * GB, bavail: 100 * GB, files: 0, ffree: 0 });
  assert.ok(own);
  const { usedPercent, availableBytes } = sharedSpace(own, 1000 * GB);
  assert.equal([usedPercent, availableBytes], [90, 100 * GB]);
  assert.is(sharedSpace(own, null).usedPercent, null, 'unknown, not 4.8 %');
  assert.is(sharedSpace(own, 50 * GB).usedPercent, null);
  const root = tree({ 'proc/self/mountinfo': '27 1 0:30 / / rw - zfs rpool/ROOT/pve-1 rw\n' });
  const context = trialContext({ root, platform: 'linux' });
  const fields = async () => (await disk('linux').run(context)).metrics?.[0]?.fields;
  assert.is((await fields())?.used_percent, undefined);
  context.memory.set(poolsKey, { rpool: 1e18 });
  assert.ok(((await fields())?.used_percent ?? 0) > 90, 'of a pool far larger than what is left here');
  rmSync(root, { recursive: true });
});

test('read-only is what the file system is, not what the agent or a bind mount may', () => {
  const fstab = parseFstab('/dev/sda2 / ext4 rw 0 1\n/dev/sda3 /home ext4 defaults 0 2\n');
  const fallen = (line: string) =>
    parseMountInfo(line).map((mount) => isUnexpectedlyReadOnly(mount, fstab, new Map()))[0];
  assert.is(fallen('100 99 8:2 / / ro,relatime - ext4 /dev/sda2 rw,errors=remount-ro'), false);
  assert.is(fallen('101 99 8:3 / /home ro,relatime shared:1 - ext4 /dev/sda3 rw'), false);
  assert.is(fallen('100 99 8:2 / / ro,relatime - ext4 /dev/sda2 ro,errors=remount-ro'), true);
  assert.is(fallen('100 99 8:2 / / rw,relatime - ext4 /dev/sda2 ro,errors=remount-ro'), true);
  assert.is(fallen('100 99 8:2 / / rw - ext4 /dev/sda2 rw,emergency_ro'), true);
  assert.is(fallen('100 99 8:2 / / rw - xfs /dev/sda2 rw,shutdown'), true);
});

const df = `Filesystem     1024-blocks      Used Available Capacity  Mounted on
/dev/disk3s1s1   971350180  10000000 100000000    10%    /
devfs                  200       200         0   100%    /dev
/dev/disk3s5     971350180 800000000 100000000    89%    /System/Volumes/Data
/dev/disk3s7     971350180   1000000 100000000     1%    /Volumes/Other
/dev/disk4s1        150000    150000         0   100%    /Volumes/Firefox
/dev/disk5s2     500000000 500000000         0   100%    /Volumes/My Films
/dev/disk6s1     500000000 490000000  10000000    98%    /Volumes/BOOTCAMP
`;
const hdiutil = `framework       : 683
driver          : 683
================================================
image-path      : /Users/a/Firefox.dmg
/dev/disk4\tGUID_partition_scheme\t
/dev/disk4s1\tApple_HFS\t/Volumes/Firefox
`;
const mounts = `/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled)
/dev/disk5s2 on /Volumes/My Films (hfs, local, nodev)
/dev/disk6s1 on /Volumes/BOOTCAMP (ntfs, local, read-only, noowners)
`;

async function mac(outputs: Record<string, string>) {
  const run = async (file: string): Promise<RunResult> => {
    const stdout = outputs[file];
    if (stdout === undefined) throw new Error(`${file} is not there`);
    return { code: 0, signal: null, stdout, stderr: '', ended: null, ms: 1 };
  };
  const { metrics = [] } = await disk('darwin').run(trialContext({ platform: 'darwin', run }));
  return metrics.map(({ tags, fields }) => [tags.path, tags.fstype, fields.used_percent]);
}

test('macOS: a container is as full as all its volumes; images and what is only read are no disks of the machine', async () => {
  assert.equal(await mac({ '/bin/df': df, '/sbin/mount': mounts, '/usr/bin/hdiutil': hdiutil }), [
    ['/System/Volumes/Data', 'apfs', 89.71],
    ['/Volumes/My Films', 'hfs', 100],
  ]);
  // Without the other tools a volume without any room is taken for an image.
  assert.equal(await mac({ '/bin/df': df }), [
    ['/System/Volumes/Data', 'unknown', 89.71],
    ['/Volumes/BOOTCAMP', 'unknown', 98],
  ]);
});

test('macOS before 10.15 has its data on /', async () => {
  const old = 'Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/disk1s1 1000 700 200 78% /\n';
  assert.equal(await mac({ '/bin/df': old }), [['/', 'unknown', 80]]);
  assert.is(
    realDisks(parseDf(df)).some(({ mount }) => mount === '/Volumes/Firefox'),
    false,
  );
});

test.run();
