/** The parsers of the fast checks are total: whatever a file holds, they give readings or nothing, never a throw. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseProcStat, usageBetween } from '../../agent/checks/cpu.ts';
import { spaceOf } from '../../agent/checks/disk.ts';
import { activityBetween, type DiskCounters, parseDiskStats } from '../../agent/checks/diskio.ts';
import { told } from '../../agent/checks/hardware.ts';
import { parseOsRelease } from '../../agent/checks/host.ts';
import {
  memFields,
  parseArcSpare,
  parseMemInfo,
  parseSwaps,
  parseVmCounter,
  swapFields,
} from '../../agent/checks/memory.ts';
import {
  answersAtOnce,
  memoryMounts,
  parseDf,
  parseFstab,
  parseMountInfo,
  realDisks,
  realMounts,
} from '../../agent/checks/mounts.ts';
import { leadsSomewhere, parseNetDev } from '../../agent/checks/network.ts';
import { parsePressure } from '../../agent/checks/pressure.ts';
import { groupByName, largest, parseProcessStat } from '../../agent/checks/processes.ts';
import { known } from '../../agent/checks/reading.ts';
import { countUtmp, parseLoadAvg } from '../../agent/checks/system.ts';
import { hottest } from '../../agent/checks/temperature.ts';
import * as macos from '../../agent/platform/macos.ts';
import * as windows from '../../agent/platform/windows.ts';

/** Real lines of each source, to be cut and bent. */
const seeds: Record<string, string> = {
  stat: 'cpu  44671 52181 17538 222518 2351 0 787 185 0 0\ncpu0 19049 18720 8049 123212 785 0 181 89 0 0\nprocs_running 2\nprocs_blocked 0\n',
  meminfo:
    'MemTotal:  16201888 kB\nMemFree:  1834660 kB\nMemAvailable:  14221924 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n',
  swaps: 'Filename\tType\tSize\tUsed\tPriority\n/dev/sd\\040a file 3996668 0 -2\n',
  mountinfo:
    '27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n48 27 7:0 / /a\\040b rw - ext4 /dev/loop0 rw,emergency_ro\n',
  diskstats:
    ' 254 0 vda 235192 35418 12532762 222264 319613 76083 18327856 99406 0 41580 329168 25581 61 2682928 2728 98646 4769\n',
  net: ' eth0: 489030131 11315 0 0 0 0 0 0 805032 7431 0 0 0 0 0 0\n',
  psi: 'some avg10=1.13 avg60=0.47 avg300=2.23 total=100096188\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  process:
    '15180 (a) b) R 15175 15175 8647 0 -1 4194304 101 0 0 0 5 6 0 0 20 0 1 0 146520 3133440 384 18446744073709551615 0 0\n',
  vmstat: 'Mach Virtual Memory Statistics: (page size of 16384 bytes)\nPages free: 4430.\nPages inactive: 749576.\n',
  df: 'Filesystem Type 1024-blocks Used Available Capacity Mounted on\n/dev/vda ext4 264212084 29362128 77028784 28% /my disk\n',
  wmi: 'DeviceID=C:\r\nDriveType=3\r\nSize=510462619648\r\nFreeSpace=271162613760\r\n',
  iostat:
    '  KB/t  tps  MB/s  us sy id   1m   5m   15m\n 12.47 58 0.71 6 3 91 1.00 2.00 3.00\n 204.20 81 16.21 9 3 89 1.10 2.10 3.10\n',
  pmset:
    "Now drawing from 'Battery Power'\n -InternalBattery-0\t87%; discharging; 0:52 remaining\nCPU_Speed_Limit = 80\n",
};

const parsers: Record<string, (text: string) => unknown> = {
  parseProcStat,
  parseMemInfo,
  parseSwaps,
  parseMountInfo: (text) => realMounts(parseMountInfo(text)),
  parseFstab,
  parseDf: (text) => realDisks(parseDf(text)),
  parseDiskStats,
  parseNetDev,
  parsePressure,
  parseLoadAvg,
  parseProcessStat,
  parseOsRelease,
  parseArcSpare,
  parseVmCounter: (text) => parseVmCounter(text, 'oom_kill'),
  countUtmp: (text) => countUtmp(Buffer.from(text)),
  told,
  parseVmStat: macos.parseVmStat,
  parseSwapUsage: macos.parseSwapUsage,
  parseIostat: macos.parseIostat,
  parsePower: macos.parsePower,
  parseThermal: macos.parseThermal,
  parseSwVers: macos.parseSwVers,
  parseBlocks: windows.parseBlocks,
  parseLogicalDisks: windows.parseLogicalDisks,
  parseSystemInfo: windows.parseSystemInfo,
};

/** A seed, cut somewhere, with some characters replaced. */
const bent = fc
  .tuple(
    fc.constantFrom(...Object.values(seeds)),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.string({ maxLength: 3 })), { maxLength: 4 }),
  )
  .map(([seed, cut, edits]) => {
    let text = seed.slice(0, Math.floor(seed.length * cut) + 1);
    for (const [where, what] of edits) {
      const at = Math.floor(where * text.length);
      text = text.slice(0, at) + what + text.slice(at + 1);
    }
    return text;
  });

/** No reading may be NaN or infinite: JSON would make null of it, and a chart a hole nobody can explain. */
function hasBadNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (value instanceof Map) return [...value.values()].some(hasBadNumber);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBadNumber);
}

for (const [name, parse] of Object.entries(parsers)) {
  test(`${name} is total`, () => {
    fc.assert(
      fc.property(fc.oneof(bent, fc.string({ maxLength: 300 })), (text) => !hasBadNumber(parse(text))),
      { numRuns: 300 },
    );
    assert.not.throws(() => parse(''));
  });
}

test('nothing is not zero: a memory file without the fields gives no field', () => {
  assert.equal(known(memFields(parseMemInfo('MemTotal: 1000 kB\n'))), { total: 1_024_000 });
  assert.is(swapFields(0, 0), null);
  assert.is(swapFields(null, null), null);
});

test('a disk without requests has no response time', () => {
  const [disk] = parseDiskStats(seeds.diskstats as string) as [DiskCounters];
  assert.is(activityBetween(disk, disk, 1000)?.awaitMs, null);
  assert.is(activityBetween({ ...disk, reads: disk.reads + 1 }, disk, 1000), null, 'counters that start again');
});

test('CPU counters that start again give nothing; a tick back of iowait is no restart', () => {
  const { total } = parseProcStat(seeds.stat as string);
  assert.ok(total);
  assert.is(usageBetween(total, { ...total, user: 1, system: 1, idle: 1 }), null);
  assert.is(usageBetween(total, total), null);
  const usage = usageBetween(total, {
    ...total,
    user: total.user + 50,
    idle: total.idle + 50,
    iowait: total.iowait - 1,
  });
  assert.is(usage?.iowait, 0);
  assert.is(usage?.active, 50);
});

test('space as df counts it: reserved blocks are neither used nor free', () => {
  const space = spaceOf({ bsize: 1024, blocks: 1000, bfree: 500, bavail: 400, files: 0, ffree: 0 });
  assert.is(space?.usedBytes, 500 * 1024);
  assert.is(space?.availableBytes, 400 * 1024);
  assert.is(Math.round(space?.usedPercent ?? 0), 56);
  assert.is(space?.inodesUsedPercent, null);
  assert.is(spaceOf({ bsize: 4096, blocks: 0, bfree: 0, bavail: 0, files: 0, ffree: 0 }), null);
});

test('network file systems are never among the real ones, and a bind mount is no second disk', () => {
  const list = [
    '27 1 254:0 / / rw - ext4 /dev/vda rw',
    '30 27 0:40 / /mnt/nas rw - nfs4 nas:/vol rw',
    '31 27 0:41 / /mnt/ssh rw - fuse.sshfs me@there: rw',
    '32 27 254:0 /home /srv/home rw - ext4 /dev/vda rw',
    '33 27 0:50 / /tank rw - zfs tank rw',
    '34 27 0:51 / /tank/a rw - zfs tank/a rw',
    '35 27 7:1 / /snap/core/1 ro - squashfs /dev/loop1 ro',
  ].join('\n');
  assert.equal(
    realMounts(parseMountInfo(list)).map((mount) => mount.mount),
    ['/', '/tank'],
  );
});

test('inner interfaces of container hosts are left out', () => {
  assert.equal(['lo', 'veth12', 'docker0', 'br-1', 'eth0', 'enp3s0', 'wlan0', 'wg0', 'bond0'].filter(leadsSomewhere), [
    'eth0',
    'enp3s0',
    'wlan0',
    'wg0',
    'bond0',
  ]);
});

test('processes are summed by name, and a reused number is another process', () => {
  const stat = (name: string, ticks: number, startedAt = 1) => ({ name, state: 'S', ticks, startedAt, rssPages: 10 });
  const before = new Map([
    ['1', stat('a', 100)],
    ['2', stat('b', 500, 1)],
  ]);
  const now = new Map([
    ['1', stat('a', 130)],
    ['2', stat('b', 5, 99)],
    ['3', stat('a', 7, 50)],
  ]);
  const groups = groupByName(now, before);
  assert.equal(
    groups.map(({ name, ticks, count }) => [name, ticks, count]),
    [
      ['a', 37, 2],
      ['b', 5, 1],
    ],
  );
  const many = Array.from({ length: 30 }, (_, i) => ({ name: `p${i}`, count: 1, rssPages: i + 1, ticks: 30 - i }));
  assert.is(largest(many).length, 10);
});

test('a sensor without a cable is no temperature, and of equal names the hottest stands', () => {
  const found = hottest([
    { name: 'x', celsius: 40 },
    { name: 'x', celsius: 55 },
    { name: 'y', celsius: -128 },
    { name: 'z', celsius: 0 },
  ]);
  assert.equal(found, [{ name: 'x', celsius: 55 }]);
});

test('only what answers from memory is asked directly: not fuse, and nothing that lies below a network mount', () => {
  const all = parseMountInfo(
    [
      '27 1 254:0 / / rw - ext4 /dev/vda rw',
      '28 27 0:40 / /net rw - nfs4 far:/x rw',
      '29 28 254:16 / /net/local rw - ext4 /dev/vdb rw',
      '30 27 254:32 / /network rw - xfs /dev/vdc rw',
      '31 27 254:48 / /stick rw - fuseblk /dev/vdd rw',
    ].join('\n'),
  );
  const asked = all.filter((mount) => answersAtOnce(mount, all)).map((mount) => mount.mount);
  assert.equal(asked, ['/', '/network']);
});

test('memory mounted as a disk counts; the memory of the system and of containers does not', () => {
  const row = (at: string, device: string, options = 'rw') =>
    `30 23 0:${device} / ${at} ${options} - tmpfs tmpfs ${options},size=8m`;
  const list = [
    row('/tmp', '50'),
    row('/dev/shm', '51'),
    row('/run/user/1000', '52'),
    row('/srv/root/run/lock', '53'),
    row('/mnt/ro', '54', 'ro'),
    row('/mnt/ram', '55'),
  ];
  assert.equal(
    memoryMounts(parseMountInfo(list.join('\n'))).map((mount) => mount.mount),
    ['/mnt/ram', '/tmp'],
  );
});

test.run();
