/** The parsers of the fast checks are total: whatever a file holds, they give readings or nothing, never a throw. */
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseProcStat, usageBetween } from '../../agent/checks/cpu.ts';
import { spaceOf } from '../../agent/checks/disk.ts';
import { activityBetween, type DiskCounters, parseDiskStats } from '../../agent/checks/diskio.ts';
import { memFields, parseMemInfo, swapFields } from '../../agent/checks/memory.ts';
import { answersAtOnce, memoryMounts, parseMountInfo, realMounts } from '../../agent/checks/mounts.ts';
import { leadsSomewhere } from '../../agent/checks/network.ts';
import { groupByName, largest, parseProcessStat } from '../../agent/checks/processes.ts';
import { known } from '../../agent/checks/reading.ts';
import { hottest } from '../../agent/checks/temperature.ts';
import { readers } from './readers.ts';

/** A seed, cut somewhere, with some characters replaced. */
const bent = fc
  .tuple(
    fc.constantFrom(...readers.map(({ sample }) => sample)),
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

/** No reading may be NaN or infinite: JSON would make null of it, and a chart a hole no one can explain. */
function hasBadNumber(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isFinite(value);
  if (value instanceof Map) return [...value.values()].some(hasBadNumber);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasBadNumber);
}

for (const { name, parse } of readers) {
  test(`${name} is total`, () => {
    fc.assert(
      fc.property(fc.oneof(bent, fc.string({ maxLength: 300 })), (text) => !hasBadNumber(parse(text))),
      { numRuns: 300 },
    );
    assert.not.throws(() => parse(''));
  });
}

const sampleOf = (name: string) => readers.find((reader) => reader.name === name)?.sample ?? '';

test('nothing is not zero: a memory file without the fields gives no field', () => {
  assert.equal(known(memFields(parseMemInfo('MemTotal: 1000 kB\n'))), { total: 1_024_000 });
  assert.is(swapFields(0, 0), null);
  assert.is(swapFields(null, null), null);
});

test('a disk without requests has no response time', () => {
  const [disk] = parseDiskStats(sampleOf('parseDiskStats')) as [DiskCounters];
  assert.is(activityBetween(disk, disk, 1000)?.awaitMs, null);
  assert.is(activityBetween({ ...disk, reads: disk.reads + 1 }, disk, 1000), null, 'counters that start again');
});

test('CPU counters that start again give nothing; a tick back of iowait is no restart', () => {
  const { total } = parseProcStat(sampleOf('parseProcStat'));
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

test('a process that has taken its own name away still has one in its tag', () => {
  const fields = Array.from({ length: 50 }, (_, n) => n).join(' ');
  assert.is(parseProcessStat(`7 () S ${fields}`)?.name, '?');
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
