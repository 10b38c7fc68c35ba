/**
 * Whether the agent runs on a machine or in a container on one. In a container most of /proc and /sys still shows the
 * host: its load, its memory, its processors. Put beside the container's own limits such figures make nonsense.
 */
import { firstLine, readLink, readText } from './read.ts';

export interface Container {
  /** docker, podman, lxc …, or `container` where only the namespace shows it. */
  name: string;
  /** Whether this file of /proc shows the container itself: lxcfs puts its own file over the kernel's. */
  owns(path: string): boolean;
}

/** Inode number of the first process namespace in every kernel (PROC_PID_INIT_INO). */
const firstNamespace = 'pid:[4026531836]';

/** Roots that container engines put together from their layers. */
const engines = /\/(docker|containerd|containers|kubelet|buildkit)\//;

/** Null on a machine, real or virtual. */
export function readContainer(root: string): Container | null {
  const lines = (readText(root, '/proc/self/mountinfo') ?? '').split('\n');
  const name = nameOf(root, lines);
  if (name === null) return null;
  const covered = new Set(lines.filter((line) => line.includes(' - fuse.lxcfs ')).map((line) => line.split(' ')[4]));
  return { name, owns: (path) => covered.has(path) };
}

/**
 * The kernel decides, where it is asked: a file like /.dockerenv also lies on machines that were made of an image.
 * @returns null for the first process namespace, also when only that is shared with a container
 */
function nameOf(root: string, mounts: readonly string[]): string | null {
  // The distributions of WSL 2 have namespaces of their own on a machine that is theirs.
  if (/microsoft/i.test(firstLine(root, '/proc/sys/kernel/osrelease') ?? '')) return null;
  const namespace = readLink(root, '/proc/self/ns/pid');
  return namespace === firstNamespace ? null : (signOf(root, mounts) ?? (namespace === null ? null : 'container'));
}

function signOf(root: string, mounts: readonly string[]): string | null {
  if (readText(root, '/.dockerenv') !== null) return 'docker';
  if (readText(root, '/run/.containerenv') !== null) return 'podman';
  // Written by systemd inside of a container; pid 1 of others has it in its environment, which only root may read.
  const environment = (readText(root, '/proc/1/environ') ?? '').split('\0');
  const variable = environment.find((word) => word.startsWith('container='))?.slice(10);
  const named = firstLine(root, '/run/systemd/container') || variable;
  if (named) return named.slice(0, 32);
  if (mounts.some((line) => line.includes(' - fuse.lxcfs '))) return 'lxc';
  const top = mounts.find((line) => line.split(' ')[4] === '/');
  return top?.includes(' - overlay ') && engines.test(top) ? 'container' : null;
}

const base = '/sys/fs/cgroup';

/** A value of the container's own group (version 2); null without one, and for `max`, which is no number. */
export function groupValue(root: string, file: string, key?: string): number | null {
  const text = readText(root, `${base}/${file}`);
  const line =
    key === undefined
      ? text
      : text
          ?.split('\n')
          .find((one) => one.startsWith(`${key} `))
          ?.slice(key.length + 1);
  const value = line == null || line.trim() === '' ? Number.NaN : Number(line.trim());
  return Number.isFinite(value) && value >= 0 ? value : null;
}
