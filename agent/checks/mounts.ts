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
  /**
   * The file system itself is read-only, for every process. `ro` among the options before the dash alone is this
   * mount's: a bind mount, or the view of a service that systemd has shut in (`ProtectSystem=`), such as the agent.
   */
  wholeReadOnly: boolean;
  /** The kernel has stopped writing after an error. Since 6.x the flag stays `rw`, and only this option appears. */
  emergencyReadOnly: boolean;
}

const unescapePath = (text: string) =>
  text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** `/proc/self/mountinfo`, every line that is whole. Total. */
export function parseMountInfo(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const dash = line.indexOf(' - ');
    if (dash < 0) return [];
    const a = line.slice(0, dash).split(' ');
    const b = line.slice(dash + 3).split(' ');
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
        wholeReadOnly: whole.includes('ro') || emergencyReadOnly,
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

const isLocal = (fstype: string) => localTypes.has(fstype);

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

/** One row per file system: of bind mounts and subvolumes the shortest path, of a ZFS pool one data set. */
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
 * Memory mounted as a disk, such as `/tmp`: not real disks, but a full one stops programs as surely. The system's own
 * (`/run`, `/dev/shm`, those of containers) come and go by themselves and are left out.
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
    const match = /\s(\d+)\s+(\d+)\s+(\d+)\s+\d+%\s+(?=\/)/.exec(line);
    const before = line.slice(0, match?.index ?? 0).trimEnd();
    if (!match || before === '' || before !== before.trimStart()) return [];
    const [sizeBytes, usedBytes, availableBytes] = match.slice(1, 4).map((kib) => Number(kib) * 1024) as Numbers3;
    const [source, fstype] = typed ? splitType(before) : [before, null];
    const taken = usedBytes + availableBytes;
    const usedPercent = taken > 0 ? (usedBytes / taken) * 100 : null;
    const mount = line.slice(match.index + match[0].length).trimEnd();
    return [{ source, fstype, mount, sizeBytes, usedBytes, availableBytes, usedPercent }];
  });
}

type Numbers3 = [number, number, number];

function splitType(text: string): [string, string | null] {
  const type = text.split(/\s+/).at(-1) as string;
  const source = text.slice(0, text.length - type.length).trimEnd();
  return source === '' ? [text, null] : [source, type];
}

/**
 * Rows of a `df` that are disks: from a device, and not an image that is full by design.
 * @param attached devices of the disk images that macOS has attached; null where they are unknown
 */
export function realDisks(rows: readonly DfRow[], attached: ReadonlySet<string> | null = null): DfRow[] {
  return rows.filter((row) => {
    if (row.fstype !== null && !isLocal(row.fstype)) return false;
    if (!row.source.startsWith('/dev/') || row.sizeBytes === 0 || images.test(`${row.mount}/`)) return false;
    if (attached?.has(diskOf(row.source))) return false;
    // Without a list: an image that was mounted to install something has been made without any room.
    const imagePlace = row.source.startsWith('/dev/loop') || (attached === null && row.mount.startsWith('/Volumes/'));
    return !(imagePlace && row.availableBytes === 0);
  });
}

/** `/dev/disk4` of `/dev/disk4s1` and of its snapshot `/dev/disk4s1s1`. */
export const diskOf = (device: string) => /^\/dev\/disk\d+/.exec(device)?.[0] ?? device;

/** Whole disks among the devices that `hdiutil info` lists below its images, one per line. Null: not its output. */
export function parseAttachedImages(text: string): Set<string> | null {
  if (!/^(framework|driver)\s/m.test(text)) return null;
  const devices = text.split('\n').flatMap((line) => /^(\/dev\/disk\d+)/.exec(line)?.[1] ?? []);
  return new Set(devices);
}

export interface MountRow {
  mount: string;
  fstype: string;
  readOnly: boolean;
}

/** `mount` of macOS by device: `/dev/disk4s1 on /Volumes/My disk (hfs, local, read-only)`. Total. */
export function parseMountTable(text: string): Map<string, MountRow> {
  const rows = new Map<string, MountRow>();
  for (const line of text.split('\n')) {
    const [on, open] = [line.indexOf(' on /'), line.lastIndexOf(' (')];
    if (on <= 0 || open <= on || !line.trimEnd().endsWith(')')) continue;
    const [fstype = '', ...options] = line
      .trimEnd()
      .slice(open + 2, -1)
      .split(', ');
    rows.set(line.slice(0, on), { mount: line.slice(on + 4, open), fstype, readOnly: options.includes('read-only') });
  }
  return rows;
}
