/** Software RAID: arrays that did not start, containers of firmware RAID, arrays that are listed no more. */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { NoData } from '../../../agent/checks/check.ts';
import { judgeMd, md, parseMdadmDetail, parseMdstat } from '../../../agent/checks/health/md.ts';
import { reason } from '../../../shared/reason.ts';
import { trialContext } from '../../support/check-context.ts';
import { addFiles, tree } from '../../support/tree.ts';

const head = 'Personalities : [raid1]\n';
const tail = 'unused devices: <none>\n';
const inactive = 'md127 : inactive sdb1[1](S) sdc1[2](S)\n      1953259520 blocks super 1.2\n\n';
const running = 'md0 : active raid1 sdb1[1] sdc1[2]\n      976629760 blocks super 1.2 [2/2] [UU]\n\n';
const rst =
  'md126 : active raid1 sda[1] sdb[0]\n      931507200 blocks super external:/md127/0 [2/2] [UU]\n\n' +
  'md127 : inactive sdb[1](S) sda[0](S)\n      6306 blocks super external:imsm\n\n';
const uuid = '0a1b2c3d:4e5f6071:8293a4b5:c6d7e8f9';

const boot = (id: string) => ({ 'proc/sys/kernel/random/boot_id': `${id}\n` });
const member = (name: string, device: string, type = 'linux_raid_member') => ({
  [`sys/class/block/${name}/dev`]: `${device}\n`,
  [`run/udev/data/b${device}`]: `E:ID_FS_TYPE=${type}\nE:ID_FS_UUID=0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9\n`,
});

function machine(mdstat: string) {
  const root = tree({
    ...boot('one'),
    ...member('sdb1', '8:17'),
    ...member('sdc1', '8:33'),
    'proc/mdstat': head + mdstat + tail,
    'sys/block/md0/md/uuid': `${uuid}\n`,
  });
  const context = trialContext({
    root,
    platform: 'linux',
    run: async () => {
      throw new NoData(reason('not_installed', { program: 'mdadm' }));
    },
  });
  const read = async () =>
    (await md.read(context)).metrics.map(({ tags, fields }) => [tags.name, fields.severity ?? null]);
  return { root, context, read, set: (text: string) => addFiles(root, { 'proc/mdstat': head + text + tail }) };
}

test('an array that did not start is critical, though all its members are listed as spares', () => {
  const [array] = parseMdstat(head + inactive + tail) ?? [];
  assert.ok(array);
  assert.equal(judgeMd(array), { status: 'critical', reasons: [reason('array_not_started')] });
  const broken = 'md3 : broken raid0 sda1[0] sdb1[1]\n      100 blocks super 1.2 512k chunks\n';
  assert.is(parseMdstat(head + broken + tail)?.map(judgeMd)[0]?.status, 'critical');
});

test('containers of firmware RAID are no arrays; their volumes are', async () => {
  for (const metadata of ['imsm', 'ddf']) {
    const { read, root } = machine(rst.replace('external:imsm', `external:${metadata}`));
    assert.equal(await read(), [['md126', 0]]);
    rmSync(root, { recursive: true });
  }
});

test('a text that is cut off raises and clears nothing', () => {
  const whole = head + running + rst + tail;
  for (let end = 0; end < whole.length; end++)
    for (const array of parseMdstat(whole.slice(0, end)) ?? [])
      assert.is.not(judgeMd(array).status, 'critical', JSON.stringify(whole.slice(0, end)));
});

test('an array that was running and is not put together at the next start is critical', async () => {
  const { read, set, root } = machine(running);
  assert.equal(await read(), [['md0', 0]]);
  addFiles(root, boot('two'));
  set('');
  assert.equal(await read(), [['md0', 2]], 'its members are there');
  rmSync(join(root, 'proc/mdstat'));
  rmSync(join(root, 'sys/block/md0'), { recursive: true });
  assert.equal(await read(), [['md0', 2]], 'and so without the module');
  addFiles(root, { 'proc/mdstat': head + running + tail, 'sys/block/md0/md/uuid': `${uuid}\n` });
  assert.equal(await read(), [['md0', 0]]);
  rmSync(root, { recursive: true });
});

test('an array that somebody stopped or deleted is no trouble, and is forgotten', async () => {
  const stopped = machine(running);
  await stopped.read();
  stopped.set('');
  assert.equal(await stopped.read(), []);
  const deleted = machine(running);
  await deleted.read();
  deleted.set('');
  addFiles(deleted.root, { ...boot('two'), ...member('sdb1', '8:17', 'ext4'), ...member('sdc1', '8:33', 'ext4') });
  assert.equal(await deleted.read(), []);
  try {
    await deleted.read();
    assert.unreachable();
  } catch (thrown) {
    assert.instance(thrown, NoData);
  }
  for (const { root } of [stopped, deleted]) rmSync(root, { recursive: true });
});

test('an array whose disks went with it is missing, for a month', async () => {
  const { read, set, root, context } = machine(running);
  await read();
  set('');
  for (const name of ['sdb1', 'sdc1']) rmSync(join(root, 'sys/class/block', name), { recursive: true });
  assert.equal(await read(), [['md0', 2]]);
  context.shift = 29 * 86_400_000;
  assert.equal(await read(), [['md0', 2]]);
  context.shift = 31 * 86_400_000;
  assert.equal(await read(), []);
  rmSync(root, { recursive: true });
});

test('the UUID is the array: under another number it keeps its name, its series and its alert', async () => {
  const { read, set, root } = machine(running);
  await read();
  addFiles(root, boot('two'));
  rmSync(join(root, 'sys/block/md0'), { recursive: true });
  addFiles(root, { 'dev/disk/by-id/md-uuid-0a1b2c3d:4e5f6071:8293a4b5:c6d7e8f9': '-> ../../md127' });
  set(running.replace('md0', 'md127').replace('[2/2] [UU]', '[2/1] [_U]'));
  assert.equal(await read(), [['md0', 2]]);
  rmSync(root, { recursive: true });
});

test('what mdstat does not tell any more keeps the severity that it had', async () => {
  const { read, set, root } = machine(running.replace('[2/2] [UU]', '[2/1] [_U]'));
  assert.equal(await read(), [['md0', 2]]);
  set('md0 : active raid1 sdb1[1] sdc1[2]\n      976629760 blocks super 1.2\n\n');
  assert.equal(await read(), [['md0', 2]]);
  rmSync(root, { recursive: true });
});

test('mdadm --detail tells the UUID in the form of all others', () => {
  assert.is(
    parseMdadmDetail(`/dev/md0:\n             State : clean\n              UUID : ${uuid}\n`).uuid,
    '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  );
});

test.run();
