/** Shared by channels over HTTP: the check of the address, one POST, and whether a failure is worth another try. */
import { fail, reasonOf } from '../../shared/errors.ts';
import { portFault } from '../../shared/shape.ts';

const redirectsAtMost = 3;

export function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return portFault(text) ?? 'is not an http or https address; write it like https://example.org/hook';
  return url.username || url.password ? 'holds a password; use token_file instead' : null;
}

/**
 * Follows redirects within the same origin only: the token must not be sent to another one.
 * @throws EvenkeelError CHANNEL_FAILED, CHANNEL_REFUSED
 */
export async function post(channel: string, target: URL, request: RequestInit, redirects = 0): Promise<void> {
  let response: Response;
  try {
    response = await fetch(target, { ...request, method: 'POST', redirect: 'manual' });
  } catch (thrown) {
    throw fail('CHANNEL_FAILED', { channel, reason: networkReason(thrown) }, thrown);
  }
  // The text of the answer is not needed; cancelling it frees the connection.
  await response.body?.cancel();
  if (response.ok) return;
  const location = response.headers.get('location');
  if (response.status >= 300 && response.status < 400 && location !== null) {
    const next = URL.parse(location, target);
    if (next?.origin === target.origin && redirects < redirectsAtMost)
      return post(channel, next, request, redirects + 1);
    throw fail('CHANNEL_REFUSED', { channel, reason: `it redirects to ${next?.origin ?? 'no valid address'}` });
  }
  const reason = `HTTP ${response.status}`;
  // A receiver that is busy or not there yet may accept it later; any other refusal will not change.
  const later = response.status >= 500 || [408, 425, 429].includes(response.status);
  throw fail(later ? 'CHANNEL_FAILED' : 'CHANNEL_REFUSED', { channel, reason });
}

/** The error of fetch is only "fetch failed"; its cause has the host and the code. */
function networkReason(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause : undefined;
  return cause instanceof Error && cause.message ? cause.message : reasonOf(thrown);
}
