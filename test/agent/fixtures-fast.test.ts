/** Captured outputs of CPU, memory, disk and system tools are read right, through a thin mapping to the samples' words. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseProcStat, type Ticks, usageBetween } from '../../agent/checks/cpu.ts';
import { spaceOf } from '../../agent/checks/disk.ts';
import { activityBetween, parseDiskStats } from '../../agent/checks/diskio.ts';
import { parseMemInfo } from '../../agent/checks/memory.ts';
import { parseDf, parseMountInfo, realDisks, realMounts } from '../../agent/checks/mounts.ts';
import { parsePressure } from '../../agent/checks/pressure.ts';
import { parseLoadAvg } from '../../agent/checks/system.ts';
import {
  parseIostat,
  parsePower,
  parseSwapUsage,
  parseSwVers,
  parseThermal,
  parseVmStat,
} from '../../agent/platform/macos.ts';
import { parseLogicalDisks, parseSystemInfo } from '../../agent/platform/windows.ts';
import { differences, type Sample, samplesAreHere, samplesOf } from '../support/samples.ts';

/** Each kind → what our parsers make of a sample, in the samples' words. */
const readers: Record<string, (sample: Sample) => unknown> = {
  'cpu-proc-stat'(sample) {
    const [before, after] = [parseProcStat(sample.text('t0')), parseProcStat(sample.text('t1'))];
    const usage = before.total && after.total ? usageBetween(before.total, after.total) : null;
    const delta = (name: keyof Ticks) => (after.total?.[name] ?? 0) - (before.total?.[name] ?? 0);
    const names = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const;
    return {
      cpus: after.cores.length,
      deltaTicks: Object.fromEntries(names.map((name) => [name, delta(name)])),
      totalTicks: names.reduce((sum, name) => sum + delta(name), 0),
      busyPercent: usage?.active ?? null,
      iowaitPercent: usage?.iowait ?? null,
      stealPercent: usage?.steal ?? null,
      idlePercent: usage?.idle ?? null,
    };
  },
  'cpu-loadavg': (sample) => parseLoadAvg(sample.text('stdout')),
  'cpu-iostat': (sample) => parseIostat(sample.text('stdout')),
  'mem-proc-meminfo': (sample) => parseMemInfo(sample.text('stdout')),
  'mem-swapusage': (sample) => parseSwapUsage(sample.text('stdout')),
  'mem-vm_stat': (sample) => parseVmStat(sample.text('stdout')),
  mountinfo: (sample) => ({ real: realMounts(parseMountInfo(sample.text('stdout'))) }),
  statfs: (sample) => spaceOf(JSON.parse(sample.text('stdout'))),
  df(sample) {
    const rows = parseDf(sample.text('stdout'));
    const filesystems = realDisks(rows);
    const full = rows.filter((row) => row.availableBytes === 0 && row.usedBytes > 0 && !filesystems.includes(row));
    return { filesystems, ignored100Percent: full.length };
  },
  diskstats(sample) {
    const seconds = Number(sample.expected.elapsedSeconds);
    const before = new Map(parseDiskStats(sample.text('t0')).map((disk) => [disk.name, disk]));
    const devices = parseDiskStats(sample.text('t1')).map((disk) => {
      const earlier = before.get(disk.name);
      const names = ['reads', 'readBytes', 'readMs', 'writes', 'writeBytes', 'writeMs', 'ioMs', 'flushes'] as const;
      const deltas = names.map((name) => [name, (disk[name] ?? Number.NaN) - (earlier?.[name] ?? Number.NaN)]);
      const activity = earlier ? activityBetween(earlier, disk, seconds * 1000) : null;
      return [disk.name, { ...Object.fromEntries(deltas), ...activity }];
    });
    return { elapsedSeconds: seconds, devices: Object.fromEntries(devices) };
  },
  psi: (sample) => Object.fromEntries(sample.roles.map((role) => [role, parsePressure(sample.text(role))])),
  'power-pmset': (sample) => parsePower(sample.text('stdout')),
  'thermal-pmset': (sample) => parseThermal(sample.text('stdout')),
  'win-logicaldisk': (sample) => ({ volumes: parseLogicalDisks(sample.text('stdout')) }),
  sw_vers: (sample) => parseSwVers(sample.text('stdout')),
  systeminfo: (sample) => parseSystemInfo(sample.text('stdout')),
};

/** Words of the samples that explain, or name what is read nowhere: guest ticks are in user and nice already. */
const notValues = /^(wrongAnswers|notes?|skipped|usedPercentRule|guest|guestNice)$/;
const values = (expected: unknown) =>
  JSON.parse(JSON.stringify(expected, (key, value) => (notValues.test(key) ? undefined : value)));
/** The samples round their percentages to one or two decimals. */
const rounding = 0.051;

for (const [kind, read] of Object.entries(readers)) {
  test(`samples of ${kind}`, () => {
    const wrong: string[] = [];
    const samples = samplesOf(kind);
    for (const sample of samples) {
      const tolerance = Math.max(rounding, Number(sample.expected.tolerance ?? 0));
      const found = differences(values(sample.expected), read(sample), tolerance);
      if (found.length > 0) wrong.push(`${sample.id} ${found.join('; ')}`);
    }
    const right = samples.length - wrong.length;
    if (samplesAreHere) console.log(`\nFIGURE ${kind} read ${samples.length} right ${right} wrong ${wrong.length}`);
    assert.equal(wrong, []);
    if (samplesAreHere) assert.ok(samples.length > 0, 'the folder of samples has none of this kind');
  });
}

test.run();
