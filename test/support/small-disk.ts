/** A small file system of its own, to be filled and freed by a test; needs root on Linux. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  path: string;
  /** As another program would: until not a block is left. */
  fill(): void;
  /** What `fill` wrote is gone. */
  free(): void;
  remove(): void;
}

const chunkBytes = 1024 * 1024;
const isBallast = (name: string) => name.startsWith('ballast-');

/** @returns the disk, or why there can be none */
export function smallDisk(mebibytes: number): SmallDisk | string {
  if (process.platform !== 'linux') return 'only Linux mounts a tmpfs';
  const path = mkdtempSync(join(tmpdir(), 'evenkeel-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', path], { encoding: 'utf8' });
  if (mounted.status !== 0) {
    rmSync(path, { recursive: true, force: true });
    return mounted.error?.message ?? mounted.stderr.trim();
  }
  let written = 0;
  return {
    path,
    fill() {
      for (;;) {
        const { bavail, bsize } = statfsSync(path);
        if (bavail === 0) return;
        try {
          writeFileSync(join(path, `ballast-${written++}`), Buffer.alloc(Math.min(chunkBytes, bavail * bsize)));
        } catch {
          // Full a little earlier than it said: that is the aim.
          return;
        }
      }
    },
    free() {
      for (const name of readdirSync(path).filter(isBallast)) rmSync(join(path, name));
    },
    remove() {
      spawnSync('umount', ['-l', path]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
