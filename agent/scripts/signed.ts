/**
 * Signatures of scripts, as `ssh-keygen -Y sign` makes them: `FILE.sig` beside the file, by an Ed25519 key that the list names. The
 * name of the script is the namespace of its signature, so that what is signed for one button is not run by another. Pure.
 */
import { type Reason, reason } from '../../shared/reason.ts';
import type { AllowedScript } from './allow-list.ts';

export const signatureOf = (path: string): string => `${path}.sig`;
const namespaceOf = (name: string): string => `${name}@evenkeel`;

const magic = 'SSHSIG';
const keyKind = 'ssh-ed25519';
const hashes: ReadonlySet<string> = new Set(['sha256', 'sha512']);

/** The fields of a message of ssh: each has its length before it. @throws RangeError where it ends before them */
function fieldsOf(bytes: Buffer, count: number): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; fields.length < count; ) {
    const end = at + 4 + bytes.readUInt32BE(at);
    if (end > bytes.length) throw new RangeError('a field ends after the message');
    fields.push(bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

const field = (value: Buffer | string): Buffer => {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
};

/** @throws RangeError, TypeError for what is no signature of this form */
function read(armored: string) {
  const [, base64 = ''] =
    /^-----BEGIN SSH SIGNATURE-----\n([A-Za-z0-9+/=\n]+)\n-----END SSH SIGNATURE-----\s*$/.exec(armored) ?? [];
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.toString('latin1', 0, magic.length) !== magic || bytes.readUInt32BE(magic.length) !== 1)
    throw new TypeError('no signature of ssh');
  const [key, space, reserved, hash, signature] = fieldsOf(bytes.subarray(magic.length + 4), 5) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const [kind, raw] = fieldsOf(signature, 2) as [Buffer, Buffer];
  if (kind.toString() !== keyKind || !hashes.has(hash.toString())) throw new TypeError('of another kind');
  return { key, space: space.toString(), reserved, hash: hash.toString(), raw };
}

/** Null: one of the keys of the list has signed this content for this script. @param armored of `FILE.sig`; null: there is none */
export function signatureFault(
  content: Buffer,
  armored: string | null,
  { name, run, signed_by: keys = [] }: Pick<AllowedScript, 'name' | 'run' | 'signed_by'>,
): Reason | null {
  const [path, space] = [signatureOf(run), namespaceOf(name)];
  if (armored === null) return reason('script_unsigned', { path, space, file: run });
  try {
    const { createHash, createPublicKey, verify } = process.getBuiltinModule('node:crypto');
    const found = read(armored);
    const known = keys.some((key) => Buffer.from(key.split(' ')[1] ?? '', 'base64').equals(found.key));
    if (!known) return reason('script_signer_unknown', { path });
    const digest = createHash(found.hash).update(content).digest();
    const signed = Buffer.concat([
      Buffer.from(magic),
      ...[found.space, found.reserved, found.hash, digest].map((one) => field(one)),
    ]);
    const x = (fieldsOf(found.key, 2)[1] as Buffer).toString('base64url');
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const isGood = found.space === space && verify(null, signed, key, found.raw);
    return isGood ? null : reason('script_signature_wrong', { path, space, file: run });
  } catch {
    return reason('script_signature_form', { path });
  }
}
