/** Which file systems count, and whether one has become read-only. Pure. */

export interface Mount {
  mount: string;
  /** Path inside the file system that is mounted there: `/` unless it is a bind mount or a subvolume. */
  inner: string;
  /** major:minor, as in `/sys/dev/block`. */
  device: string;
  source: string;
  fstype: string;
  mountOptions: string[];
  superOptions: string[];
  readOnly: boolean;
  /** The kernel has stopped writing after an error. Since 6.x the flag stays `rw`, and only this option appears. */
  emergencyReadOnly: boolean;
}

const unescapePath = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** `/proc/self/mountinfo`, every line that is whole. Total. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [left, right] = line.split(' - ', 2);
    const a = (left ?? '').split(' ');
    const b = (right ?? '').split(' ');
    const [device, inner, mount, options] = a.slice(2);
    const [fstype, source, superOptions] = b;
    if (!device || !/^\d+:\d+$/.test(device) || !inner || !mount || !options || !fstype || source === undefined)
      return [];
    const [mine, whole] = [options.split(','), (superOptions ?? '').split(',').filter(Boolean)];
    const emergencyReadOnly = whole.includes('emergency_ro') || whole.includes('shutdown');
    return [
      {
        mount: unescapePath(mount),
        inner: unescapePath(inner),
        device,
        source: unescapePath(source),
        fstype,
        mountOptions: mine,
        superOptions: whole,
        readOnly: mine.includes('ro') || whole.includes('ro') || emergencyReadOnly,
        emergencyReadOnly,
      },
    ];
  });
}

/**
 * An allow list: everything else (network, pseudo, images, fuse.*) is not even looked at, because `statfs` on a dead
 * network mount blocks a thread of the pool for ever, and four of them stop the agent.
 */
const localTypes = new Set(
  'ext2 ext3 ext4 xfs btrfs zfs f2fs vfat msdos exfat ntfs ntfs3 fuseblk jfs reiserfs reiser4 nilfs2 bcachefs ufs hfs hfsplus apfs'.split(
    ' ',
  ),
);

export const isLocal = (fstype: string) => localTypes.has(fstype);

/** Those whose `statfs` adds up counters in memory and waits for no disk, no lock and no other program. */
const promptTypes = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'tmpfs']);

/** Whether asking for its space cannot hang: neither the file system itself, nor any on the path to it. */
export function answersAtOnce(mount: Mount, all: readonly Mount[]): boolean {
  const onTheWay = all.filter((other) => `${mount.mount}/`.startsWith(`${other.mount === '/' ? '' : other.mount}/`));
  return onTheWay.every((other) => promptTypes.has(other.fstype));
}

/** Snap and container images are full by design. */
const images = /^\/(snap|var\/lib\/snapd\/snap|var\/lib\/docker|var\/lib\/containers\/storage|run\/credentials)\//;

function rank(mount: Mount): number {
  const whole = mount.inner === '/' || /^\/@?[^/]*$/.test(mount.inner);
  return (whole ? 0 : 1_000_000) + mount.mount.length;
}

/** One row a file system: of bind mounts and subvolumes the shortest path, of a ZFS pool one data set. */
export function realMounts(mounts: readonly Mount[]): Mount[] {
  const best = new Map<string, Mount>();
  for (const mount of mounts) {
    // In a container `/` is an overlay, and it is all the disk that there is.
    const wanted = isLocal(mount.fstype) || (mount.fstype === 'overlay' && mount.mount === '/');
    if (!wanted || images.test(`${mount.mount}/`)) continue;
    const key = mount.fstype === 'zfs' ? `zfs:${mount.source.split('/')[0]}` : mount.device;
    const other = best.get(key);
    // A mount that was mounted over is listed before the one that hides it, so an equal path is replaced.
    if (!other || rank(mount) <= rank(other)) best.set(key, mount);
  }
  return [...best.values()].sort((a, b) => (a.mount < b.mount ? -1 : 1));
}

/**
 * Memory that somebody mounted as a disk, such as `/tmp`: not real disks, but a full one stops programs as surely. The
 * system's own (`/run`, `/dev/shm`, those of containers) come and go by themselves and are left out.
 */
export function memoryMounts(mounts: readonly Mount[]): Mount[] {
  const best = new Map<string, Mount>();
  for (const mount of mounts) {
    if (mount.fstype !== 'tmpfs' || mount.readOnly || mount.inner !== '/') continue;
    if (/^\/(dev|proc|run|sys)(\/|$)|\/(dev|proc|run|sys)\//.test(mount.mount) || images.test(`${mount.mount}/`))
      continue;
    if (!best.has(mount.device)) best.set(mount.device, mount);
  }
  return [...best.values()].sort((a, b) => (a.mount < b.mount ? -1 : 1));
}

/** Mount points that fstab wants writable, and those that it wants read-only. */
export function parseFstab(text: string): Map<string, 'ro' | 'rw'> {
  const wanted = new Map<string, 'ro' | 'rw'>();
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    if (words.length < 4 || words[0]?.startsWith('#')) continue;
    wanted.set(unescapePath(words[1] as string), (words[3] as string).split(',').includes('ro') ? 'ro' : 'rw');
  }
  return wanted;
}

export interface DfRow {
  source: string;
  fstype: string | null;
  mount: string;
  sizeBytes: number;
  usedBytes: number;
  availableBytes: number;
  usedPercent: number | null;
}

/**
 * `df -kP`, with or without the type column (`-T`), with the blanks that a path may have. Rows of pseudo file systems
 * (capacity "-") are left out. Total.
 */
export function parseDf(text: string): DfRow[] {
  const typed = /^Filesystem\s+Type\s/.test(text);
  return text.split('\n').flatMap((line) => {
    const match = /^(\S.*?)\s+(\d+)\s+(\d+)\s+(\d+)\s+\d+%\s+(\/.*?)\s*$/.exec(line);
    if (!match) return [];
    const [size, usedBytes, availableBytes] = match.slice(2, 5).map((kib) => Number(kib) * 1024);
    const [source, fstype] = typed ? splitType(match[1] as string) : [match[1] as string, null];
    const taken = (usedBytes as number) + (availableBytes as number);
    return [
      {
        source,
        fstype,
        mount: match[5] as string,
        sizeBytes: size as number,
        usedBytes: usedBytes as number,
        availableBytes: availableBytes as number,
        usedPercent: taken > 0 ? ((usedBytes as number) / taken) * 100 : null,
      },
    ];
  });
}

function splitType(text: string): [string, string | null] {
  const match = /^(.*\S)\s+(\S+)$/.exec(text);
  return match ? [match[1] as string, match[2] as string] : [text, null];
}

/** Rows of a `df` that are disks: from a device, and not an image that is full by design. */
export function realDisks(rows: readonly DfRow[]): DfRow[] {
  return rows.filter((row) => {
    if (row.fstype !== null && !isLocal(row.fstype)) return false;
    const image = images.test(`${row.mount}/`) || (row.source.startsWith('/dev/loop') && row.availableBytes === 0);
    return row.source.startsWith('/dev/') && row.sizeBytes > 0 && !image;
  });
}
