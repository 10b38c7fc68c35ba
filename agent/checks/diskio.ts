/** Disk traffic, how busy each disk is and how long it takes to answer. */

import { existsSync } from 'node:fs';
import { reason } from '../../shared/reason.ts';
import { diskLabel, readBlockDevice } from '../platform/disks.ts';
import { readText } from '../platform/read.ts';
import { type Check, NoData } from './check.ts';
import { metric, round } from './reading.ts';

export interface DiskCounters {
  name: string;
  reads: number;
  readBytes: number;
  readMs: number;
  writes: number;
  writeBytes: number;
  writeMs: number;
  inFlight: number;
  ioMs: number;
  flushes: number | null;
}

/** Sectors in this file are 512 bytes whatever sector size the disk reports. */
const sectorBytes = 512;
const notADisk = /^(loop|ram|zram|dm-|md|sr|fd|nbd|zd)\d|^nvme\d+c\d+n/;

/** Of 14, 18 or 20 columns: reads, their sectors and ms, the same of writes, in flight, busy ms; and the flushes, since Linux 5.5. */
const diskLine =
  /^ *\d+ +\d+ +(\S+) (\d{1,20}) \d+ (\d{1,20}) (\d{1,20}) (\d{1,20}) \d+ (\d{1,20}) (\d{1,20}) (\d{1,20}) (\d{1,20}) \d+(?!\S)(?: \d+ \d+ \d+ \d+ (\d{1,20})(?!\S))?/gm;

/** `/proc/diskstats` without what is made of other disks. Partitions go by sysfs, in the reader. Total. */
export function parseDiskStats(text: string): DiskCounters[] {
  const found: DiskCounters[] = [];
  for (const [, name = '', ...words] of text.matchAll(diskLine)) {
    if (notADisk.test(name)) continue;
    found.push({
      name,
      reads: Number(words[0]),
      readBytes: Number(words[1]) * sectorBytes,
      readMs: Number(words[2]),
      writes: Number(words[3]),
      writeBytes: Number(words[4]) * sectorBytes,
      writeMs: Number(words[5]),
      inFlight: Number(words[6]),
      ioMs: Number(words[7]),
      flushes: words[8] === undefined ? null : Number(words[8]),
    });
  }
  return found;
}

export interface DiskActivity {
  utilPercent: number;
  /** Mean time of a request; null when there was none, because no request was not fast. */
  awaitMs: number | null;
  readAwaitMs: number | null;
  writeAwaitMs: number | null;
}

/** What happened between two readings; null when the counters started again (a disk that was plugged in anew). */
export function activityBetween(before: DiskCounters, after: DiskCounters, elapsedMs: number): DiskActivity | null {
  const delta = (field: 'reads' | 'writes' | 'readMs' | 'writeMs' | 'ioMs') => after[field] - before[field];
  const deltas = [delta('reads'), delta('writes'), delta('readMs'), delta('writeMs'), delta('ioMs')];
  if (elapsedMs <= 0 || deltas.some((value) => value < 0)) return null;
  const [reads, writes, readMs, writeMs, ioMs] = deltas as [number, number, number, number, number];
  const mean = (ms: number, count: number) => (count > 0 ? ms / count : null);
  return {
    // The kernel's clock and the agent's differ slightly: a busy disk may come out as 100.4.
    utilPercent: Math.min(100, (ioMs / elapsedMs) * 100),
    awaitMs: mean(readMs + writeMs, reads + writes),
    readAwaitMs: mean(readMs, reads),
    writeAwaitMs: mean(writeMs, writes),
  };
}

/** The tag `name`: it goes with the disk, not with the letter. Disks without identity keep the kernel's name. */
function labelOf(root: string, name: string): string {
  const { model, identity } = readBlockDevice(root, name);
  return identity === null ? name : diskLabel(model, identity);
}

export function diskio(): Check {
  let last: { at: number; disks: Map<string, DiskCounters> } | null = null;
  /** Of each name: its label, or null for what is no whole disk. Another disk may get the name of one pulled out. */
  let labels = new Map<string, string | null>();
  return {
    name: 'diskio',
    every: 10_000,
    reads: '/proc/diskstats (Linux); no rights needed',
    async run(context) {
      const { root } = context;
      const text = context.platform === 'linux' ? readText(root, '/proc/diskstats') : null;
      if (text === null) throw new NoData(reason('disk_traffic_linux_only'));
      const [before, at, now] = [last, context.clock.monotonic(), context.clock.now()];
      const seen = new Map<string, string | null>();
      const disks = parseDiskStats(text).filter((disk) => {
        const earlier = before?.disks.get(disk.name);
        const same = !earlier || (disk.reads >= earlier.reads && disk.writes >= earlier.writes);
        const kept = same ? labels.get(disk.name) : undefined;
        const whole = kept === undefined ? existsSync(`${root}/sys/block/${disk.name}/device`) : kept !== null;
        seen.set(disk.name, whole ? (kept ?? labelOf(root, disk.name)) : null);
        return whole;
      });
      labels = seen;
      if (disks.length === 0) throw new NoData(reason('no_physical_disk'));
      last = { at, disks: new Map(disks.map((disk) => [disk.name, disk])) };
      const metrics = disks.flatMap((disk) => {
        const earlier = before?.disks.get(disk.name);
        const activity = earlier && before ? activityBetween(earlier, disk, at - before.at) : null;
        const fields = {
          reads: disk.reads,
          writes: disk.writes,
          read_bytes: disk.readBytes,
          write_bytes: disk.writeBytes,
          io_util: round(activity?.utilPercent),
          io_await: round(activity?.awaitMs),
          iops_in_progress: disk.inFlight,
        };
        return metric('diskio', { name: labels.get(disk.name) as string }, fields, now);
      });
      return { metrics };
    },
  };
}
