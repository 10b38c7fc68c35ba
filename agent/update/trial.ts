/** A version on trial: how it is written for the guard, which is a shell script, and how `current` changes hands. */
import { closeSync, fsyncSync, openSync, readFileSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { replaceFile } from '../safe-write.ts';
import { rootPaths } from './place.ts';

export interface UpdateTrial {
  version: string;
  from: string;
  sequence: number;
  /** A machine that was started anew since falls back. */
  boot: string;
  /** Monotonic ms of this boot, in which sleep does not count. */
  started: number;
}

export type TrialEnd = 'silent' | 'starts' | 'power' | 'later-starts';

/** A rename is kept only when the folder is. */
export function flushFolder(folder: string): void {
  const file = openSync(folder, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

export function readBoot(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'unknown';
  }
}

const linesOf = (path: string): Map<string, string> | null => {
  try {
    const lines = readFileSync(path, 'utf8').split('\n');
    return new Map(lines.flatMap((line) => (line.includes(' ') ? [line.split(' ', 2) as [string, string]] : [])));
  } catch {
    return null;
  }
};

const trialIn = (lines: Map<string, string>): UpdateTrial => ({
  version: lines.get('version') ?? '',
  from: lines.get('from') ?? '',
  sequence: Number(lines.get('sequence') ?? 0),
  boot: lines.get('boot') ?? '',
  started: Number(lines.get('started') ?? 0),
});

export function readTrial(home: string): UpdateTrial | null {
  const lines = linesOf(rootPaths(home).trial);
  return lines && trialIn(lines);
}

const textOf = (trial: UpdateTrial, more: Record<string, string> = {}) =>
  Object.entries({ ...trial, ...more })
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');

function writeWhole(home: string, path: string, text: string): void {
  replaceFile(path, text, { flush: true, mode: 0o644 });
  flushFolder(rootPaths(home).state);
}

/** From here on the guard counts. */
export function beginTrial(home: string, trial: UpdateTrial): void {
  const paths = rootPaths(home);
  for (const path of [paths.starts, paths.restarted, paths.previous]) rmSync(path, { force: true });
  writeWhole(home, paths.trial, textOf(trial));
}

/** The guard does the same in a shell, where it is the one who sees it. */
export function endTrial(home: string, trial: UpdateTrial, why: TrialEnd): void {
  swap(home, trial.from);
  writeWhole(home, rootPaths(home).fellBack, textOf(trial, { reason: why }));
  rmSync(rootPaths(home).trial, { force: true });
}

export function readFellBack(home: string): (UpdateTrial & { why: TrialEnd }) | null {
  const lines = linesOf(rootPaths(home).fellBack);
  return lines && { ...trialIn(lines), why: (lines.get('reason') ?? 'silent') as TrialEnd };
}

/** For the guard: where to, if this version does badly later on. */
export function keepPrevious(home: string, trial: UpdateTrial): void {
  writeWhole(home, rootPaths(home).previous, textOf(trial));
}

export const currentVersion = (home: string): string => basename(readlinkSync(rootPaths(home).current));

/** At no moment there is none: a new link takes the name of the old one. */
export function swap(home: string, version: string): void {
  const draft = join(home, 'current.new');
  rmSync(draft, { force: true });
  symlinkSync(`versions/${version}`, draft);
  renameSync(draft, rootPaths(home).current);
  flushFolder(home);
}
