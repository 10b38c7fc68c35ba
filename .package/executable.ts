/** The bundle inside a Node of the target's system: one file that needs no Node beside it. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { leanFlags } from '../agent/lean.ts';
import type { Target } from './config.ts';
import { signed } from './mac-signature.ts';

/** Cuts what only debuggers read: a fifth. Before the bundle goes in; afterwards it would break the file. */
const strips: Readonly<Record<string, { strip: string; debian: string }>> = {
  'linux-x64': { strip: 'strip', debian: 'binutils' },
  'linux-arm64': { strip: 'aarch64-linux-gnu-strip', debian: 'binutils-aarch64-linux-gnu' },
};

/** Of the tools that a target is better with, those that this machine lacks. */
export const missingStrip = ({ name }: Target): { strip: string; debian: string }[] => {
  const tool = strips[name];
  return tool === undefined || hasProgram(tool.strip) ? [] : [tool];
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

/** @param node the npm package with the target's Node @returns the path of its program in `work`, smaller where this machine can make it so */
export function strippedNode(work: string, node: string, target: Target): string {
  const path = join(work, 'node');
  copyFileSync(join(node, 'bin', target.system === 'win' ? 'node.exe' : 'node'), path);
  chmodSync(path, 0o755);
  const tool = strips[target.name];
  if (tool !== undefined && hasProgram(tool.strip)) execFileSync(tool.strip, [path]);
  return path;
}

/** @returns the path of the executable */
export function buildExecutable({ work, program, code, node, target }: ExecutableParts): string {
  const name = target.system === 'win' ? `${program}.exe` : program;
  strippedNode(work, node, target);
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
