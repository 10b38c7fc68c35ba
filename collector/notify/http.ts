/** Shared by channels over HTTP: the check of the address, one POST, and whether a failure is worth another try. */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { isNotAllowed, type Outgoing } from '../../shared/outgoing.ts';
import { withoutSecrets } from '../../shared/secrets.ts';
import { portFault } from '../../shared/shape.ts';
import { oneLine } from './notification-text.ts';
import { plainReason } from './plain-reason.ts';

const redirectsAtMost = 3;

export function urlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    return portFault(text) ?? 'is not an http or https address; write it like https://example.org/hook';
  return url.username || url.password ? 'holds a password; use token_file instead' : null;
}

export interface Post {
  method?: string;
  /** Statuses beside the usual ones that are worth another try. */
  retry?: readonly number[];
  /** Statuses beside success that are for the caller to judge. */
  told?: readonly number[];
  headers: Record<string, string>;
  body: string | Buffer;
  signal: AbortSignal;
}

interface Answered {
  status: number;
  location: string | undefined;
  retryAfter: string | undefined;
  /** The beginning of what stands in it, where it is no success. */
  text: string;
}

/** A receiver that says when to come again. */
export class ChannelBusy extends EvenkeelError {
  readonly retryAfterMs: number;
  constructor(channel: string, reason: string, retryAfterMs: number) {
    super('CHANNEL_FAILED', { channel, reason });
    this.retryAfterMs = retryAfterMs;
  }
}

/** What a header of a request can carry; the error of the client would repeat the whole header. */
export function headerFault(text: string): string | null {
  return /^[ -~]+$/.test(text) ? null : 'must be a token on one line, of ASCII characters only';
}

/**
 * Follows redirects within the same origin only: the token must not be sent to another one.
 * @returns the status
 * @throws EvenkeelError CHANNEL_FAILED, CHANNEL_REFUSED; ChannelBusy
 */
export async function post(
  channel: string,
  outgoing: Outgoing,
  target: URL,
  what: Post,
  redirects = 0,
): Promise<number> {
  const { status, location, retryAfter, text } = await answerOf(outgoing, target, what).catch((thrown: unknown) => {
    throw fail(
      isNotAllowed(thrown) ? 'CHANNEL_REFUSED' : 'CHANNEL_FAILED',
      { channel, reason: plainReason(thrown, target.hostname) },
      thrown,
    );
  });
  if ((status >= 200 && status < 300) || what.told?.includes(status)) return status;
  if (status >= 300 && status < 400 && location !== undefined) {
    const next = URL.parse(location, target);
    if (next?.origin === target.origin && redirects < redirectsAtMost)
      return post(channel, outgoing, next, what, redirects + 1);
    throw fail('CHANNEL_REFUSED', { channel, reason: `it redirects to ${next?.origin ?? 'no valid address'}` });
  }
  const parsed = jsonOf(text);
  const said = saidIn(parsed, text, secretsOf(target, what));
  const reason = said === null ? `HTTP ${status}` : `HTTP ${status}, ${said}`;
  // A receiver that is busy or not there yet may accept it later; any other refusal will not change.
  const later = status >= 500 || [408, 425, 429, ...(what.retry ?? [])].includes(status);
  const waitMs = later ? waitIn(retryAfter, parsed, Date.now()) : null;
  if (waitMs !== null) throw new ChannelBusy(channel, reason, waitMs);
  throw fail(later ? 'CHANNEL_FAILED' : 'CHANNEL_REFUSED', { channel, reason });
}

/** Of `Retry-After`, in seconds or as a date, or of the answer: Discord and Telegram write seconds there. */
export function waitIn(header: string | undefined, answer: unknown, now: number): number | null {
  const { retry_after: top, parameters } = (answer ?? {}) as { retry_after?: unknown; parameters?: unknown };
  const inside = (parameters as { retry_after?: unknown } | undefined)?.retry_after;
  const seconds = [top, inside].find((one) => typeof one === 'number' && Number.isFinite(one)) as number | undefined;
  if (header === undefined) return seconds === undefined ? null : Math.max(0, seconds * 1000);
  if (/^\d{1,9}(?:\.\d{1,9})?$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

function jsonOf(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}

/** Why it was refused, in the words of the receiver: `chat not found`, `invalid_payload`. Free text is not repeated. */
function saidIn(parsed: unknown, text: string, secrets: readonly string[]): string | null {
  const { description, message, error, errors } = (parsed ?? {}) as Record<string, unknown>;
  const all = [description, message, error, Array.isArray(errors) ? errors[0] : null];
  const word = /^[a-z]{2,20}(?:_[a-z]{2,20}){1,5}$/.test(text.trim()) ? text.trim() : null;
  const said = all.find((one) => typeof one === 'string' && one !== '') ?? word;
  if (typeof said !== 'string') return null;
  return secrets.some((secret) => said.includes(secret)) ? null : oneLine(withoutSecrets(said), 120);
}

/** Whatever in the request may be one: a receiver that repeats it must not bring it into a log. */
function secretsOf({ pathname, search, username, password }: URL, { headers }: Post): string[] {
  const parts = [...pathname.split('/'), ...search.split(/[?&=]/), username, password, ...Object.values(headers)];
  return parts.flatMap((part) => [part, part.split(' ').at(-1) as string]).filter((part) => part.length >= 6);
}

/** `fetch` has no hook for the addresses of a name, so it cannot be kept from reaching some of them. */
function answerOf(
  { check, lookup }: Outgoing,
  target: URL,
  { method = 'POST', headers, body, signal }: Post,
): Promise<Answered> {
  const { request } = target.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    check(target.hostname);
    const length = method === 'GET' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = { method, headers: { ...headers, ...length }, signal, lookup, agent: false } as const;
    const asked = request(target, options, (response) => {
      const { statusCode: status = 0, headers: got } = response;
      const done = (text: string) => {
        response.destroy();
        resolve({ status, location: got.location, retryAfter: got['retry-after'], text });
      };
      // The text of a success is not needed, and any text may have no end.
      if (status < 400) return done('');
      startOf(response).then(done, () => done(''));
    });
    asked.on('error', reject);
    if (method === 'GET') asked.end();
    else asked.end(body);
  });
}

const readAtMost = 4096;
const readWithinMs = 1000;

/** What has come of it by then, if it breaks off. */
function startOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const end = () => {
      clearTimeout(timer);
      resolve(text.slice(0, readAtMost));
    };
    const timer = setTimeout(end, readWithinMs);
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => {
      text += chunk;
      if (text.length >= readAtMost) end();
    });
    response.on('end', end).on('error', end).on('close', end);
  });
}
