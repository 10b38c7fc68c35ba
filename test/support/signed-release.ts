/** A set of keys and releases signed by it, in this process: quick, and wrong wherever a test wants it. */
import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { type AgentRelease, keyText, type SignedDocument, signDocument } from '../../shared/release.ts';

export interface SigningKeys {
  roots: { secret: KeyObject; key: KeyObject }[];
  release: { secret: KeyObject; key: KeyObject };
  /** Text of keys.json. */
  set: string;
}

export function makeSigningKeys(): SigningKeys {
  const pair = () => {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    return { secret: privateKey, key: publicKey };
  };
  const [roots, release] = [[pair(), pair(), pair()], pair()];
  const content = {
    ...{ type: 'evenkeel-keys', spec: 1, version: 1, releases: [keyText(release.key)] },
    roots: roots.map(({ key }) => keyText(key)),
  };
  return { roots, release, set: JSON.stringify(signDocument('keys', content, roots)) };
}

/** @param bytes of the package for this machine */
export function signedRelease(
  keys: SigningKeys,
  { name, bytes, ...more }: Partial<AgentRelease> & { name: string; bytes: Buffer },
): SignedDocument {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const content: AgentRelease = {
    ...{ type: 'evenkeel-agent', spec: 1, sequence: 1, version: '0.2.0', floor: '0.0.0', from: '0.0.0', keys: 1 },
    ...{ released: '2026-01-01T00:00:00Z', expires: '2099-01-01T00:00:00Z' },
    files: [{ target: `linux-${process.arch}`, form: 'tar.gz', name, size: bytes.length, sha256 }],
    ...more,
  };
  return signDocument('release', content, [keys.release]);
}
