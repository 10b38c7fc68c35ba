/**
 * The release that lies in the folder of packages: `manifest.json`, verified by the `keys.json` beside it. This tells people what
 * they roll out; agents verify it again, by the keys that came with their own packages.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ReleaseFolder } from '../../shared/agent-update.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import {
  type AgentRelease,
  maxManifestBytes,
  type ReleaseFile,
  ReleaseRefused,
  readKeys,
  readRelease,
  type SignedDocument,
} from '../../shared/release.ts';

const manifestName = 'manifest.json';
const keysName = 'keys.json';

export interface AgentPackages {
  release: AgentRelease;
  signers: string[];
  /** Those of the manifest that lie there with its size. */
  there: ReadonlySet<string>;
  /** Names of files that lie there and are not the signed ones. */
  others: ReadonlySet<string>;
}

export interface PackageFolder {
  /** What lies there now. */
  look(): Promise<{ folder: string | null; found: AgentPackages | null; problem: ReleaseFolder['problem'] }>;
  /** As it lies there, for agents; null: none. */
  manifest(): Promise<Buffer | null>;
  /** The path of a package of the release; null: it is not of it. */
  pathOf(name: string): Promise<string | null>;
  /** Reads each file. @throws EvenkeelError CONFLICT where one is not what the manifest says */
  verify(found: AgentPackages): Promise<void>;
}

/** @param folders the first that has a manifest counts */
export function createReleaseFolder(folders: readonly string[], now: () => number): PackageFolder {
  async function manifestIn(folder: string): Promise<Buffer | null> {
    const path = join(folder, manifestName);
    const about = await stat(path).catch(() => null);
    return about?.isFile() && about.size <= maxManifestBytes ? readFile(path) : null;
  }

  async function place(): Promise<{ folder: string; bytes: Buffer } | null> {
    for (const folder of folders) {
      const bytes = await manifestIn(folder).catch(() => null);
      if (bytes) return { folder, bytes };
    }
    return null;
  }

  const lookAt = async (folder: string, { name, size }: ReleaseFile): Promise<'there' | 'other' | 'missing'> => {
    const about = await stat(join(folder, name)).catch(() => null);
    if (about?.isFile() !== true) return 'missing';
    return about.size === size ? 'there' : 'other';
  };

  async function read(folder: string, bytes: Buffer): Promise<AgentPackages> {
    const keys = await readFile(join(folder, keysName)).catch(() => null);
    if (!keys) throw new ReleaseRefused(reason('update_no_keys', { folder }));
    const { release } = readRelease(bytes, readKeys(keys), null);
    const checked = await Promise.all(release.files.map((file) => lookAt(folder, file)));
    const those = (found: 'there' | 'other') =>
      new Set(release.files.filter((_, n) => checked[n] === found).map(({ name }) => name));
    const { signatures } = JSON.parse(bytes.toString('utf8')) as SignedDocument;
    return { release, signers: signatures.map(({ key }) => key), there: those('there'), others: those('other') };
  }

  return {
    async look() {
      const at = await place();
      if (!at) {
        const folder = folders[0] ?? null;
        return { folder, found: null, problem: reason('update_no_manifest', { folder: folder ?? '' }) };
      }
      const { folder, bytes } = at;
      try {
        const found = await read(folder, bytes);
        const expiresAt = Date.parse(found.release.expires);
        const problem = now() >= expiresAt ? reason('update_expired', { expired_at: expiresAt }) : null;
        return { folder, found, problem };
      } catch (thrown) {
        if (thrown instanceof ReleaseRefused) return { folder, found: null, problem: thrown.reasons[0] ?? null };
        return { folder, found: null, problem: reason('update_manifest_bad', { text: reasonOf(thrown) }) };
      }
    },
    async manifest() {
      return (await place())?.bytes ?? null;
    },
    async pathOf(name) {
      const at = await place();
      if (!at) return null;
      const found = await read(at.folder, at.bytes).catch(() => null);
      return found?.release.files.some((file) => file.name === name) ? join(at.folder, name) : null;
    },
    async verify({ release, there }) {
      const at = await place();
      for (const { name, sha256 } of release.files) {
        if (!at || !there.has(name)) continue;
        const hash = createHash('sha256');
        await pipeline(createReadStream(join(at.folder, name)), hash);
        if (hash.digest('hex') !== sha256)
          throw fail('CONFLICT', {
            problem: `${name} is not the file that the manifest of ${release.version} was made for; copy the release into the folder again, whole`,
          });
      }
      if (there.size === 0)
        throw fail('CONFLICT', {
          problem: `none of the packages of ${release.version} lies beside its manifest; copy the release into the folder whole`,
        });
    },
  };
}

/** @param found null: none, or none that counts */
export const folderView = (
  folder: string | null,
  found: AgentPackages | null,
  problem: ReleaseFolder['problem'],
): ReleaseFolder => ({
  ...{ folder, problem },
  release: found && {
    ...{ version: found.release.version, sequence: found.release.sequence, floor: found.release.floor },
    ...{ from: found.release.from, keys: found.release.keys, signers: found.signers },
    ...{ released: Date.parse(found.release.released), expires: Date.parse(found.release.expires) },
    files: found.release.files.map(({ name, target, form, size }) => ({
      ...{ name, target, form, size, isThere: found.there.has(name), isOther: found.others.has(name) },
    })),
  },
});
