/**
 * A join code is what a person pastes on a new machine: where the collector is, the one-time secret, and, where the
 * collector's certificate is its own, the fingerprint to trust. `ek1.<base64url of JSON>.<check>`: the check tells
 * half a line from a wrong one before anything is sent.
 */
import { createHash } from 'node:crypto';
import { fail } from './errors.ts';

export interface JoinCode {
  /** Base address of the collector, such as `https://keel.example.net:7460`; no slash at the end. */
  url: string;
  secret: string;
  /** SHA-256 of the collector's certificate (DER), lower-case hex; only then a certificate unknown to the system is trusted. */
  fingerprint?: string;
}

const checkOf = (payload: string) => createHash('sha256').update(payload).digest('hex').slice(0, 6);

export function encodeJoinCode(code: JoinCode): string {
  const parts = [code.url, code.secret, ...(code.fingerprint === undefined ? [] : [code.fingerprint])];
  const payload = Buffer.from(JSON.stringify(parts), 'utf8').toString('base64url');
  return `ek1.${payload}.${checkOf(payload)}`;
}

/** @throws EvenkeelError BAD_JOIN_CODE for anything that is not a whole code; names only its first characters */
export function decodeJoinCode(text: string): JoinCode {
  const code = text.trim();
  const match = /^ek1\.([A-Za-z0-9_-]{1,2000})\.([0-9a-f]{6})$/.exec(code);
  if (!match || checkOf(match[1] as string) !== match[2]) throw incomplete(code);
  try {
    const [url, secret, fingerprint] = JSON.parse(Buffer.from(match[1] as string, 'base64url').toString('utf8'));
    if (typeof secret !== 'string' || !/^https?:$/.test(new URL(url).protocol)) throw incomplete(code);
    return { url, secret, ...(typeof fingerprint === 'string' ? { fingerprint } : {}) };
  } catch {
    // Not JSON, or no address: the same answer, whatever is wrong with it.
    throw incomplete(code);
  }
}

const incomplete = (code: string) => fail('BAD_JOIN_CODE', { code: code.length > 12 ? `${code.slice(0, 12)}…` : code });
