/**
 * A join code is what a person pastes on a new machine: `EK1-` and base64url of `{"u": address of the collector,
 * "c": secret}`. The collector makes it; agents and the fleet simulator read it.
 */
import { fail } from './errors.ts';

export interface JoinCode {
  /** Base address of the collector, such as `https://keel.example.net:7460`; no slash at the end. */
  url: string;
  secret: string;
}

export function encodeJoinCode({ url, secret }: JoinCode): string {
  return `EK1-${Buffer.from(JSON.stringify({ u: url, c: secret }), 'utf8').toString('base64url')}`;
}

/** White space, as mail programs add it, is left out. @throws EvenkeelError BAD_JOIN_CODE; names only the first characters */
export function decodeJoinCode(text: string): JoinCode {
  const code = text.replace(/\s+/g, '');
  const broken = () => fail('BAD_JOIN_CODE', { code: code.length > 20 ? `${code.slice(0, 20)}…` : code });
  if (!code.startsWith('EK1-')) throw broken();
  try {
    const { u, c } = JSON.parse(Buffer.from(code.slice(4), 'base64url').toString('utf8')) as Record<string, unknown>;
    if (typeof u === 'string' && typeof c === 'string' && c !== '' && /^https?:$/.test(new URL(u).protocol)) {
      return { url: u.replace(/\/+$/, ''), secret: c };
    }
  } catch {
    // Not base64, not JSON or not an address: all mean that the code was not copied whole.
  }
  throw broken();
}
