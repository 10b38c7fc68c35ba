/**
 * A join code is what a person pastes on a new machine: `EK2-`, base64url of `{"u": address of the collector, "c": secret,
 * "p": pins of its authority}`, and four characters of SHA-256 of all that, which tell a mistyped code from an unknown one.
 * The collector makes it; agents and the fleet simulator read it. `EK1-` had neither pins nor check.
 */
import { createHash } from 'node:crypto';
import { fail } from './errors.ts';

export interface JoinCode {
  /** Base address of the collector, such as `https://keel.example.net:7460`; no slash at the end. */
  url: string;
  secret: string;
  /** SHA-256 of the public key of the authority that may vouch for the collector, base64; none: one that every system knows. */
  pins?: readonly string[];
}

const checkLength = 4;
const checkOf = (text: string) => createHash('sha256').update(text).digest('base64url').slice(0, checkLength);

export function encodeJoinCode({ url, secret, pins = [] }: JoinCode): string {
  const p = pins.map((pin) => Buffer.from(pin, 'base64').toString('base64url'));
  const content = JSON.stringify({ u: url, c: secret, ...(p.length === 0 ? {} : { p }) });
  const text = `EK2-${Buffer.from(content, 'utf8').toString('base64url')}`;
  return text + checkOf(text);
}

/**
 * White space, as mail programs add it, is left out.
 * @throws EvenkeelError BAD_JOIN_CODE, JOIN_CODE_MISTYPED, JOIN_CODE_NEWER; name only the first characters
 */
export function decodeJoinCode(text: string): JoinCode {
  const code = text.replace(/\s+/g, '');
  const shown = code.length > 20 ? `${code.slice(0, 20)}…` : code;
  const [, version, body = ''] = /^EK([12])-([A-Za-z0-9_-]+)$/.exec(code) ?? [];
  if (version === undefined || body.length <= checkLength) throw fail('BAD_JOIN_CODE', { code: shown });
  const isChecked = version === '2';
  const isIntact = !isChecked || code.slice(-checkLength) === checkOf(code.slice(0, -checkLength));
  const content = contentOf(isChecked ? body.slice(0, -checkLength) : body);
  // Cut off, its end is a wrong check as well.
  if (!content) throw fail('BAD_JOIN_CODE', { code: shown });
  if (!isIntact) throw fail('JOIN_CODE_MISTYPED', { code: shown });
  const { u, c, p = [], ...others } = content;
  // Capital letters: may be skipped.
  const unknown = Object.keys(others).find((key) => !/^[A-Z]/.test(key));
  if (unknown !== undefined) throw fail('JOIN_CODE_NEWER', { code: shown, what: unknown.slice(0, 20) });
  const isPin = (pin: unknown) => typeof pin === 'string' && Buffer.from(pin, 'base64url').length === 32;
  if (typeof u !== 'string' || typeof c !== 'string' || c === '' || !isAddress(u) || !Array.isArray(p) || p.length > 8)
    throw fail('BAD_JOIN_CODE', { code: shown });
  if (!p.every(isPin)) throw fail('BAD_JOIN_CODE', { code: shown });
  const pins = p.map((pin) => Buffer.from(pin, 'base64url').toString('base64'));
  return { url: u.replace(/\/+$/, ''), secret: c, ...(pins.length === 0 ? {} : { pins }) };
}

const isAddress = (url: string) => /^https?:$/.test(URL.parse(url)?.protocol ?? '');

function contentOf(body: string): Record<string, unknown> | null {
  try {
    const content: unknown = JSON.parse(Buffer.from(body, 'base64url').toString('utf8'));
    return typeof content === 'object' && content !== null ? (content as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
