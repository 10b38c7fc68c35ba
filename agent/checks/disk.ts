/** Space and inodes of each local file system, read-only remounts, and errors that the kernel has counted. */

import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename } from 'node:path';
import { ReasonedError, reason } from '../../shared/reason.ts';
import { readLink, readNumber, readText } from '../platform/read.ts';
import { logicalDiskScript, parseLogicalDisks, powershellArgs } from '../platform/windows.ts';
import { type Check, type CheckContext, type Findings, NoData } from './check.ts';
import {
  answersAtOnce,
  type DfRow,
  diskOf,
  type Mount,
  memoryMounts,
  parseAttachedImages,
  parseDf,
  parseFstab,
  parseMountInfo,
  parseMountTable,
  realDisks,
  realMounts,
} from './mounts.ts';
import { numberOf, objectOf } from './parse.ts';
import { poolsKey } from './pools.ts';
import { metric, percent, round } from './reading.ts';

export interface StatFs {
  bsize: number;
  blocks: number;
  bfree: number;
  bavail: number;
  files: number;
  ffree: number;
}

export interface Space {
  sizeBytes: number | null;
  usedBytes: number | null;
  availableBytes: number;
  usedPercent: number | null;
  inodesTotal: number | null;
  inodesFree: number | null;
  inodesUsedPercent: number | null;
}

/** As `df` counts: used of what users may use, so that reserved blocks are neither. Pure and total. */
export function spaceOf(stat: StatFs): Space | null {
  const values = [stat.bsize, stat.blocks, stat.bfree, stat.bavail];
  if (!values.every((value) => Number.isFinite(value) && value >= 0) || stat.blocks === 0) return null;
  const usedBytes = (stat.blocks - stat.bfree) * stat.bsize;
  const availableBytes = stat.bavail * stat.bsize;
  // btrfs, vfat, NTFS and APFS make inodes as needed and report 0 or a meaningless number.
  const counted = stat.files > 0 && stat.ffree >= 0 && stat.ffree <= stat.files;
  return {
    sizeBytes: stat.blocks * stat.bsize,
    usedBytes,
    availableBytes,
    usedPercent: percent(usedBytes, usedBytes + availableBytes),
    inodesTotal: counted ? stat.files : null,
    inodesFree: counted ? stat.ffree : null,
    inodesUsedPercent: counted ? percent(stat.files - stat.ffree, stat.files) : null,
  };
}

/**
 * A volume that shares its room with others (a ZFS data set, an APFS volume) reports its own use beside the space that
 * is left for all of them: 5 GB of 105 in a pool that is full but for 100. What counts is the share of the whole.
 * @param sizeBytes of all that share it; null when unknown: then only the free space is known
 */
export function sharedSpace(space: Space, sizeBytes: number | null): Space {
  const { availableBytes } = space;
  const usedBytes = sizeBytes === null || sizeBytes < availableBytes ? null : sizeBytes - availableBytes;
  const whole = usedBytes === null ? null : sizeBytes;
  return { ...space, sizeBytes: whole, usedBytes, usedPercent: percent(usedBytes, whole) };
}

function fieldsOf(space: Space | null) {
  return {
    total: space?.sizeBytes ?? null,
    used: space?.usedBytes ?? null,
    free: space?.availableBytes ?? null,
    used_percent: round(space?.usedPercent),
    inodes_total: space?.inodesTotal ?? null,
    inodes_free: space?.inodesFree ?? null,
    inodes_used_percent: round(space?.inodesUsedPercent),
  };
}

/** Of a file system that answers from memory: through the pool each costs four threads' wake-ups, and a timer's. */
function readSpace(path: string): Space | null {
  try {
    return spaceOf(statfsSync(path));
  } catch {
    // As below.
    return null;
  }
}

/** @param pending a path that hangs keeps one thread of the pool; it is not asked again until it has answered */
async function askSpace(path: string, pending: Set<string>): Promise<Space | null> {
  if (pending.has(path)) return null;
  pending.add(path);
  try {
    const answer = statfs(path).finally(() => pending.delete(path));
    const late = new Promise<null>((resolve) => setTimeout(resolve, 2000, null).unref());
    const stat = await Promise.race([answer.catch(() => null), late]);
    return stat === null ? null : spaceOf(stat);
  } catch {
    // EIO of a file system that was shut down: its space is unknown, its read-only flag is reported below.
    return null;
  }
}

/** Read-only though it should be writable: an emergency, or `ro` where fstab or the first reading had `rw`. */
export function isUnexpectedlyReadOnly(
  mount: Mount,
  fstab: ReadonlyMap<string, 'ro' | 'rw'>,
  first: Map<string, boolean>,
): boolean {
  if (!first.has(mount.mount)) first.set(mount.mount, mount.wholeReadOnly && !mount.emergencyReadOnly);
  if (mount.emergencyReadOnly) return true;
  if (!mount.wholeReadOnly) return false;
  const wanted = fstab.get(mount.mount);
  return wanted === undefined ? first.get(mount.mount) === false : wanted === 'rw';
}

/** ext4 counts its errors under the kernel's name of the device, which mapper paths hide. */
function errorsOf(root: string, mount: Mount): number | null {
  if (!mount.fstype.startsWith('ext')) return null;
  const device = readLink(root, `/sys/dev/block/${mount.device}`);
  return device === null ? null : readNumber(root, `/sys/fs/ext4/${basename(device)}/errors_count`);
}

interface KnownMounts {
  /** Of each mount point: whether it was read-only when it was first seen. */
  first: Map<string, boolean>;
  /** The list as text, and what came out of it: it changes rarely, and comparing is cheaper than parsing. */
  text: string;
  mounts: Mount[];
  atOnce: Set<Mount>;
  fstab: Map<string, 'ro' | 'rw'>;
  /** Paths that have been asked and have not answered. */
  pending: Set<string>;
}

function refresh(context: CheckContext, known: KnownMounts): void {
  const text = readText(context.root, '/proc/self/mountinfo');
  if (text === null) throw new NoData(reason('file_unreadable', { path: '/proc/self/mountinfo' }));
  if (text === known.text) return;
  known.text = text;
  const all = parseMountInfo(text);
  known.mounts = [...realMounts(all), ...memoryMounts(all)];
  known.atOnce = new Set(known.mounts.filter((mount) => answersAtOnce(mount, all)));
  known.fstab = parseFstab(readText(context.root, '/etc/fstab') ?? '');
}

async function linux(context: CheckContext, known: KnownMounts): Promise<Findings> {
  refresh(context, known);
  const { mounts, fstab, first } = known;
  const now = context.clock.now();
  const pools = mounts.some(({ fstype }) => fstype === 'zfs') ? objectOf(context.memory.get(poolsKey)) : {};
  const rows = mounts.map(async (mount) => {
    const path = context.root + mount.mount;
    const own = known.atOnce.has(mount) ? readSpace(path) : await askSpace(path, known.pending);
    const pool = mount.source.split('/')[0] as string;
    const space = own && mount.fstype === 'zfs' ? sharedSpace(own, numberOf(pools[pool])) : own;
    const tags = { path: mount.mount, device: mount.source, fstype: mount.fstype };
    const state = {
      read_only: isUnexpectedlyReadOnly(mount, fstab, first) ? 1 : 0,
      errors: errorsOf(context.root, mount),
    };
    return metric('disk', tags, { ...fieldsOf(space), ...state }, now);
  });
  const metrics = (await Promise.all(rows)).flat();
  if (metrics.length === 0) throw new NoData(reason('no_local_file_system'));
  return { metrics };
}

/** Which disks are images is asked again only when other disks are there: it takes another process. */
interface Attached {
  disks: string;
  images: Set<string> | null;
}

/** Output of a small tool of macOS; empty when it cannot be had, because the check goes on with what it knows. */
async function outputOf(context: CheckContext, file: string, args: readonly string[]): Promise<string> {
  return context.run(file, args, { timeoutMs: 5000, gentle: false }).then(
    (result) => result.stdout,
    () => '',
  );
}

/** The list by one `df -lkP` (local only); then one row per container, because its volumes share their space. */
async function macos(context: CheckContext, attached: Attached): Promise<Findings> {
  const { stdout } = await context.run('/bin/df', ['-lkP'], { timeoutMs: 5000, gentle: false });
  const now = context.clock.now();
  const all = parseDf(stdout);
  const disks = [...new Set(all.map(({ source }) => diskOf(source)))].join(' ');
  if (disks !== attached.disks) {
    attached.images = parseAttachedImages(await outputOf(context, '/usr/bin/hdiutil', ['info']));
    attached.disks = disks;
  }
  const table = parseMountTable(await outputOf(context, '/sbin/mount', []));
  const containers = new Map<string, DfRow>();
  // Read-only media do not fill up: discs, and disks of Windows that macOS only reads.
  for (const row of macDisks(realDisks(all, attached.images)))
    if (!table.get(row.source)?.readOnly && !containers.has(diskOf(row.source)))
      containers.set(diskOf(row.source), row);
  const metrics = [...containers.values()].flatMap((row) => {
    const { mount, source, sizeBytes: total, availableBytes: free } = row;
    const tags = { path: mount, device: source, fstype: table.get(source)?.fstype ?? 'unknown' };
    return metric(
      'disk',
      tags,
      { total, free, used: total - free, used_percent: round(percent(total - free, total)) },
      now,
    );
  });
  if (metrics.length === 0) throw new ReasonedError(reason('no_local_file_system'));
  return { metrics };
}

/** The volume of people's data, which before macOS 10.15 was `/`, first; then what is plugged in. */
function macDisks(rows: readonly DfRow[]): DfRow[] {
  const data = rows.find(({ mount }) => mount === '/System/Volumes/Data') ?? rows.find(({ mount }) => mount === '/');
  return [...(data ? [data] : []), ...rows.filter(({ mount }) => mount.startsWith('/Volumes/'))];
}

/** The list of fixed drives by one PowerShell; it takes seconds, so the check is slow there. */
async function windows(context: CheckContext): Promise<Findings> {
  const { stdout } = await context.run('powershell.exe', powershellArgs(logicalDiskScript), { timeoutMs: 60_000 });
  const now = context.clock.now();
  const metrics = parseLogicalDisks(stdout).flatMap((volume) => {
    const { sizeBytes, freeBytes } = volume;
    const used = sizeBytes === null || freeBytes === null ? null : sizeBytes - freeBytes;
    const tags = { path: volume.drive, device: volume.drive, fstype: volume.fs ?? 'unknown' };
    const fields = { total: sizeBytes, free: freeBytes, used, used_percent: round(volume.usedPercent) };
    return metric('disk', tags, { ...fields, read_only: volume.access === 1 ? 1 : 0 }, now);
  });
  if (metrics.length === 0) throw new ReasonedError(reason('no_fixed_drive'));
  return { metrics };
}

export function disk(platform: NodeJS.Platform = process.platform): Check {
  const known: KnownMounts = {
    ...{ first: new Map(), text: '', mounts: [] },
    ...{ atOnce: new Set(), fstab: new Map(), pending: new Set() },
  };
  const attached: Attached = { disks: '', images: null };
  return {
    name: 'disk',
    every: platform === 'linux' ? 10_000 : platform === 'darwin' ? 60_000 : 300_000,
    reads:
      '/proc/self/mountinfo and statfs of local file systems (Linux), df, mount and hdiutil (macOS), PowerShell (Windows); no rights needed',
    async run(context) {
      if (context.platform === 'linux') return linux(context, known);
      return context.platform === 'darwin' ? macos(context, attached) : windows(context);
    },
  };
}
