/**
 * Codes of authenticator apps (RFC 6238: HMAC-SHA-1, 30 s, 6 digits). Ten lines on node:crypto, held to the vectors of the
 * RFC: a package for it would bring a second implementation of the hash.
 */
import { createHmac } from 'node:crypto';
import { sameText } from './secret.ts';

const stepMs = 30_000;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** RFC 4648, without padding, as authenticator apps take it. */
export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{1,5}/g) ?? []).map((five) => letters[Number.parseInt(five.padEnd(5, '0'), 2)]).join('');
}

export function codeAt(seed: Uint8Array, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const place = (mac.at(-1) as number) & 15;
  return String((mac.readUInt32BE(place) & 0x7fff_ffff) % 1_000_000).padStart(6, '0');
}

/** The step of a code that is right now, or was or will be in half a minute; undefined: it is none. */
export function stepOf(seed: Uint8Array, code: string, now: number): number | undefined {
  const step = Math.floor(now / stepMs);
  return [step, step - 1, step + 1].find((one) => sameText(codeAt(seed, one), code));
}

/** What the picture says to an app. */
export const uriOf = (seed: Uint8Array, name: string, issuer: string): string =>
  `otpauth://totp/${encodeURIComponent(`${issuer}:${name}`)}?${new URLSearchParams({ secret: base32(seed), issuer })}`;
