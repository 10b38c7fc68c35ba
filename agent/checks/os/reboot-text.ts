/** Whether a restart is due, as the various tools and files say it. Pure and total; null is "not known", never "no". */
import { linesOf, numberOf } from '../loose.ts';

export interface RebootFlag {
  rebootRequired: boolean;
  packages: string[];
}

/** Debian's /run/reboot-required and its list. The file's presence says yes; its absence says nothing by itself. */
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
  const all = (key: string) =>
    [...text.matchAll(new RegExp(`^NEEDRESTART-${key}:[ \\t]*(.*?)[ \\t]*$`, 'gm'))]
      .map((match) => match[1] ?? '')
      .filter((value) => value !== '');
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

/** `needs-restarting -r`: the code decides (0 no, 1 yes); without a code the words do. */
export function parseNeedsRestarting(stdout: string, code: number | null): RebootFlag & { known: boolean } {
  const packages = linesOf(stdout).flatMap((line) => {
    const name = /^\s+(?:[*-] )?([A-Za-z0-9][\w.+-]*)(?: -> .*)?\s*$/.exec(line)?.[1];
    return name === undefined ? [] : [name];
  });
  const yes = /^\s*Reboot is required/m.test(stdout);
  const no = /No core libraries or services have been updated|Reboot (should not be|is probably not) necessary/.test(
    stdout,
  );
  const known = code === null ? yes || no : code === 0 || (code === 1 && (yes || packages.length > 0));
  const rebootRequired = known && (code === null ? yes : code === 1);
  return { rebootRequired, packages: [...new Set(packages)], known };
}

export interface LastKernel {
  running: string | null;
  newestInstalled: string | null;
  rebootRequired: boolean | null;
}

/** Kernels are made in flavours that do not replace each other: uek, rt, debug, default, lts, generic … */
const flavourOf = (release: string) =>
  /uek|\brt\b|[.+]rt|debug|azure|aws|gcp|lowlatency|generic|virt|lts/.exec(release)?.[0] ?? '';

/** `rpm -q --last kernel-core` (newest first) beside `uname -r`. */
export function parseRpmLastKernel(text: string, running: string | null): LastKernel {
  const releases = linesOf(text).flatMap((line) => {
    const release = /^kernel(?:-[a-z]+)*-(\d\S*)(?:\s|$)/.exec(line)?.[1];
    return release === undefined ? [] : [release];
  });
  const current = running?.trim() || null;
  const flavour = current === null ? null : flavourOf(current);
  const newestInstalled = releases.find((release) => flavour === null || flavourOf(release) === flavour) ?? null;
  const rebootRequired = current === null || newestInstalled === null ? null : newestInstalled !== current;
  return { running: current, newestInstalled, rebootRequired };
}

/** Runs of digits as numbers, everything else as text: 6.1.0-9 is older than 6.1.0-13. */
export function compareReleases(left: string, right: string): number {
  const parts = (text: string) => text.match(/\d+|\D+/g) ?? [];
  const a = parts(left);
  const b = parts(right);
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const x = a[at] ?? '';
    const y = b[at] ?? '';
    if (x === y) continue;
    return /^\d/.test(x) && /^\d/.test(y) ? Number(x) - Number(y) : x < y ? -1 : 1;
  }
  return 0;
}

/**
 * The running kernel beside the bootable ones (modules and image both present).
 * @returns null rebootRequired where there is no kernel to compare with: containers, machines booted from outside
 */
export function compareKernels(running: string | null, bootable: readonly string[]): LastKernel {
  const current = running?.trim() || null;
  if (current === null) return { running: null, newestInstalled: null, rebootRequired: null };
  const tail = (release: string) => /[a-z][a-z0-9_+.-]*$/i.exec(release.replace(/^[\d.]+(?:-\d+)*/, ''))?.[0] ?? '';
  const same = bootable.filter((release) => tail(release) === tail(current)).sort(compareReleases);
  const newest = same.at(-1) ?? null;
  const rebootRequired = newest === null ? null : compareReleases(newest, current) > 0;
  return { running: current, newestInstalled: newest, rebootRequired };
}

/** Keys that exist while Windows waits for a restart; PendingFileRenameOperations is noise and only told. */
export function parseWindowsReboot(value: Readonly<Record<string, unknown>>): {
  rebootRequired: boolean | null;
  why: string[];
} {
  const keys = ['componentServicing', 'rebootInProgress', 'windowsUpdate', 'computerName'];
  const why = keys.filter((key) => value[key] === true);
  const known = keys.some((key) => typeof value[key] === 'boolean');
  return { rebootRequired: known ? why.length > 0 : null, why };
}
