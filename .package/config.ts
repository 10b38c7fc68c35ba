/** What is built: pkg.config.json in the form that `pkg` reads, and what the source tree says of itself. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type PackedProduct, products, type System } from './products.ts';

export interface Target {
  /** As people type it: linux-x64. */
  name: string;
  system: System;
  arch: 'x64' | 'arm64';
}

/** A product, and the file of the source that it starts with. */
export interface PlannedProgram {
  product: PackedProduct;
  name: string;
  entry: string;
}

export interface BuildPlan {
  /** The source tree. */
  top: string;
  programs: PlannedProgram[];
  version: string;
  license: string;
  /** Folder for what is built. */
  out: string;
  targets: Target[];
  /** keys.json of the releases, as text; null: the agent takes no update by itself. */
  releaseKeys: string | null;
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

function productOf(name: string): PackedProduct {
  const found = products.find((one) => one.name === name);
  if (found) return found;
  const all = products.map((one) => one.name).join(', ');
  throw new Error(`pkg.config.json: "bin" names "${name}", and .package/products.ts knows: ${all}`);
}

export function readPlan(top: string): BuildPlan {
  const { bin, pkg } = readJson<PkgConfig>(join(top, 'pkg.config.json'));
  const about = readJson<{ version: string; license: string }>(join(top, 'package.json'));
  const node = Number(process.versions.node.split('.')[0]);
  return {
    top,
    programs: Object.entries(bin).map(([name, entry]) => ({ product: productOf(name), name, entry })),
    ...{ version: about.version, license: about.license },
    out: join(top, pkg.outputPath),
    targets: pkg.targets.map((text) => targetOf(text, node)),
    epoch: epochOf(top),
    releaseKeys: null,
  };
}

/** Packagers set SOURCE_DATE_EPOCH: https://reproducible-builds.org/specs/source-date-epoch/ */
function epochOf(top: string): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined && /^\d+$/.test(given)) return Number(given);
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: top, encoding: 'utf8' }));
}
