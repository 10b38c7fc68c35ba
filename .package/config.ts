/** What is built: pkg.config.json in the form that `pkg` reads, and what the source tree says of itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const systems = ['linux', 'win', 'macos'] as const;
export type System = (typeof systems)[number];

export interface Target {
  /** As people type it: linux-x64. */
  name: string;
  system: System;
  arch: 'x64' | 'arm64';
}

export interface BuildPlan {
  /** The source tree. */
  top: string;
  program: string;
  entry: string;
  version: string;
  license: string;
  description: string;
  /** Folder for what is built. */
  out: string;
  targets: Target[];
  /** Seconds since 1970 of the last commit: the time of every file, so that the same source gives the same bytes. */
  epoch: number;
}

interface PkgConfig {
  bin: Record<string, string>;
  pkg: { targets: string[]; outputPath: string };
}

export const readJson = <T>(path: string): T => JSON.parse(readFileSync(path, 'utf8')) as T;

/** @throws Error that names the file and the target */
function targetOf(text: string, node: number): Target {
  const [, major, system, arch] = /^node(\d+)-(linux|win|macos)-(x64|arm64)$/.exec(text) ?? [];
  if (system === undefined || arch === undefined)
    throw new Error(`pkg.config.json: the target "${text}" is not of the form node26-linux-x64`);
  if (Number(major) !== node)
    throw new Error(`pkg.config.json: the target "${text}" names Node ${major}; package.json brings Node ${node}`);
  return { name: `${system}-${arch}`, system: system as System, arch: arch as Target['arch'] };
}

export function readPlan(top: string): BuildPlan {
  const { bin, pkg } = readJson<PkgConfig>(join(top, 'pkg.config.json'));
  const about = readJson<{ version: string; license: string; description: string }>(join(top, 'package.json'));
  const [first, ...more] = Object.entries(bin);
  if (!first || more.length > 0) throw new Error('pkg.config.json: "bin" names one program and its entry point');
  const node = Number(process.versions.node.split('.')[0]);
  return {
    top,
    program: first[0],
    entry: first[1],
    ...{ version: about.version, license: about.license, description: about.description },
    out: join(top, pkg.outputPath),
    targets: pkg.targets.map((text) => targetOf(text, node)),
    epoch: epochOf(top),
  };
}

/** Packagers set SOURCE_DATE_EPOCH: https://reproducible-builds.org/specs/source-date-epoch/ */
function epochOf(top: string): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: top, encoding: 'utf8' }));
}
