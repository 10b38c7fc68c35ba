/** One request to a chat server, and what its answer means. */
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { isNotAllowed } from '../../shared/outgoing.ts';
import { askDesk, type RemoteAnswer } from '../desks/client.ts';
import { waitIn } from '../notify/http.ts';
import { oneLine } from '../notify/notification-text.ts';
import { plainReason } from '../notify/plain-reason.ts';
import type { ChatReach } from './room.ts';

/** The server says when to come again. */
export class ChatBusy extends EvenkeelError {
  readonly retryAfterMs: number;
  constructor(room: string, what: string, reason: string, retryAfterMs: number) {
    super('CHAT_FAILED', { room, what, reason });
    this.retryAfterMs = retryAfterMs;
  }
}

export interface ChatRequest {
  method?: 'GET' | 'POST' | 'PUT';
  token?: string;
  body?: unknown;
  /** For messages: what it is for. */
  what: string;
  signal: AbortSignal;
  deadlineMs?: number;
}

const [shortestMs, fallbackMs, longestMs] = [1000, 30_000, 6 * 3_600_000];

/** @throws EvenkeelError CHAT_FAILED (worth another try), CHAT_DENIED, CHAT_REFUSED; ChatBusy */
export async function askChat(reach: ChatReach, url: URL, request: ChatRequest): Promise<Record<string, unknown>> {
  const { room, outgoing } = reach;
  const { what, token, deadlineMs = reach.deadlineMs, method = 'GET', body, signal } = request;
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const asked = { method, what, signal, ...(body === undefined ? {} : { body }) };
  const answer = await askDesk({ outgoing, deadlineMs, maySend: () => true }, url, headers, asked).catch(
    (thrown: unknown) => {
      const reason = plainReason(thrown, url.hostname);
      throw fail(isNotAllowed(thrown) ? 'CHAT_REFUSED' : 'CHAT_FAILED', { room, what, reason }, thrown);
    },
  );
  return judged(room, what, answer);
}

/** Names of vendors for a token that does not let us in; they come with 200 at Slack, with 401 or 403 at Matrix. */
const denied =
  /^(?:invalid_auth|not_authed|account_inactive|token_revoked|token_expired|not_allowed_token_type|missing_scope|no_permission|M_UNKNOWN_TOKEN|M_MISSING_TOKEN|M_USER_DEACTIVATED|link_disabled)$/;

function judged(room: string, what: string, { status, headers, body }: RemoteAnswer): Record<string, unknown> {
  const said = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const isGood = status >= 200 && status < 300 && said.ok !== false;
  if (isGood) return said;
  const name = [said.errcode, said.error].find((one) => typeof one === 'string') as string | undefined;
  const reason = [`HTTP ${status}`, name && oneLine(name, 80)].filter(Boolean).join(', ');
  if (status === 429 || name === 'ratelimited' || name === 'M_LIMIT_EXCEEDED') {
    const inBody = typeof said.retry_after_ms === 'number' ? said.retry_after_ms : null;
    const asked = waitIn(headers['retry-after'], null, Date.now()) ?? inBody ?? fallbackMs;
    return thrown(new ChatBusy(room, what, reason, Math.min(longestMs, Math.max(shortestMs, asked))));
  }
  if (status === 401 || (name !== undefined && denied.test(name)))
    return thrown(new EvenkeelError('CHAT_DENIED', { room, what, reason }));
  const later =
    status >= 500 ||
    status === 408 ||
    (status === 200 && /^(?:internal_error|fatal_error|service_unavailable|request_timeout)$/.test(name ?? ''));
  return thrown(new EvenkeelError(later ? 'CHAT_FAILED' : 'CHAT_REFUSED', { room, what, reason }));
}

function thrown(error: EvenkeelError): never {
  throw error;
}

/** No word of ours calls a room together, whatever name it holds: neither where people wrote it nor where a machine is called so. */
export const withoutCalls = (text: string): string =>
  text.replace(/@(?=channel|here|everyone|room|group)/gi, '@\u200b');
