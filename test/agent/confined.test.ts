/** What the agent may use is not what the machine has, and what the host has is not the container's. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Check } from '../../agent/checks/check.ts';
import { cpu } from '../../agent/checks/cpu.ts';
import { memory } from '../../agent/checks/memory.ts';
import { pressure } from '../../agent/checks/pressure.ts';
import { metric, percent } from '../../agent/checks/reading.ts';
import { countCpuList, system } from '../../agent/checks/system.ts';
import { readContainer } from '../../agent/platform/container.ts';
import { pageBytes, parseAuxv } from '../../agent/platform/page-size.ts';
import { trialContext } from '../support/check-context.ts';
import { addFiles, tree } from '../support/tree.ts';

const loadavg = { 'proc/loadavg': '5.89 5.39 6.54 2/1800 12345\n' };
const online = { 'sys/devices/system/cpu/online': '0-7\n' };

async function fieldsOf(check: Check, files: Record<string, string | Uint8Array>, name: string) {
  const root = tree(files);
  const context = trialContext({ root, platform: 'linux' });
  const found = await check.run(context).catch((thrown) => ({ metrics: [], reason: String(thrown) }));
  rmSync(root, { recursive: true });
  return found.metrics?.find((one) => one.name === name)?.fields ?? {};
}

test('the load is shared by the processors of the machine, whatever mask the agent has', async () => {
  const fields = await fieldsOf(system(), { ...loadavg, ...online }, 'system');
  assert.equal([fields.n_cpus, fields.load15, fields.load15_per_cpu], [8, 6.54, 0.82]);
  const stat = 'cpu  1 1 1 1 0 0 0 0\ncpu0 1 1 1 1 0 0 0 0\ncpu1 1 1 1 1 0 0 0 0\n';
  assert.is((await fieldsOf(system(), { ...loadavg, 'proc/stat': stat }, 'system')).n_cpus, 2);
  assert.equal(['0', '0-3,8', '0-3,', 'x', '5-2', ''].map(countCpuList), [1, 5, null, null, null, null]);
});

test('under taskset the processors are still the machine’s', async () => {
  if (process.platform !== 'linux') return;
  const code =
    "const { system } = await import('./agent/checks/system.ts');" +
    "const { trialContext } = await import('./test/support/check-context.ts');" +
    'const { metrics } = await system().run(trialContext());' +
    'console.log(JSON.stringify(metrics[0].fields.n_cpus));';
  const cwd = new URL('../..', import.meta.url);
  const count = async (command: string, args: string[]) =>
    (await promisify(execFile)(command, [...args, '--input-type=module', '-e', code], { cwd })).stdout.trim();
  try {
    assert.is(await count('taskset', ['-c', '0', process.execPath]), await count(process.execPath, []));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    console.log('\nSKIP taskset: not installed');
  }
});

const signs: Record<string, Record<string, string>> = {
  docker: { '.dockerenv': '' },
  podman: { 'run/.containerenv': '' },
  systemd: { 'run/systemd/container': 'lxc\n' },
  overlay: { 'proc/self/mountinfo': '1 0 0:5 / / rw - overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/X\n' },
  namespace: { 'proc/self/ns/pid': '-> pid:[4026532201]' },
};

for (const [name, files] of Object.entries(signs))
  test(`in a container (${name}) the load of the host is no one's`, async () => {
    const fields = await fieldsOf(system(), { ...loadavg, ...online, ...files }, 'system');
    assert.equal([fields.load15, fields.load15_per_cpu], [undefined, undefined]);
    assert.ok((fields.n_cpus ?? 0) >= 1);
  });

test('a machine is no container: its own namespace, an overlay of a live system, WSL', () => {
  const container = (files: Record<string, string>) => {
    const root = tree(files);
    const found = readContainer(root);
    rmSync(root, { recursive: true });
    return found;
  };
  assert.is(container({ 'proc/self/ns/pid': '-> pid:[4026531836]', '.dockerenv': '' }), null, 'made of an image');
  assert.is(
    container({ 'proc/self/mountinfo': '1 0 0:5 / / rw - overlay overlay rw,lowerdir=/media/root-ro\n' }),
    null,
  );
  assert.is(
    container({ 'run/systemd/container': 'wsl', 'proc/sys/kernel/osrelease': '5.15-microsoft-standard-WSL2' }),
    null,
  );
});

const lxcfs = { 'proc/self/mountinfo': '9 1 0:40 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw\n' };
const ofContainer =
  'MemTotal: 1572864 kB\nMemFree: 60000 kB\nMemAvailable: 125829 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n';
const arcOfHost = { 'proc/spl/kstat/zfs/arcstats': 'name type data\nc_min 4 536870912\nsize 4 6732361728\n' };

test('below lxcfs the cache of the host is not added to the memory of the container', async () => {
  const files = { ...lxcfs, ...arcOfHost, 'proc/meminfo': ofContainer };
  const { used_percent, available_percent } = await fieldsOf(memory('linux'), files, 'mem');
  assert.equal([used_percent, available_percent], [92, 8]);
});

test('on a machine the cache of ZFS counts as available', async () => {
  const files = { ...arcOfHost, 'proc/meminfo': 'MemTotal: 16777216 kB\nMemAvailable: 2097152 kB\n' };
  const { used_percent } = await fieldsOf(memory('linux'), files, 'mem');
  assert.is(used_percent, 51.44);
});

test('in other containers the group tells what is used and what may be used; what it does not tell is unknown', async () => {
  const host = { '.dockerenv': '', 'proc/meminfo': 'MemTotal: 67108864 kB\nMemAvailable: 60000000 kB\n' };
  const group = (max: string) => ({
    'sys/fs/cgroup/memory.max': max,
    'sys/fs/cgroup/memory.current': '1000000000\n',
    'sys/fs/cgroup/memory.stat': 'anon 5\ninactive_file 200000000\n',
    'sys/fs/cgroup/memory.events': 'low 0\noom 1\noom_kill 3\noom_group_kill 0\n',
    'proc/vmstat': 'oom_kill 77\n',
  });
  const limited = await fieldsOf(memory('linux'), { ...host, ...group('1000000000\n') }, 'mem');
  assert.equal([limited.total, limited.used_percent], [1e9, 80]);
  const free = await fieldsOf(memory('linux'), { ...host, ...group('max\n') }, 'mem');
  assert.equal([free.total, free.used, free.used_percent], [undefined, 800_000_000, undefined]);
  assert.equal(await fieldsOf(memory('linux'), host, 'mem'), {});
  assert.equal(await fieldsOf(memory('linux'), { ...host, ...group('max\n') }, 'kernel_vmstat'), { oom_kill: 3 });
});

test('CPU and pressure of a container are those of its group', async () => {
  const stat = 'cpu  100 0 100 100 0 0 0 0\ncpu0 100 0 100 100 0 0 0 0\n';
  const root = tree({ '.dockerenv': '', 'proc/stat': stat, 'sys/fs/cgroup/cpu.stat': 'usage_usec 1000000\n' });
  const context = trialContext({ root, platform: 'linux' });
  let at = 0;
  context.clock = { now: () => 1, monotonic: () => at };
  const check = cpu();
  assert.is((await check.run(context)).metrics, undefined);
  at = 10_000;
  addFiles(root, { 'sys/fs/cgroup/cpu.stat': 'usage_usec 2000000\n', 'proc/stat': stat.replaceAll('100', '900') });
  const active = (await check.run(context)).metrics?.[0]?.fields.usage_active ?? Number.NaN;
  assert.ok(active > 0 && active <= 10, `1 s of 10 s of each processor: ${active}`);
  rmSync(root, { recursive: true });
  const line = (avg: string) => `some avg10=${avg} avg60=${avg} avg300=${avg} total=5\n`;
  const files = {
    '.dockerenv': '',
    'proc/pressure/memory': line('90.00'),
    'sys/fs/cgroup/memory.pressure': line('1.00'),
  };
  assert.is((await fieldsOf(pressure(), files, 'pressure')).avg60, 1);
});

test('a share outside of 0–100 leaves no reader', () => {
  assert.equal([percent(-1, 10), percent(11, 10), percent(10, 10), percent(0, 10)], [null, null, 100, 0]);
  const fields = { used_percent: -260, usage_active: 101, io_util: 100, avg60: 400, wear_percent: 100, cpu_usage: 250 };
  assert.equal(metric('x', {}, fields, 1)[0]?.fields, { io_util: 100, wear_percent: 100, cpu_usage: 250 });
});

const auxv = (...entries: [bigint, bigint][]) => {
  const bytes = Buffer.alloc(entries.length * 16);
  for (const [i, [key, value]] of entries.entries()) {
    bytes.writeBigUInt64LE(key, i * 16);
    bytes.writeBigUInt64LE(value, i * 16 + 8);
  }
  return bytes;
};

test('what is counted in pages is multiplied by the size of this system’s pages', async () => {
  const bytes = auxv([16n, 5n], [6n, 16_384n], [0n, 0n]);
  assert.is(parseAuxv(bytes, true), 16_384);
  for (let end = 0; end < 32; end++) assert.is(parseAuxv(bytes.subarray(0, end), true), null);
  assert.is(parseAuxv(auxv([6n, 4097n]), true), null);
  const files = {
    'proc/self/auxv': bytes,
    'proc/meminfo': 'MemTotal: 1000 kB\nMemAvailable: 500 kB\nSwapTotal: 100 kB\nSwapFree: 50 kB\n',
    'proc/vmstat': 'pswpin 10\npswpout 20\n',
  };
  const swap = await fieldsOf(memory('linux'), files, 'swap');
  assert.equal([swap.in, swap.out], [163_840, 327_680]);
  if (process.platform === 'linux') {
    const told = await promisify(execFile)('getconf', ['PAGESIZE']).catch(() => null);
    if (told) assert.is(pageBytes(), Number(told.stdout));
  }
});

test.run();
