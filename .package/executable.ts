/** The bundle inside a Node of the target's system: one file that needs no Node beside it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leanFlags } from '../agent/lean.ts';
import type { Target } from './config.ts';
import { signed } from './mac-signature.ts';

/** Cuts what only debuggers read: a fifth. Before the bundle goes in; afterwards it would break the file. */
const strips: Readonly<Record<string, string>> = { 'linux-x64': 'strip', 'linux-arm64': 'aarch64-linux-gnu-strip' };

/** Of the tools that a target is better with, those that this machine lacks. */
export const missingStrip = ({ name }: Target): string[] => {
  const strip = strips[name];
  return strip === undefined || hasProgram(strip) ? [] : [strip];
};

export const hasProgram = (name: string) =>
  (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, name)));

export interface ExecutableParts {
  /** A folder for what lies between; its name does not get into the file. */
  work: string;
  program: string;
  code: string;
  /** The npm package with the target's Node. */
  node: string;
  target: Target;
}

/** @returns the path of the executable */
export function buildExecutable({ work, program, code, node, target }: ExecutableParts): string {
  const isWindows = target.system === 'win';
  const name = isWindows ? `${program}.exe` : program;
  copyFileSync(join(node, 'bin', isWindows ? 'node.exe' : 'node'), join(work, 'node'));
  chmodSync(join(work, 'node'), 0o755);
  const strip = strips[target.name];
  if (strip !== undefined && hasProgram(strip)) execFileSync(strip, [join(work, 'node')]);
  writeFileSync(join(work, `${program}.cjs`), code);
  // A code cache holds for the processor and the flags that it was made with.
  const isNative = target.name === `linux-${process.arch}`;
  const settings = {
    main: `${program}.cjs`,
    output: name,
    executable: 'node',
    disableExperimentalSEAWarning: true,
    useCodeCache: isNative,
    // Whoever may set the service's environment must not be able to add code to it.
    execArgvExtension: 'none',
    execArgv: leanFlags,
  };
  writeFileSync(join(work, 'sea.json'), JSON.stringify(settings));
  // With a seed of its own at each run the cache, and with it the file, would differ from build to build.
  const flags = [...leanFlags.filter((flag) => !flag.startsWith('--disable-warning')), '--random-seed=1'];
  execFileSync(process.execPath, [...flags, '--build-sea', 'sea.json'], { cwd: work, stdio: 'pipe' });
  const path = join(work, name);
  if (target.system === 'macos') writeFileSync(path, signed(readFileSync(path), `net.evenkeel.${program}`));
  return path;
}
