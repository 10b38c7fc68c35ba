/** Secrets made by the collector: 256 random bits, so that a plain SHA-256 of them is safe to store. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits as base64url, 43 characters. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** The stored form of a secret: SHA-256, lower-case hex. Only for secrets made by `makeSecret`, never for passwords. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Compares in a time that does not reveal where the first difference is. */
export function sameText(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(a), digest(b));
}

const letters = 'abcdefghijkmnpqrstuvwxyz23456789';

/** `e` and 15 letters without look-alikes: an id for rows that people may read aloud. 75 random bits. */
export function makeId(prefix: string): string {
  return prefix + [...randomBytes(15)].map((byte) => letters[byte % letters.length]).join('');
}
