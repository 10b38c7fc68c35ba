/**
 * Whether a restart is due, as the various tools and files report it. Pure and total; null is "not known", never "no".
 */
import { linesOf, numberOf } from '../parse.ts';

export interface RebootFlag {
  rebootRequired: boolean;
  packages: string[];
}

/** Debian's /run/reboot-required and its list. The file's presence means yes; its absence alone means nothing. */
export function parseRebootRequired(flag: string | null, packages: string | null): RebootFlag {
  const names = linesOf(packages ?? '').map((line) => line.trim());
  return { rebootRequired: flag !== null, packages: [...new Set(names.filter((name) => name !== ''))] };
}

export interface Needrestart {
  version: string | null;
  kernelCurrent: string | null;
  kernelExpected: string | null;
  kernelStatus: 'unknown' | 'ok' | 'abi-compatible-upgrade' | 'version-upgrade';
  microcodeStatus: number | null;
  rebootRequired: boolean | null;
  services: string[];
  containers: string[];
  sessions: string[];
}

const kernelStates = ['unknown', 'ok', 'abi-compatible-upgrade', 'version-upgrade'] as const;

/** `needrestart -b`: KSTA 0 is "unknown" and must not read as fine. Perl's warnings may stand between the lines. */
export function parseNeedrestart(text: string): Needrestart {
  const lines = linesOf(text);
  const all = (key: string) => {
    const start = `NEEDRESTART-${key}:`;
    const values = lines.filter((line) => line.startsWith(start)).map((line) => line.slice(start.length).trim());
    return values.filter((value) => value !== '');
  };
  const state = kernelStates[numberOf(all('KSTA')[0]) ?? 0] ?? 'unknown';
  return {
    version: all('VER')[0] ?? null,
    kernelCurrent: all('KCUR')[0] ?? null,
    kernelExpected: all('KEXP')[0] ?? null,
    kernelStatus: state,
    microcodeStatus: numberOf(all('UCSTA')[0]),
    rebootRequired: state === 'unknown' ? null : state !== 'ok',
    services: all('SVC'),
    containers: all('CONT'),
    sessions: all('SESS'),
  };
}

/** `needs-restarting -r`: code 0 no, 1 yes, and the words must agree; without a code the words decide. */
export function parseNeedsRestarting(stdout: string, code: number | null): RebootFlag & { known: boolean } {
  const lines = linesOf(stdout).filter((line) => line.length < 500);
  const packages = lines.flatMap((line) => {
    const name = /^\s+(?:[*-] )?([A-Za-z0-9][\w.+-]*)(?: -> .*)?\s*$/.exec(line)?.[1];
    return name === undefined ? [] : [name];
  });
  const yes = lines.some((line) => line.trim().startsWith('Reboot is required'));
  const no = /No core libraries or services have been updated|Reboot (should not be|is probably not) necessary/.test(
    stdout,
  );
  // Errors end with code 1 as well, and a program that did nothing with code 0.
  const known = code === null ? yes !== no : code === 0 ? no && !yes : code === 1 && (yes || packages.length > 0);
  const rebootRequired = known && (code === null ? yes : code === 1);
  return { rebootRequired, packages: [...new Set(packages)], known };
}

export interface LastKernel {
  running: string | null;
  newestInstalled: string | null;
  rebootRequired: boolean | null;
}

/** Parts of a release that describe its packaging, and change from one release of the distribution to the next. */
const packaging = new Set(['', 'deb', 'bpo', 'rc', 'git', 'ubuntu']);

/**
 * Kernels are made in flavours that do not replace each other: generic, cloud, lts, rt, uek, 64k … The words of a
 * release without their numbers: `el9_7` and `el9_8`, `fc39` and `fc40`, `amd64` with and without `deb13` are the same.
 */
export function kernelFlavour(release: string): string {
  const parts = release
    .slice(0, 200)
    .replace(/^\d+(\.\d+)*/, '')
    .split(/[-.+_~]/)
    .map((part) => {
      if (/^\d+k$/.test(part)) return part;
      // Numbers, and the commit that a kernel was built from.
      return /^\d|^g[0-9a-f]{7,}$/.test(part) ? '' : part.replace(/\d+/g, '');
    });
  return parts.filter((part) => !packaging.has(part)).join('-');
}

/**
 * `rpm -q --last kernel-core` beside `uname -r`. The version decides, not the order: an old kernel may be installed
 * again. Packages of a variant (`kernel-64k-core`) do not have it in their release, the kernel has: `…aarch64+64k`.
 */
export function parseRpmLastKernel(text: string, running: string | null): LastKernel {
  const releases = linesOf(text).flatMap((line) => {
    const match = /^kernel((?:-(?:[a-z]+|\d+k))*)-(\d[\w.]*-[^\s-]+)(?:\s|$)/.exec(line.slice(0, 300));
    if (!match) return [];
    const variant = (match[1] ?? '').split('-').filter((word) => /^(rt|debug|\d+k)$/.test(word));
    const release = match[2] ?? '';
    return [
      variant.length === 0 || kernelFlavour(release).includes('rt') ? release : `${release}+${variant.join('-')}`,
    ];
  });
  return compareKernels(running, releases);
}

/**
 * As rpm orders versions: runs of digits as numbers, words as text, and a number above a word, so that
 * 6.1.0-9 < 6.1.0-13 and 4.18.0-553.el8 < 4.18.0-553.8.1.el8.
 */
export function compareReleases(left: string, right: string): number {
  const parts = (text: string) => text.slice(0, 200).match(/\d+|[a-z]+/gi) ?? [];
  const a = parts(left);
  const b = parts(right);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const x = a[at] ?? '';
    const y = b[at] ?? '';
    if (x === y) continue;
    const [xNumber, yNumber] = [/^\d/.test(x), /^\d/.test(y)];
    if (xNumber && yNumber && Number(x) !== Number(y)) return Number(x) - Number(y);
    if (xNumber !== yNumber) return xNumber ? 1 : -1;
    if (!xNumber) return x < y ? -1 : 1;
  }
  return 0;
}

/**
 * The running kernel beside those that could be booted.
 * @param present every kernel of which there is something, also one that cannot be booted
 * @returns null rebootRequired where there is no kernel of its flavour to compare with: containers, machines booted from
 *   outside. A running kernel of which nothing is left, beside others of its flavour, was replaced.
 */
export function compareKernels(
  running: string | null,
  bootable: readonly string[],
  present: readonly string[] = bootable,
): LastKernel {
  const current = running?.trim() || null;
  if (current === null) return { running: null, newestInstalled: null, rebootRequired: null };
  const same = bootable.filter((release) => kernelFlavour(release) === kernelFlavour(current)).sort(compareReleases);
  const newest = same.at(-1) ?? null;
  const replaced = !present.includes(current);
  const rebootRequired = newest === null ? null : replaced || compareReleases(newest, current) > 0;
  return { running: current, newestInstalled: newest, rebootRequired };
}

const windowsKeys = ['componentServicing', 'rebootInProgress', 'windowsUpdate', 'computerName'] as const;

/** Keys that exist while Windows waits for a restart; PendingFileRenameOperations is noise and only shown. */
export function parseWindowsReboot(value: Readonly<Record<string, unknown>>): {
  rebootRequired: boolean | null;
  why: (typeof windowsKeys)[number][];
} {
  const keys = windowsKeys;
  const why = keys.filter((key) => value[key] === true);
  const known = keys.some((key) => typeof value[key] === 'boolean');
  return { rebootRequired: known ? why.length > 0 : null, why };
}
