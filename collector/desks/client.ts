/** One request to a desk: where it may go, a deadline, no redirects, an answer of bounded size, and what it means. */
import http from 'node:http';
import https from 'node:https';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { isNotAllowed } from '../../shared/outgoing.ts';
import { withoutSecrets } from '../../shared/secrets.ts';
import { waitIn } from '../notify/http.ts';
import { oneLine } from '../notify/notification-text.ts';
import { plainReason } from '../notify/plain-reason.ts';
import type { DeskReach } from './desk.ts';

/** The desk says when to come again. */
export class DeskBusy extends EvenkeelError {
  readonly retryAfterMs: number;
  constructor(desk: string, what: string, reason: string, retryAfterMs: number) {
    super('DESK_FAILED', { desk, what, reason });
    this.retryAfterMs = retryAfterMs;
  }
}

export interface RemoteAnswer {
  status: number;
  headers: http.IncomingHttpHeaders;
  /** Parsed JSON; null for anything else. */
  body: unknown;
}

export interface DeskRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  query?: Readonly<Record<string, string | number | undefined>>;
  /** Written as JSON. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Statuses beside success that are for the caller to judge. */
  told?: readonly number[];
  /** For messages: what it is for. */
  what: string;
  signal: AbortSignal;
}

export type DeskClient = (path: string, request: DeskRequest) => Promise<RemoteAnswer>;

/** A page of a hundred long tickets; beyond that it is no answer of a desk. */
const readAtMost = 8 * 1024 * 1024;
const longestWaitMs = 6 * 3_600_000;
const fallbackWaitMs = 60_000;

interface ClientParts {
  desk: string;
  reach: DeskReach;
  /** All paths are below it. */
  url: string;
  headers: Readonly<Record<string, string>>;
  /** A refusal that means "later": ms to wait. Some desks say so with 403. */
  busyIn?(answer: RemoteAnswer): number | null;
}

export function createDeskClient({ desk, reach, url, headers, busyIn }: ClientParts): DeskClient {
  const base = url.replace(/\/+$/, '');
  return async (path, request) => {
    const target = new URL(base + path);
    for (const [key, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) target.searchParams.set(key, String(value));
    const { what } = request;
    // One that stood still leaves it to the next, at the last moment before it is sent.
    if (request.method !== undefined && request.method !== 'GET' && !reach.maySend())
      throw fail('DESK_FAILED', { desk, what, reason: 'another collector does it now' });
    const answer = await askDesk(reach, target, { ...headers, ...request.headers }, request).catch(
      (thrown: unknown) => {
        const reason = plainReason(thrown, target.hostname);
        throw fail(isNotAllowed(thrown) ? 'DESK_REFUSED' : 'DESK_FAILED', { desk, what, reason }, thrown);
      },
    );
    const { status } = answer;
    if ((status >= 200 && status < 300) || request.told?.includes(status)) return answer;
    throw refusalOf(desk, what, answer, busyIn?.(answer) ?? null);
  };
}

function refusalOf(desk: string, what: string, answer: RemoteAnswer, busyMs: number | null): EvenkeelError {
  const { status, headers, body } = answer;
  const said = saidIn(body);
  const reason = said === '' ? `HTTP ${status}` : `HTTP ${status}, ${said}`;
  if (status === 429 || status === 503 || busyMs !== null) {
    const asked = busyMs ?? waitIn(headers['retry-after'], body, Date.now());
    if (asked !== null || status === 429)
      return new DeskBusy(desk, what, reason, Math.min(longestWaitMs, Math.max(1000, asked ?? fallbackWaitMs)));
  }
  if (status === 401 || status === 403) return new EvenkeelError('DESK_DENIED', { desk, what, reason });
  if (status >= 300 && status < 400)
    return new EvenkeelError('DESK_REFUSED', {
      ...{ desk, what },
      reason: `it redirects to ${oneLine(headers.location ?? 'nowhere', 120)}; write the address that it means into \`url\``,
    });
  // Somebody else changed the same ticket: it is read again before the next try.
  const later = status >= 500 || [408, 409, 423, 425].includes(status);
  return new EvenkeelError(later ? 'DESK_FAILED' : 'DESK_REFUSED', { desk, what, reason });
}

/** The first texts of an answer: vendors put the reason in different places. Never what might be a secret. */
function saidIn(body: unknown): string {
  const found: string[] = [];
  const look = (value: unknown, depth: number): void => {
    if (found.length >= 3 || depth > 3) return;
    if (typeof value === 'string' && value.trim() !== '') found.push(value.trim());
    else if (Array.isArray(value)) for (const one of value.slice(0, 5)) look(one, depth + 1);
    else if (typeof value === 'object' && value !== null)
      for (const [key, one] of Object.entries(value)) if (!/url|link|status|id$/i.test(key)) look(one, depth + 1);
  };
  look(body, 0);
  return oneLine(withoutSecrets(found.join('; ')), 200);
}

export function askDesk(
  { outgoing: { check, lookup }, deadlineMs }: DeskReach,
  target: URL,
  headers: Readonly<Record<string, string>>,
  { method = 'GET', body, signal }: DeskRequest,
): Promise<RemoteAnswer> {
  const { request } = target.protocol === 'https:' ? https : http;
  const text = body === undefined ? null : JSON.stringify(body);
  const sent = {
    ...{ accept: 'application/json', 'user-agent': 'evenkeel' },
    ...(text === null ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    ...headers,
  };
  const limit = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
  return new Promise((resolve, reject) => {
    check(target.hostname);
    const options = { method, headers: sent, signal: limit, lookup, agent: false } as const;
    const asked = request(target, options, (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      response.on('data', (part: Buffer) => {
        size += part.length;
        if (size > readAtMost) response.destroy(new Error(`its answer is larger than ${readAtMost} bytes`));
        else parts.push(part);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers },
          body: jsonOf(Buffer.concat(parts).toString('utf8')),
        }),
      );
    });
    asked.on('error', reject);
    asked.end(text ?? undefined);
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What a desk answered, where it must be an object. @throws EvenkeelError DESK_FAILED */
export function objectIn(desk: string, what: string, body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw fail('DESK_FAILED', { desk, what, reason: 'it did not answer in its documented form' });
}

/** @throws EvenkeelError DESK_FAILED */
export function listIn(desk: string, what: string, body: unknown): Record<string, unknown>[] {
  if (Array.isArray(body)) return body.map((one) => objectIn(desk, what, one));
  throw fail('DESK_FAILED', { desk, what, reason: 'it did not answer in its documented form' });
}

export const textIn = (value: unknown): string =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';

/** Rows of a page of a list, the most that GitHub and GitLab give. */
export const perPage = 100;
/** Of each list: a place in which more happens within an hour is looked at again the next time. */
const pagesAtMost = 10;

/** All rows of a list that comes in pages, from the first page on. */
export async function* rowsOf(
  read: (page: number) => Promise<Record<string, unknown>[]>,
): AsyncGenerator<Record<string, unknown>> {
  for (let page = 1; page <= pagesAtMost; page++) {
    const some = await read(page);
    yield* some;
    if (some.length < perPage) return;
  }
}
