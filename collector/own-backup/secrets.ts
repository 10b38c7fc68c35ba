/**
 * Files with secrets under a passphrase: scrypt makes the key, AES-256-GCM hides the content and shows that nobody changed it.
 * One line of JSON with what is needed to begin, then the sealed bytes, then the tag.
 */
import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

/** 64 MB and about 0.2 s per guess. */
const cost = { N: 65_536, r: 8, p: 1 } as const;
const maxmem = 160 * 1024 * 1024;
const tagBytes = 16;

/** By their path, as `isInside` wants it. */
export type SecretFiles = Readonly<Record<string, Uint8Array>>;

const derive = promisify(scrypt) as (
  passphrase: string,
  salt: Buffer,
  bytes: number,
  options: { N: number; r: number; p: number; maxmem: number },
) => Promise<Buffer>;

// In a thread of its own: agents wait for nothing.
const keyOf = (passphrase: string, salt: Buffer) => derive(passphrase.normalize('NFC'), salt, 32, { ...cost, maxmem });

export async function sealSecrets(files: SecretFiles, passphrase: string): Promise<Buffer> {
  const [salt, iv] = [randomBytes(16), randomBytes(12)];
  const head = Buffer.from(
    `${JSON.stringify({ v: 1, kdf: 'scrypt', ...cost, salt: salt.toString('base64'), iv: iv.toString('base64') })}\n`,
  );
  const cipher = createCipheriv('aes-256-gcm', await keyOf(passphrase, salt), iv);
  // Whoever changes the head is found out as well.
  cipher.setAAD(head);
  const texts = Object.entries(files).map(([path, bytes]) => [path, Buffer.from(bytes).toString('base64')]);
  const sealed = [cipher.update(JSON.stringify(Object.fromEntries(texts)), 'utf8'), cipher.final()];
  return Buffer.concat([head, ...sealed, cipher.getAuthTag()]);
}

/** @returns null: the passphrase is another one, or the file was changed; which of both cannot be known */
export async function openSecrets(sealed: Buffer, passphrase: string): Promise<SecretFiles | null> {
  const end = sealed.indexOf('\n') + 1;
  if (end === 0 || sealed.length < end + tagBytes) return null;
  try {
    const head = JSON.parse(sealed.subarray(0, end).toString('utf8')) as { salt: string; iv: string; v: number };
    if (head.v !== 1) return null;
    const key = await keyOf(passphrase, Buffer.from(head.salt, 'base64'));
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(head.iv, 'base64'));
    decipher.setAAD(sealed.subarray(0, end));
    decipher.setAuthTag(sealed.subarray(-tagBytes));
    const text = Buffer.concat([decipher.update(sealed.subarray(end, -tagBytes)), decipher.final()]).toString('utf8');
    const files = JSON.parse(text) as Record<string, string>;
    return Object.fromEntries(Object.entries(files).map(([path, one]) => [path, Buffer.from(one, 'base64')]));
  } catch {
    return null;
  }
}
