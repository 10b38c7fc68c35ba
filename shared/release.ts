/**
 * Releases: which packages there are, and who vouches for them. The bytes of a manifest are signed offline; whoever serves it can
 * leave it out, and cannot change it. Read by the agent, its updater and the collector; loads no schema compiler. No I/O.
 *
 * Keys are walked: a set of keys names the next one, which two root keys of both sign. A machine begins with the set that came
 * with its package, never with one that a collector sends.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { type Reason, ReasonedError, reason } from './reason.ts';

/**
 * A document as it travels: nobody writes it anew to verify it. A manifest has `keys` beside these: later sets of keys, in their
 * order, each such a document.
 */
export interface SignedDocument {
  /** Base64 of the bytes that are signed. */
  signed: string;
  signatures: { key: string; sig: string }[];
}

export interface ReleaseFile {
  /** As of `npm run package`: linux-x64. */
  target: string;
  /** deb, rpm, tar.gz, msi, zip. */
  form: string;
  name: string;
  size: number;
  sha256: string;
}

export interface AgentRelease {
  type: 'evenkeel-agent';
  spec: 1;
  /** Never falls. */
  sequence: number;
  version: string;
  /** ISO 8601, UTC. After `expires` nothing is installed; what runs goes on. */
  released: string;
  expires: string;
  /** Nothing below runs again, not as a fall back either. */
  floor: string;
  /** What is older has to take another step first. */
  from: string;
  /** Version of the keys that signed it. */
  keys: number;
  files: ReleaseFile[];
}

/** Ids of keys are the first 16 hex digits of the SHA-256 of the key. */
export interface ReleaseKeys {
  version: number;
  roots: ReadonlyMap<string, KeyObject>;
  releases: ReadonlyMap<string, KeyObject>;
}

/** Its reasons say why; words for them are in words/en/reasons.ts. */
export class ReleaseRefused extends ReasonedError {
  constructor(why: Reason) {
    super(why);
    this.name = 'ReleaseRefused';
  }
}

export const maxManifestBytes = 256 * 1024;
const maxPackageBytes = 1024 * 1024 * 1024;
const [mostFiles, mostSignatures, mostKeys, mostSteps] = [100, 16, 16, 32];
/** Of the root keys, of the old set and of the new one. */
const rootsNeeded = 2;
/** What is signed begins with these: a signature over one kind of document is none over another. */
const headOf = { release: 'EVENKEEL-RELEASE-V1\n', keys: 'EVENKEEL-KEYS-V1\n' } as const;
type SignedKind = keyof typeof headOf;

const versionForm = /^(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})\.(0|[1-9]\d{0,4})$/;
const isVersion = (value: unknown): value is string => typeof value === 'string' && versionForm.test(value);

/** @returns below 0 where `a` is older */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((one) => one.split('.').map(Number));
  const at = [0, 1, 2].find((i) => left?.[i] !== right?.[i]);
  return at === undefined ? 0 : (left?.[at] ?? 0) - (right?.[at] ?? 0);
}

type Members = Record<string, unknown>;
const isDict = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 1;
const isText = (value: unknown, form: RegExp): value is string => typeof value === 'string' && form.test(value);
const isInstant = (value: unknown): value is string =>
  isText(value, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z$/) && !Number.isNaN(Date.parse(value));

function bad(text: string): never {
  throw new ReleaseRefused(reason('update_manifest_bad', { text }));
}

function parse(bytes: Uint8Array, what: string): Members {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    bad(`${what} is not JSON, or was cut off`);
  }
  return isDict(value) ? value : bad(`${what} is not an object`);
}

/** Only as an encoder writes it: two texts for the same bytes would be two documents. */
function bytesOf(text: unknown, what: string): Buffer {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : bad(`${what} is not base64`);
}

/** SubjectPublicKeyInfo of Ed25519 up to the 32 bytes of the key: RFC 8410. */
const spkiHead = Buffer.from('302a300506032b6570032100', 'hex');

function publicKeyOf(text: unknown): KeyObject {
  const raw = bytesOf(text, 'a key');
  if (raw.length !== 32) bad('a key does not have 32 bytes');
  return createPublicKey({ key: Buffer.concat([spkiHead, raw]), format: 'der', type: 'spki' });
}

/** @returns its 32 bytes, base64 */
export const keyText = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).subarray(spkiHead.length).toString('base64');

export const keyId = (key: KeyObject): string =>
  createHash('sha256')
    .update(Buffer.from(keyText(key), 'base64'))
    .digest('hex')
    .slice(0, 16);

const messageOf = (kind: SignedKind, bytes: Uint8Array) => Buffer.concat([Buffer.from(headOf[kind]), bytes]);

/** Sorted keys, no space: the same content gives the same bytes. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (!isDict(value)) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, one]) => [key, canonical(one)]));
}

/** @param keys private ones with their public ones */
export function signDocument(
  kind: SignedKind,
  content: object,
  keys: readonly { secret: KeyObject; key: KeyObject }[],
): SignedDocument {
  const bytes = Buffer.from(JSON.stringify(canonical(content)));
  const signatures = keys.map(({ secret, key }) => ({
    key: keyId(key),
    sig: sign(null, messageOf(kind, bytes), secret).toString('base64'),
  }));
  return { signed: bytes.toString('base64'), signatures };
}

interface ReadDocument {
  bytes: Buffer;
  /** In the order of the file. */
  signatures: { key: string; sig: Buffer }[];
}

function documentIn(value: unknown, what: string): ReadDocument {
  if (!isDict(value)) bad(`${what} is not an object`);
  const { signed, signatures } = value;
  if (!Array.isArray(signatures) || signatures.length === 0 || signatures.length > mostSignatures)
    bad(`${what} has no signatures, or more than ${mostSignatures}`);
  return {
    bytes: bytesOf(signed, `what is signed in ${what}`),
    signatures: signatures.map((one: unknown) => {
      if (!isDict(one) || !isText(one.key, /^[0-9a-f]{16}$/)) bad(`a signature of ${what} does not name its key`);
      return { key: one.key, sig: bytesOf(one.sig, `a signature of ${what}`) };
    }),
  };
}

/** How many different ones of these keys have signed it. */
function signersOf(
  kind: SignedKind,
  { bytes, signatures }: ReadDocument,
  keys: ReadonlyMap<string, KeyObject>,
): number {
  const message = messageOf(kind, bytes);
  const signers = signatures.filter(({ key, sig }) => {
    const known = keys.get(key);
    return known !== undefined && sig.length === 64 && verify(null, message, known, sig);
  });
  return new Set(signers.map(({ key }) => key)).size;
}

function keysIn(value: unknown, least: number, what: string): Map<string, KeyObject> {
  if (!Array.isArray(value) || value.length < least || value.length > mostKeys)
    bad(`${what} are not ${least} to ${mostKeys} keys`);
  const keys = value.map((text: unknown) => {
    const key = publicKeyOf(text);
    return [keyId(key), key] as const;
  });
  const byId = new Map(keys);
  return byId.size === keys.length ? byId : bad(`a key is twice among ${what}`);
}

function keysOf(document: ReadDocument): ReleaseKeys {
  const { type, spec, version, roots, releases } = parse(document.bytes, 'the set of keys');
  if (type !== 'evenkeel-keys' || spec !== 1) bad('it is no set of keys of this kind');
  if (!isCount(version)) bad('the set of keys has no version');
  const keys: ReleaseKeys = {
    version,
    roots: keysIn(roots, rootsNeeded, 'the root keys'),
    releases: keysIn(releases, 1, 'the release keys'),
  };
  if (signersOf('keys', document, keys.roots) < rootsNeeded)
    throw new ReleaseRefused(reason('update_keys_unsigned', { keys: version }));
  return keys;
}

/** The next set, where two roots of this one have signed it as well. */
function nextKeys(known: ReleaseKeys, document: ReadDocument): ReleaseKeys {
  const next = keysOf(document);
  if (next.version !== known.version + 1)
    bad(`after the keys ${known.version} come ${known.version + 1}, not ${next.version}`);
  if (signersOf('keys', document, known.roots) < rootsNeeded)
    throw new ReleaseRefused(reason('update_keys_unsigned', { keys: next.version }));
  return next;
}

/**
 * The set that a machine begins with: of its package, or kept by root.
 * @throws ReleaseRefused
 */
export function readKeys(bytes: Uint8Array): ReleaseKeys {
  if (bytes.length > maxManifestBytes) bad('the set of keys is too large');
  return keysOf(documentIn(parse(bytes, 'the set of keys'), 'the set of keys'));
}

/** Each step is verified, none is left out. */
function walk(known: ReleaseKeys, steps: unknown): { keys: ReleaseKeys; last: SignedDocument | null } {
  if (steps === undefined) return { keys: known, last: null };
  if (!Array.isArray(steps) || steps.length > mostSteps) bad(`it brings more than ${mostSteps} sets of keys`);
  let keys = known;
  let last: SignedDocument | null = null;
  for (const step of steps) {
    const document = documentIn(step, 'a set of keys');
    const { version } = parse(document.bytes, 'a set of keys');
    // Machines that have it already know it by another way.
    if (isCount(version) && version <= keys.version) continue;
    keys = nextKeys(keys, document);
    last = step as SignedDocument;
  }
  return { keys, last };
}

function fileIn(value: unknown): ReleaseFile {
  if (!isDict(value)) bad('a file is not an object');
  const { target, form, name, size, sha256 } = value;
  if (!isText(target, /^[a-z0-9]{1,16}-[a-z0-9]{1,16}$/)) bad('a file has no target');
  if (!isText(form, /^[a-z0-9.]{1,16}$/)) bad('a file has no form');
  // It becomes the name of a file, and a part of an address.
  if (!isText(name, /^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/)) bad('a file has no plain name');
  if (!isCount(size) || size > maxPackageBytes) bad(`${name} has no size, or one above ${maxPackageBytes} bytes`);
  if (!isText(sha256, /^[0-9a-f]{64}$/)) bad(`${name} has no SHA-256`);
  return { target, form, name, size, sha256 };
}

function releaseIn(bytes: Uint8Array): AgentRelease {
  const { type, spec, sequence, version, released, expires, floor, from, keys, files } = parse(bytes, 'the manifest');
  if (type !== 'evenkeel-agent') bad('it is no release of evenkeel-agent');
  if (spec !== 1) bad('it is written in a form that this version does not know');
  if (!isCount(sequence)) bad('it has no sequence');
  if (!isVersion(version) || !isVersion(floor) || !isVersion(from)) bad('version, floor or from is no version');
  if (!isInstant(released) || !isInstant(expires)) bad('released or expires is no time');
  if (!isCount(keys)) bad('it does not say which keys signed it');
  if (!Array.isArray(files) || files.length === 0 || files.length > mostFiles)
    bad(`it has no files, or more than ${mostFiles}`);
  return { type, spec, sequence, version, released, expires, floor, from, keys, files: files.map(fileIn) };
}

export interface ReadRelease {
  release: AgentRelease;
  /** In force from now on, and the document to keep where they are newer than those that were given. */
  keys: ReleaseKeys;
  newKeys: SignedDocument | null;
}

/**
 * A manifest, verified.
 * @param keys those of this machine @param now ms UTC; null: also one that has expired, which is shown and not installed
 * @throws ReleaseRefused
 */
export function readRelease(bytes: Uint8Array, keys: ReleaseKeys, now: number | null): ReadRelease {
  if (bytes.length > maxManifestBytes) bad(`it has more than ${maxManifestBytes} bytes`);
  const value = parse(bytes, 'the manifest');
  const document = documentIn(value, 'the manifest');
  const walked = walk(keys, value.keys);
  // Before anything of its content is looked at.
  if (signersOf('release', document, walked.keys.releases) === 0)
    throw new ReleaseRefused(
      reason('update_unsigned', { signers: document.signatures.map(({ key }) => key).join(', ') }),
    );
  const release = releaseIn(document.bytes);
  if (release.keys > walked.keys.version)
    throw new ReleaseRefused(reason('update_keys_newer', { keys: release.keys, known: walked.keys.version }));
  if (now !== null && now >= Date.parse(release.expires))
    throw new ReleaseRefused(reason('update_expired', { expired_at: Date.parse(release.expires) }));
  return { release, keys: walked.keys, newKeys: walked.last };
}

export interface InstallingMachine {
  version: string;
  target: string;
  form: string;
  /** The highest that it has ever taken; 0: none. */
  sequence: number;
}

/** The file for this machine. @throws ReleaseRefused where it must not be installed there */
export function fileFor(release: AgentRelease, machine: InstallingMachine): ReleaseFile {
  const { sequence, version, floor, from } = release;
  if (sequence < machine.sequence)
    throw new ReleaseRefused(reason('update_replayed', { sequence, known: machine.sequence }));
  if (compareVersions(version, floor) < 0) throw new ReleaseRefused(reason('update_below_floor', { version, floor }));
  if (compareVersions(version, machine.version) <= 0)
    throw new ReleaseRefused(reason('update_not_newer', { version, running: machine.version }));
  if (compareVersions(machine.version, from) < 0)
    throw new ReleaseRefused(reason('update_step_first', { version, from }));
  const file = release.files.find(({ target, form }) => target === machine.target && form === machine.form);
  if (!file)
    throw new ReleaseRefused(reason('update_no_package', { version, target: `${machine.target} ${machine.form}` }));
  return file;
}
