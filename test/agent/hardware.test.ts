/** The machine's parts, from the kernel's own files: no shell and no program is started for them. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hardware, parseCpuModel, parseLscpuModel, parseSerialPage } from '../../agent/checks/hardware.ts';
import type { Hardware } from '../../shared/inventory.ts';
import { agentMain, temporaryFolder } from '../support/agent.ts';
import { trialContext } from '../support/check-context.ts';
import { answer, removeTrees, tree } from '../support/tree.ts';

const test = suite('hardware');
test.after(removeTrees);

async function read(files: Record<string, string>, lscpu = ''): Promise<{ found: Hardware; started: string[] }> {
  const started: string[] = [];
  const run = async (file: string) => {
    started.push(file);
    return answer(lscpu);
  };
  const { sections } = await hardware().run(trialContext({ root: tree(files), platform: 'linux', run }));
  return { found: sections?.hardware as Hardware, started };
}

test('a server: board, processor, memory and disks', async () => {
  const { found, started } = await read({
    'sys/class/dmi/id/sys_vendor': 'Dell Inc.\n',
    'sys/class/dmi/id/product_name': 'PowerEdge R640\n',
    'sys/class/dmi/id/product_serial': 'ABC1234\n',
    'proc/cpuinfo': 'processor\t: 0\nmodel\t\t: 79\nmodel name\t: Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz\n',
    'sys/devices/system/cpu/online': '0-55\n',
    'proc/meminfo': 'MemTotal:       65536000 kB\nMemFree: 1 kB\n',
    'sys/block/sda/size': '1953525168\n',
    'sys/block/sda/queue/rotational': '1\n',
    'sys/block/sda/device/model': 'ST1000NM0033-9ZM\n',
    'sys/block/sda/device/vpd_pg80': '\0\x80\0\x08Z1W0ABCD',
    'sys/block/nvme0n1/size': '2000409264\n',
    'sys/block/nvme0n1/queue/rotational': '0\n',
    'sys/block/nvme0n1/device/model': 'Samsung SSD 980 PRO 1TB                 \n',
    'sys/block/nvme0n1/device/serial': 'S5GXNX0R\n',
    'sys/block/vda/size': '2097152\n',
    'sys/block/vda/queue/rotational': '1\n',
    'sys/block/vda/device/vendor': '0x1af4\n',
    'sys/block/sr0/size': '2097151\n',
    'sys/block/sr0/device/model': 'DVD\n',
    'sys/block/loop0/size': '8\n',
    'sys/block/sdb/size': '0\n',
    'sys/block/sdb/device/model': 'Empty card reader\n',
  });
  assert.equal([found.manufacturer, found.model, found.serial], ['Dell Inc.', 'PowerEdge R640', 'ABC1234']);
  assert.equal(found.cpu, { model: 'Intel Xeon CPU E5-2680 v4', cores: 56 });
  assert.is(found.memory_bytes, 65_536_000 * 1024);
  assert.equal(found.disks, [
    {
      name: '/dev/nvme0n1',
      model: 'Samsung SSD 980 PRO 1TB',
      serial: 'S5GXNX0R',
      bytes: 2000409264 * 512,
      kind: 'NVMe',
    },
    { name: '/dev/sda', model: 'ST1000NM0033-9ZM', serial: 'Z1W0ABCD', bytes: 1953525168 * 512, kind: 'HD' },
    { name: '/dev/vda', model: null, serial: null, bytes: 2 ** 30, kind: null },
  ]);
  assert.equal(started, []);
});

test('a board without firmware tables: its name from the device tree, the processor’s from lscpu', async () => {
  const { found, started } = await read(
    {
      'proc/device-tree/model': 'Raspberry Pi 4 Model B Rev 1.4\0',
      'proc/device-tree/serial-number': '100000001234abcd\0',
      'proc/cpuinfo': 'processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n',
      'sys/devices/system/cpu/online': '0-3\n',
    },
    'Architecture: aarch64\nModel name:          Cortex-A72\n',
  );
  assert.equal(
    [found.model, found.serial, found.cpu.model, found.cpu.cores],
    ['Raspberry Pi 4 Model B Rev 1.4', '100000001234abcd', 'Cortex-A72', 4],
  );
  assert.equal(started, ['lscpu']);
});

test('what is not there or filled in by nobody is unknown, never zero', async () => {
  const { found } = await read({
    'sys/class/dmi/id/product_name': 'To Be Filled By O.E.M.\n',
    'sys/class/dmi/id/product_serial': '0\n',
  });
  assert.equal([found.manufacturer, found.model, found.serial, found.memory_bytes], [null, null, null, null]);
  assert.equal(found.cpu, { model: null, cores: null });
  assert.equal(
    [parseCpuModel(''), parseLscpuModel('Model name: -'), parseSerialPage(null), parseSerialPage('\0\x80')],
    [null, null, null, null],
  );
});

test('a round of the light checks and an inventory of the hardware start no shell', () => {
  if (process.platform !== 'linux' || spawnSync('strace', ['-V']).status !== 0) return;
  const folder = temporaryFolder();
  const log = join(folder.path, 'strace');
  const words = ['--disable-warning=ExperimentalWarning', agentMain, 'heavy', '--data', join(folder.path, 'data')];
  const light = [
    'host',
    'cpu',
    'memory',
    'system',
    'pressure',
    'disk',
    'diskio',
    'network',
    'processes',
    'temperature',
  ];
  const strace = ['-f', '-qq', '-e', 'trace=execve', '-o', log, process.execPath, ...words, 'hardware', ...light];
  const { stdout } = spawnSync('strace', strace, { encoding: 'utf8' });
  assert.match(stdout, '"name":"hardware","outcome":{"status":"ok"');
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => /execve\(.*= 0$/.test(line));
  folder.remove();
  assert.ok(calls.length >= 1, 'the agent itself was seen');
  assert.equal(
    calls.filter((line) => /execve\("[^"]*\/(?:ba|da|z)?sh"/.test(line)),
    [],
  );
  assert.equal(calls.slice(1), [], 'no other program either');
});

test.run();
