/** A join code becomes a credential of the machine's own. */
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { arch, hostname, platform } from 'node:os';
import type { WaitingAnswer } from '../shared/applicant.ts';
import { checkWordOf } from '../shared/check-word.ts';
import { type ErrorCode, EvenkeelError, errors, fail, reasonOf } from '../shared/errors.ts';
import { decodeJoinCode } from '../shared/join-code.ts';
import { isReadable } from '../shared/loopback.ts';
import { escapedLines } from '../shared/safe-text.ts';
import { fetchAuthority, lookAt } from './authority.ts';
import {
  asCredential,
  type Credential,
  credentialPath,
  type KeptHardware,
  readCredential,
  writeCredential,
} from './credential.ts';
import { english } from './english.ts';
import { attemptFor, forgetAttempt } from './join-attempt.ts';
import type { Guess } from './platform/kind.ts';
import { pageInstead, proxyFault, throughProxy } from './proxy.ts';
import { takeProxyOf } from './proxy-setting.ts';
import { type CertificateRefusal, refusalOf } from './tls-refusal.ts';
import { version } from './version.ts';

export interface EnrollOptions {
  data: string;
  code: string;
  /** Instead of the address in the code, when the endpoint reaches the collector by another one. */
  collector?: string;
  name?: string;
  /** PEM text of the authority behind the collector's certificate, where the system does not know it. */
  ca?: string;
  /** In the place of an old identity, which may be that of another machine. */
  again?: boolean;
  /** The code may be sent without encryption to another machine. */
  insecure?: boolean;
  hardware?: KeptHardware;
  kind: Guess;
  timeoutMs?: number;
}

export type EnrollOutcome =
  | { credential: Credential; looksLike: string[] }
  /** A person has to let it in: the same again later. */
  | { waiting: WaitingAnswer };

/**
 * Exchanges the code and stores the credential, or says that it has to wait.
 * @throws EvenkeelError ALREADY_ENROLLED, BAD_JOIN_CODE, CODE_IN_CLEAR, COLLECTOR_UNREACHABLE, CERTIFICATE_REFUSED, DATA_NOT_WRITABLE, or
 * what the collector answers
 */
export async function enroll(options: EnrollOptions): Promise<EnrollOutcome> {
  takeProxyOf(options.data);
  const old = readCredential(options.data);
  if (old && !options.again)
    throw fail('ALREADY_ENROLLED', { name: old.name, collector: old.collector, path: credentialPath(options.data) });
  const code = decodeJoinCode(options.code);
  const collector = (options.collector ?? code.url).replace(/\/+$/, '');
  if (!/^https?:/.test(collector) || !URL.canParse(collector))
    throw fail('BAD_FLAG', {
      problem: `--collector "${collector}"; it is an address such as https://keel.example.net:7460`,
    });
  if (!options.insecure && isReadable(collector)) throw fail('CODE_IN_CLEAR', { url: collector });
  const timeoutMs = options.timeoutMs ?? 20_000;
  const pinned = code.pins && isEncrypted(collector) ? await fetchAuthority(collector, code.pins, timeoutMs) : null;
  const how = { timeoutMs, ca: pinned?.roots.join('') ?? options.ca, isPinned: pinned !== null };
  const attempt = keptAttempt(options.data, code.secret);
  const answer = await post(`${collector}/api/v1/enroll`, how, {
    code: code.secret,
    attempt,
    hostname: options.name ?? hostname(),
    platform: platform(),
    arch: arch(),
    kind: options.kind.kind,
    kind_why: [options.kind.why],
    version,
    ...proofOf(old, collector),
    ...(options.hardware === undefined ? {} : { fingerprint: options.hardware.print }),
  });
  if ((answer as Partial<WaitingAnswer> | null)?.waiting === true)
    return {
      waiting: { waiting: true, checkWord: checkWordOf(attempt), until: Number((answer as WaitingAnswer).until) },
    };
  const credential = asCredential({
    ...(pinned ? (answer as object) : trusting(answer, options.ca)),
    collector,
    kind: options.kind.kind,
    kind_why: english([options.kind.why]),
    ...(options.hardware && { hardware: options.hardware }),
  });
  if (!credential)
    throw fail('COLLECTOR_UNREACHABLE', { url: collector, reason: 'its answer is not that of a collector' });
  const { looksLike, ...kept } = credential as Credential & { looksLike?: unknown };
  writeCredential(options.data, kept);
  forgetAttempt(options.data);
  return { credential: kept, looksLike: namesIn(looksLike) };
}

/** Whoever still has the credential of an endpoint is that endpoint: no other collector is shown it. */
const proofOf = (old: Credential | null, collector: string) =>
  old?.collector === collector ? { before: { endpoint: old.endpoint, secret: old.secret } } : {};

/** @throws EvenkeelError DATA_NOT_WRITABLE, UNTRUSTED_PATH, before anything is sent */
function keptAttempt(data: string, secret: string): string {
  try {
    return attemptFor(data, secret);
  } catch (thrown) {
    if (thrown instanceof EvenkeelError) throw thrown;
    throw fail('DATA_NOT_WRITABLE', { path: data, reason: reasonOf(thrown) }, thrown);
  }
}

const isEncrypted = (url: string) => url.startsWith('https:');

/** Names of endpoints that the collector takes for this same machine. */
function namesIn(looksLike: unknown): string[] {
  const list = Array.isArray(looksLike) ? (looksLike as { name?: unknown; likeness?: unknown }[]) : [];
  return list.flatMap(({ name, likeness }) =>
    typeof name === 'string' && likeness !== 'copy' ? name.slice(0, 128) : [],
  );
}

/** What was trusted at enrolment is trusted by every later run, beside what the collector names itself. */
function trusting(answer: unknown, ca: string | undefined): object {
  const settings = answer as { mqtt?: { url?: unknown; ca?: string } } | null;
  if (ca === undefined || !settings?.mqtt) return settings ?? {};
  return { ...settings, mqtt: { ...settings.mqtt, ca: [ca, settings.mqtt.ca ?? ''].join('\n') } };
}

export interface How {
  timeoutMs: number;
  ca: string | undefined;
  /** It has the pin of the join code. */
  isPinned: boolean;
}

const unreachable = (url: string, reason: string, cause?: unknown) =>
  fail('COLLECTOR_UNREACHABLE', { url, reason }, cause);

const longestAnswer = 100_000;

export async function post(url: string, how: How, body: object): Promise<unknown> {
  const { status, text } = await send(url, how, JSON.stringify(body)).catch(async (thrown: unknown) => {
    const refused = await asRefused(url, how, thrown);
    throw refused ?? unreachable(url, proxyFault(url, thrown) ?? reasonOf(thrown), thrown);
  });
  let answer: unknown = null;
  try {
    answer = JSON.parse(text);
  } catch {
    // A proxy's error page: the status is enough.
  }
  if (answer === null && /^\s*</.test(text)) throw unreachable(url, pageInstead);
  if (status >= 200 && status < 300) return answer;
  throw asError(answer) ?? fail('COLLECTOR_UNREACHABLE', { url, reason: `it answered with status ${status}` });
}

/**
 * By Node's own client: `fetch` cannot be given an additional authority. Redirects are not followed: the code is a
 * secret.
 */
function send(url: string, { timeoutMs, ca }: How, body: string): Promise<{ status: number; text: string }> {
  const options: RequestOptions & { ca?: string } = {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    signal: AbortSignal.timeout(timeoutMs),
    agent: throughProxy(url, { ca }),
  };
  return new Promise((resolve, reject) => {
    const take = (response: IncomingMessage) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        if (text.length < longestAnswer) text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', reject);
    };
    const request = url.startsWith('https:') ? httpsRequest(url, options, take) : httpRequest(url, options, take);
    request.on('error', reject);
    request.end(body);
  });
}

/** A certificate that is not accepted. Null for any other failure. */
async function asRefused(
  url: string,
  { ca, isPinned, timeoutMs }: How,
  thrown: unknown,
): Promise<EvenkeelError | null> {
  const about = { url, now: Date.now(), isPinned, ca };
  if (refusalOf(thrown, about) === null) return null;
  const { reason, todo } = refusalOf(thrown, {
    ...about,
    shown: await lookAt(url, timeoutMs, ca),
  }) as CertificateRefusal;
  return fail('CERTIFICATE_REFUSED', { url, reason, todo }, thrown);
}

/** The collector's own message, when it is one of our errors: it names the code's expiry or its uses. */
function asError(answer: unknown): EvenkeelError | null {
  const { code, message, hint } = (answer ?? {}) as Record<string, unknown>;
  if (typeof code !== 'string' || !Object.hasOwn(errors, code) || typeof message !== 'string') return null;
  const error = new EvenkeelError(code as ErrorCode);
  error.message = escapedLines(message.slice(0, 1000));
  return typeof hint === 'string' ? Object.assign(error, { hint: escapedLines(hint.slice(0, 1000)) }) : error;
}
