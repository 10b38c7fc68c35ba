/** Releases signed with keys of the test, in a folder as `npm run release` leaves it. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyText, type SignedDocument, signDocument } from '../../shared/release.ts';

interface Pair {
  secret: KeyObject;
  key: KeyObject;
}
export interface TestKeys {
  roots: Pair[];
  release: Pair;
  document: SignedDocument;
}

function pair(): Pair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { secret: privateKey, key: publicKey };
}

export function makeReleaseKeys(): TestKeys {
  const [roots, release] = [[pair(), pair(), pair()], pair()];
  const content = {
    ...{ type: 'evenkeel-keys', spec: 1, version: 1, roots: roots.map(({ key }) => keyText(key)) },
    releases: [keyText(release.key)],
  };
  return { roots, release, document: signDocument('keys', content, roots) };
}

interface TestRelease {
  version: string;
  sequence: number;
  /** Content by name; the target is read from the name: `…-linux-x64.tar.gz`. */
  packages: Record<string, string | Buffer>;
  expires?: string;
  from?: string;
  floor?: string;
}

/** @param shown keys that lie beside the manifest, where they are others than those that signed it */
export function writeRelease(folder: string, keys: TestKeys, release: TestRelease, shown: TestKeys = keys): void {
  const { packages, version, sequence, from = '0.0.1', floor = '0.0.1' } = release;
  mkdirSync(folder, { recursive: true });
  const files = Object.entries(packages).map(([name, content]) => {
    writeFileSync(join(folder, name), content);
    const [, target, form] = /-([a-z]+-(?:x64|arm64))\.(.+)$/.exec(name) ?? [];
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { target, form, name, size: Buffer.byteLength(content), sha256 };
  });
  const nothing = [{ target: 'none-x64', form: 'zip', name: 'none.zip', size: 1, sha256: '0'.repeat(64) }];
  const content = {
    ...{ type: 'evenkeel-agent', spec: 1, sequence, version, floor, from, keys: 1 },
    ...{ released: '2026-11-01T00:00:00Z', expires: release.expires ?? '2099-01-01T00:00:00Z' },
    files: files.length > 0 ? files : nothing,
  };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(shown.document));
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(signDocument('release', content, [keys.release])));
}
