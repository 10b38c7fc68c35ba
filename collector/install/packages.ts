/** The agent's packages that this collector hands out: what lies in its folder under a name that `npm run package` gives. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isOlder } from '../../shared/agent-version.ts';
import type { AgentPackage } from '../../shared/joining.ts';

export interface Packages {
  /** The newest of each system, processor and form. */
  list(): Promise<AgentPackage[]>;
  /** Of all of them, as of a minute ago at most; null: not known, or none is there. */
  newestVersion(): string | null;
  /** Its path, where it is one of the list; null otherwise. */
  pathOf(name: string): Promise<string | null>;
}

const forms = [
  { pattern: /^evenkeel-agent_(\d[\w.]*)_(amd64|arm64)\.deb$/, system: 'linux', form: 'deb' },
  { pattern: /^evenkeel-agent-(\d[\w.]*)-\d+\.(x86_64|aarch64)\.rpm$/, system: 'linux', form: 'rpm' },
  { pattern: /^evenkeel-agent-(\d[\w.]*)-linux-(x64|arm64)\.tar\.gz$/, system: 'linux', form: 'tar.gz' },
  { pattern: /^evenkeel-agent-(\d[\w.]*)-macos-(x64|arm64)\.tar\.gz$/, system: 'macos', form: 'tar.gz' },
  { pattern: /^evenkeel-agent-(\d[\w.]*)-win-(x64|arm64)\.msi$/, system: 'windows', form: 'msi' },
] as const;

const archs: Record<string, AgentPackage['arch']> = { amd64: 'x64', x86_64: 'x64', aarch64: 'arm64' };

/** Whoever may write into the folder decides what machines install; how much there is costs reading all of it once. */
const mostFiles = 200;

function partsOf(name: string): Omit<AgentPackage, 'size' | 'sha256'> | null {
  for (const { pattern, system, form } of forms) {
    const [, version, arch] = pattern.exec(name) ?? [];
    if (version !== undefined && arch !== undefined)
      return { name, version, system, form, arch: archs[arch] ?? (arch as AgentPackage['arch']) };
  }
  return null;
}

const freshMs = 60_000;

const newerFirst = (a: AgentPackage, b: AgentPackage) =>
  b.version.localeCompare(a.version, 'en', { numeric: true }) || a.name.localeCompare(b.name, 'en');

async function sumOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** @param folders the first that there is counts */
export function createPackages(folders: readonly string[]): Packages {
  /** By path, size and time of the file. */
  const sums = new Map<string, Promise<string>>();

  async function files(): Promise<{ folder: string; names: string[] }> {
    for (const folder of folders) {
      const names = await readdir(folder).catch(() => null);
      if (names) return { folder, names: names.sort().slice(0, mostFiles) };
    }
    return { folder: '', names: [] };
  }

  async function one(folder: string, name: string): Promise<AgentPackage | null> {
    const parts = partsOf(name);
    const path = join(folder, name);
    const about = parts && (await stat(path).catch(() => null));
    if (!parts || !about?.isFile()) return null;
    const key = `${path} ${about.size} ${about.mtimeMs}`;
    // Many may ask while the first answer is being worked out.
    if (!sums.has(key)) {
      if (sums.size >= mostFiles) sums.clear();
      sums.set(key, sumOf(path));
    }
    try {
      return { ...parts, size: about.size, sha256: await (sums.get(key) as Promise<string>) };
    } catch {
      sums.delete(key);
      return null;
    }
  }

  async function list(): Promise<AgentPackage[]> {
    const { folder, names } = await files();
    const found = (await Promise.all(names.map((name) => one(folder, name)))).filter((each) => each !== null);
    const groups = Map.groupBy(found.sort(newerFirst), ({ system, arch, form }) => `${system} ${arch} ${form}`);
    return [...groups.values()].flatMap(([newest]) => newest ?? []);
  }

  let newest: string | null = null;
  let readAt = Number.NEGATIVE_INFINITY;

  return {
    list,
    newestVersion() {
      if (performance.now() - readAt > freshMs) {
        readAt = performance.now();
        files().then(
          ({ names }) => {
            newest =
              names.map((name) => partsOf(name)?.version ?? '').reduce((a, b) => (isOlder(a, b) ? b : a), '') || null;
          },
          () => {
            // As where there is no such folder.
          },
        );
      }
      return newest;
    },
    async pathOf(name) {
      if (partsOf(name) === null) return null;
      const { folder, names } = await files();
      return names.includes(name) ? join(folder, name) : null;
    },
  };
}
