/** Releases: whole, forged, cut, replayed, expired, of another type, serialised anew; and the walk over sets of keys. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  type AgentRelease,
  compareVersions,
  fileFor,
  keyId,
  keyText,
  maxManifestBytes,
  ReleaseRefused,
  readKeys,
  readRelease,
  type SignedDocument,
  signDocument,
} from '../../shared/release.ts';

interface Pair {
  secret: KeyObject;
  key: KeyObject;
}
const pair = (): Pair => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { secret: privateKey, key: publicKey };
};
const [r1, r2, r3, r4, r5, signer, nextSigner, stranger] = Array.from({ length: 8 }, pair) as [
  ...[Pair, Pair, Pair, Pair, Pair, Pair, Pair, Pair],
];
const keySet = (version: number, roots: Pair[], releases: Pair[], by: Pair[]): SignedDocument =>
  signDocument(
    'keys',
    ...([
      {
        ...{ type: 'evenkeel-keys', spec: 1, version },
        roots: roots.map(({ key }) => keyText(key)),
        releases: releases.map(({ key }) => keyText(key)),
      },
      by,
    ] as const),
  );
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value));
const first = keySet(1, [r1, r2, r3], [signer], [r1, r2]);
const keys = readKeys(bytesOf(first));

const now = Date.parse('2026-12-01T00:00:00Z');
const release: AgentRelease = {
  ...{ type: 'evenkeel-agent', spec: 1, sequence: 412, version: '1.4.2', floor: '1.3.0', from: '1.1.0', keys: 1 },
  ...{ released: '2026-11-20T00:00:00Z', expires: '2027-02-18T00:00:00Z' },
  files: [
    { target: 'linux-x64', form: 'tar.gz', name: 'a-1.4.2-linux-x64.tar.gz', size: 1000, sha256: 'ab'.repeat(32) },
  ],
};
const signed = (more: object = {}, by: Pair[] = [signer]) => signDocument('release', { ...release, ...more }, by);

/** @returns the code of the refusal, or `taken` */
function verdict(work: () => unknown): string {
  try {
    work();
  } catch (thrown) {
    if (thrown instanceof ReleaseRefused) return thrown.reasons[0]?.code ?? 'no reason';
    throw thrown;
  }
  return 'taken';
}
const read = (document: unknown, at: number | null = now) => verdict(() => readRelease(bytesOf(document), keys, at));
const signature = (document: SignedDocument) => document.signatures[0] as { key: string; sig: string };

test('a manifest is read as it was signed', () => {
  const found = readRelease(bytesOf(signed()), keys, now);
  assert.equal(found.release, release);
  assert.is(found.newKeys, null);
  // Signed again by a key that is not known here: one that is known suffices.
  assert.is(read(signed({}, [stranger, signer])), 'taken');
});

test('forged: another key, its id on a foreign signature, changed bytes, the signature of another document', () => {
  assert.is(read(signed({}, [stranger])), 'update_unsigned');
  // A root key is no release key.
  assert.is(read(signed({}, [r1, r2, r3])), 'update_unsigned');
  const posed = signed({}, [stranger]);
  signature(posed).key = keyId(signer.key);
  assert.is(read(posed), 'update_unsigned');
  const whole = signed();
  const changed = { ...whole, signed: signed({ sequence: 413 }).signed };
  assert.is(read(changed), 'update_unsigned');
  const bytes = Buffer.from(whole.signed, 'base64');
  for (let at = 0; at < bytes.length; at += 7) {
    const other = Buffer.from(bytes);
    other[at] = (other[at] ?? 0) ^ 1;
    assert.is(read({ ...whole, signed: other.toString('base64') }), 'update_unsigned', `byte ${at}`);
  }
  // Signed without the head of its kind: a signature of the same key over something else.
  const bare = {
    ...whole,
    signatures: [{ key: keyId(signer.key), sig: sign(null, bytes, signer.secret).toString('base64') }],
  };
  assert.is(read(bare), 'update_unsigned');
  assert.is(read(signDocument('keys', release, [signer])), 'update_unsigned');
});

test('cut off anywhere, it is refused and nothing is thrown but the refusal', () => {
  const text = JSON.stringify(signed());
  for (let length = 0; length < text.length; length += 3)
    assert.is.not(
      verdict(() => readRelease(Buffer.from(text.slice(0, length)), keys, now)),
      'taken',
      `${length}`,
    );
});

test('serialised anew, the bytes are other ones and the signature is none', () => {
  const whole = signed();
  const again = JSON.stringify(JSON.parse(Buffer.from(whole.signed, 'base64').toString()), null, 1);
  assert.is(read({ ...whole, signed: Buffer.from(again).toString('base64') }), 'update_unsigned');
  // The same bytes in another writing of base64.
  assert.is(read({ ...whole, signed: whole.signed.replace(/=*$/, '') + '\n' }), 'update_manifest_bad');
});

test('expired: refused to be installed, shown where no time is asked', () => {
  assert.is(read(signed(), Date.parse(release.expires) - 1), 'taken');
  assert.is(read(signed(), Date.parse(release.expires)), 'update_expired');
  assert.is(read(signed(), null), 'taken');
});

test('of another type or form, and with values out of bounds: refused', () => {
  const bad: object[] = [
    ...[{ type: 'evenkeel-collector' }, { spec: 2 }, { sequence: 0 }, { sequence: 1.5 }, { version: '1.4' }],
    ...[{ version: '1.4.2-rc1' }, { floor: 3 }, { from: null }, { released: 'yesterday' }, { expires: 0 }],
    ...[{ keys: '1' }, { files: [] }, { files: {} }, { files: [null] }],
    ...[{ name: '../x' }, { name: 'a/b' }, { name: '.x' }, { size: -1 }, { size: 2 ** 40 }, { sha256: 'AB' }].map(
      (one) => ({ files: [{ ...release.files[0], ...one }] }),
    ),
    { files: Array.from({ length: 101 }, () => release.files[0]) },
  ];
  for (const more of bad) assert.is(read(signed(more)), 'update_manifest_bad', JSON.stringify(more).slice(0, 100));
  const shapes = [null, [], 1, 'x', {}, { signed: '' }, { signed: 'AAAA', signatures: [] }, { ...signed(), keys: {} }];
  for (const shape of shapes) assert.is(read(shape), 'update_manifest_bad', JSON.stringify(shape).slice(0, 100));
  assert.is(read({ ...signed(), signatures: Array(17).fill(signature(signed())) }), 'update_manifest_bad');
  assert.is(
    verdict(() => readRelease(Buffer.alloc(maxManifestBytes + 1, ' '), keys, now)),
    'update_manifest_bad',
  );
  assert.is(
    verdict(() => readRelease(Buffer.from('['.repeat(200_000)), keys, now)),
    'update_manifest_bad',
  );
});

test('what a machine must not install', () => {
  const machine = { version: '1.3.5', target: 'linux-x64', form: 'tar.gz', sequence: 411 };
  const on = (more: object, given: object = {}) =>
    verdict(() => fileFor({ ...release, ...given } as AgentRelease, { ...machine, ...more }));
  assert.is(on({}), 'taken');
  assert.is(on({ sequence: 412 }), 'taken');
  assert.is(on({ sequence: 413 }), 'update_replayed');
  assert.is(on({ version: '1.4.2' }), 'update_not_newer');
  assert.is(on({ version: '1.10.0' }), 'update_not_newer');
  assert.is(on({ version: '1.0.9' }), 'update_step_first');
  assert.is(on({ target: 'linux-arm64' }), 'update_no_package');
  assert.is(on({ form: 'msi' }), 'update_no_package');
  assert.is(on({}, { floor: '1.4.3' }), 'update_below_floor');
  assert.ok(compareVersions('1.9.0', '1.10.0') < 0 && compareVersions('2.0.0', '1.99.99') > 0);
});

test('keys are walked step by step, each signed by two roots of both sets', () => {
  const second = keySet(2, [r2, r3, r4], [nextSigner], [r2, r3]);
  const third = keySet(3, [r3, r4, r5], [nextSigner], [r3, r4]);
  const byNext = signDocument('release', { ...release, keys: 2 }, [nextSigner]);
  const found = readRelease(bytesOf({ ...byNext, keys: [second] }), keys, now);
  assert.is(found.keys.version, 2);
  assert.equal(found.newKeys, second);
  assert.is(readRelease(bytesOf({ ...byNext, keys: [second, third] }), keys, now).keys.version, 3);
  // A machine that knows the second already gets the same file.
  const known = readKeys(bytesOf(second));
  assert.is(readRelease(bytesOf({ ...byNext, keys: [second] }), known, now).newKeys, null);
  // The old release key signs nothing any more.
  assert.is(read({ ...signed(), keys: [second] }), 'update_unsigned');
  assert.is(read(byNext), 'update_unsigned');
  // A step left out; one root of the old set; of the new one; by strangers altogether.
  assert.is(read({ ...byNext, keys: [third] }), 'update_manifest_bad');
  const oneOld = keySet(2, [r3, r4, r5], [nextSigner], [r3, r4, r5]);
  assert.is(read({ ...byNext, keys: [oneOld] }), 'update_keys_unsigned');
  const oneNew = keySet(2, [r1, r4, r5], [nextSigner], [r1, r2]);
  assert.is(read({ ...byNext, keys: [oneNew] }), 'update_keys_unsigned');
  const twice = keySet(2, [r1, r2, r4], [nextSigner], [r1, r1]);
  assert.is(read({ ...byNext, keys: [twice] }), 'update_keys_unsigned');
  // What is signed with keys that this machine has not been told of.
  assert.is(read(signed({ keys: 2 })), 'update_keys_newer');
});

test('a set of keys that vouches for itself with fewer than two roots is none', () => {
  assert.is(
    verdict(() => readKeys(bytesOf(keySet(1, [r1, r2], [signer], [r1])))),
    'update_keys_unsigned',
  );
  assert.is(
    verdict(() => readKeys(bytesOf(keySet(1, [r1, r1], [signer], [r1, r1])))),
    'update_manifest_bad',
  );
  assert.is(
    verdict(() => readKeys(bytesOf(keySet(1, [r1], [signer], [r1, r2])))),
    'update_manifest_bad',
  );
  assert.is(
    verdict(() => readKeys(bytesOf(signed()))),
    'update_manifest_bad',
  );
});

test.run();
