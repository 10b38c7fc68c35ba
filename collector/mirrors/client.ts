/** One request to a receiver: a connection that is kept, a deadline, no redirects, and what an answer means. */
import http from 'node:http';
import https from 'node:https';
import { reasonOf } from '../../shared/errors.ts';
import { createOutgoing, isNotAllowed } from '../../shared/outgoing.ts';
import { withoutSecrets } from '../../shared/secrets.ts';

/** `content`: it has read the request and refuses some of it. `large`: a smaller one may fit. `away`: all else; only another try helps. */
export type MirrorRefusal = 'content' | 'large' | 'away';

export class MirrorError extends Error {
  readonly kind: MirrorRefusal;
  /** When the receiver says to come again, ms; null: it does not say. */
  readonly waitMs: number | null;
  constructor(kind: MirrorRefusal, message: string, waitMs: number | null = null, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
    this.waitMs = waitMs;
  }
}

export interface MirrorClient {
  /** Resolves when the receiver has taken it. @throws MirrorError */
  send(body: Buffer): Promise<void>;
  close(): void;
}

/** The beginning of an answer is enough, and it may have no end. */
const readAtMost = 4096;
const longestWaitMs = 300_000;

export function createMirrorClient(
  target: URL,
  headers: Readonly<Record<string, string>>,
  deadlineMs: number,
): MirrorClient {
  const { Agent, request } = target.protocol === 'https:' ? https : http;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  // Whoever writes it into the settings of the collector means it; where clouds hand out credentials stays closed.
  const { check, lookup } = createOutgoing([target.hostname.replace(/^\[|\]$/g, '')]);
  const ask = (body: Buffer) =>
    new Promise<{ status: number; text: string; location: string | undefined; retryAfter: string | undefined }>(
      (resolve, reject) => {
        check(target.hostname);
        const signal = AbortSignal.timeout(deadlineMs);
        const sent = { ...headers, 'content-length': String(body.length) };
        const asked = request(target, { method: 'POST', headers: sent, agent, lookup, signal }, (response) => {
          const { statusCode: status = 0 } = response;
          // The text of a success is not needed.
          if (status < 300) resolve({ status, text: '', location: undefined, retryAfter: undefined });
          let text = '';
          response.setEncoding('utf8');
          response.on('data', (chunk: string) => {
            text = (text + chunk).slice(0, readAtMost);
          });
          response.on('error', reject);
          response.on('end', () => {
            const { location, 'retry-after': retryAfter } = response.headers;
            resolve({ status, text, location, retryAfter });
          });
        });
        asked.on('error', reject);
        asked.end(body);
      },
    );

  return {
    async send(body) {
      const { status, text, location, retryAfter } = await ask(body).catch((thrown: unknown) => {
        throw new MirrorError('away', awayReason(thrown, deadlineMs), null, thrown);
      });
      if (status >= 200 && status < 300) return;
      throw refusalOf(status, text, location, retryAfter);
    },
    close: () => agent.destroy(),
  };
}

function refusalOf(status: number, text: string, location?: string, retryAfter?: string): MirrorError {
  const said = withoutSecrets(text).replace(/\s+/g, ' ').trim().slice(0, 300);
  const reason = `HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  if (status === 413) return new MirrorError('large', reason);
  if (status === 400 || status === 409 || status === 422) return new MirrorError('content', reason);
  if (status >= 300 && status < 400)
    return new MirrorError('away', `it redirects to ${location ?? 'nowhere'}; write the address it means into \`url\``);
  if (status === 401 || status === 403)
    return new MirrorError(
      'away',
      `it refuses the log-in (${reason}); check token_file, or username and password_file`,
    );
  if (status === 404 || status === 405)
    return new MirrorError('away', `there is nothing at this address that takes samples (${reason}); check \`url\``);
  return new MirrorError('away', reason, waitIn(retryAfter));
}

function waitIn(header: string | undefined): number | null {
  const seconds = Number(header);
  return header !== undefined && Number.isFinite(seconds) ? Math.min(longestWaitMs, Math.max(0, seconds * 1000)) : null;
}

function awayReason(thrown: unknown, deadlineMs: number): string {
  if (isNotAllowed(thrown)) return `${thrown.message} ${thrown.hint}`;
  const { name, code } = thrown as { name?: string; code?: string };
  if (name === 'AbortError' || name === 'TimeoutError') return `no answer within ${deadlineMs / 1000} s`;
  if (code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'it does not speak TLS; see whether it is http';
  return reasonOf(thrown);
}
