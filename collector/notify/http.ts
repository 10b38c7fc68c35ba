/** Shared by channels over HTTP: the check of the address, one POST, and whether a failure is worth another try. */
import http from 'node:http';
import https from 'node:https';
import { fail, reasonOf } from '../../shared/errors.ts';
import { portFault } from '../../shared/shape.ts';
import { isNotAllowed, type Outgoing } from './outgoing.ts';

const redirectsAtMost = 3;

export function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return portFault(text) ?? 'is not an http or https address; write it like https://example.org/hook';
  return url.username || url.password ? 'holds a password; use token_file instead' : null;
}

export interface Post {
  headers: Record<string, string>;
  body: string;
  signal: AbortSignal;
}

/**
 * Follows redirects within the same origin only: the token must not be sent to another one.
 * @throws EvenkeelError CHANNEL_FAILED, CHANNEL_REFUSED
 */
export async function post(channel: string, outgoing: Outgoing, target: URL, what: Post, redirects = 0): Promise<void> {
  const { status, location } = await answerOf(outgoing, target, what).catch((thrown: unknown) => {
    throw fail(
      isNotAllowed(thrown) ? 'CHANNEL_REFUSED' : 'CHANNEL_FAILED',
      { channel, reason: reasonOf(thrown) },
      thrown,
    );
  });
  if (status >= 200 && status < 300) return;
  if (status >= 300 && status < 400 && location !== undefined) {
    const next = URL.parse(location, target);
    if (next?.origin === target.origin && redirects < redirectsAtMost)
      return post(channel, outgoing, next, what, redirects + 1);
    throw fail('CHANNEL_REFUSED', { channel, reason: `it redirects to ${next?.origin ?? 'no valid address'}` });
  }
  const reason = `HTTP ${status}`;
  // A receiver that is busy or not there yet may accept it later; any other refusal will not change.
  const later = status >= 500 || [408, 425, 429].includes(status);
  throw fail(later ? 'CHANNEL_FAILED' : 'CHANNEL_REFUSED', { channel, reason });
}

/** `fetch` has no hook for the addresses of a name, so it cannot be kept from reaching some of them. */
function answerOf(
  { check, lookup }: Outgoing,
  target: URL,
  { headers, body, signal }: Post,
): Promise<{ status: number; location: string | undefined }> {
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    check(target.hostname);
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method: 'POST', headers: { ...headers, ...length }, signal, lookup, agent: false } as const;
    const asked = request(target, options, (response) => {
      const { statusCode = 0, headers: got } = response;
      // The text of the answer is not needed, and may have no end.
      response.destroy();
      resolve({ status: statusCode, location: got.location });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}
