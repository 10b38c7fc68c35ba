/** A join code becomes a credential of the machine's own. */
import { arch, hostname, platform } from 'node:os';
import { type ErrorCode, EvenkeelError, errors, fail, reasonOf } from '../shared/errors.ts';
import { decodeJoinCode } from '../shared/join-code.ts';
import { asCredential, type Credential, credentialPath, readCredential, writeCredential } from './credential.ts';
import type { Kind } from './platform/kind.ts';
import { version } from './version.ts';

export interface EnrollOptions {
  data: string;
  code: string;
  /** Instead of the address in the code, when the endpoint reaches the collector by another one. */
  collector?: string;
  name?: string;
  kind: { kind: Kind; why: string };
  timeoutMs?: number;
}

/**
 * Exchanges the code and stores the credential.
 * @throws EvenkeelError ALREADY_ENROLLED, BAD_JOIN_CODE, COLLECTOR_UNREACHABLE, DATA_NOT_WRITABLE, or what the collector answers
 */
export async function enroll(options: EnrollOptions): Promise<Credential> {
  const old = readCredential(options.data);
  if (old)
    throw fail('ALREADY_ENROLLED', { name: old.name, collector: old.collector, path: credentialPath(options.data) });
  const code = decodeJoinCode(options.code);
  const collector = (options.collector ?? code.url).replace(/\/+$/, '');
  const answer = await post(`${collector}/api/v1/enroll`, options.timeoutMs ?? 20_000, {
    code: code.secret,
    hostname: options.name ?? hostname(),
    platform: platform(),
    arch: arch(),
    kind: options.kind.kind,
    kind_why: options.kind.why,
    version,
  });
  const credential = asCredential({
    ...(answer as object),
    collector,
    kind: options.kind.kind,
    kind_why: options.kind.why,
  });
  if (!credential)
    throw fail('COLLECTOR_UNREACHABLE', { url: collector, reason: 'its answer is not that of a collector' });
  writeCredential(options.data, credential);
  return credential;
}

async function post(url: string, timeoutMs: number, body: object): Promise<unknown> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = (await response.text()).slice(0, 100_000);
  } catch (thrown) {
    const cause = (thrown as { cause?: unknown }).cause;
    throw fail('COLLECTOR_UNREACHABLE', { url, reason: cause ? reasonOf(cause) : reasonOf(thrown) }, thrown);
  }
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // A proxy's error page: the status says enough.
  }
  if (response.ok) return answer;
  throw asError(answer) ?? fail('COLLECTOR_UNREACHABLE', { url, reason: `it answered with status ${response.status}` });
}

/** The collector's own words, when it is one of our errors: they name the code's expiry or its uses. */
function asError(answer: unknown): EvenkeelError | null {
  const { code, message, hint } = (answer ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || !Object.hasOwn(errors, code) || typeof message !== 'string') return null;
  const error = new EvenkeelError(code as ErrorCode);
  error.message = message.slice(0, 1000);
  return typeof hint === 'string' ? Object.assign(error, { hint: hint.slice(0, 1000) }) : error;
}
