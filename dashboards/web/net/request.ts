/** Calls of the REST interface. Every failure is a Problem with a code, so that pages have a text for it. */
import { baseHeader, versionHeader } from '../../../shared/base.ts';
import type { ErrorCode, PlacedFault } from '../../../shared/errors.ts';
import type { Reason } from '../../../shared/reason.ts';

export class Problem extends Error {
  readonly code: ErrorCode | 'NO_CONNECTION' | 'BAD_ANSWER';
  readonly status: number;
  readonly hint: string;
  /** Where in what was sent the faults lie. */
  readonly faults: readonly PlacedFault[];
  /** What the message says of the cause, in the present language where it has words for that. */
  readonly detail: () => string;

  constructor(
    code: Problem['code'],
    status: number,
    message: string,
    hint: string,
    faults: readonly PlacedFault[] = [],
    detail = () => message,
  ) {
    super(message);
    this.name = 'Problem';
    this.code = code;
    this.status = status;
    this.hint = hint;
    this.faults = faults;
    this.detail = detail;
  }
}

/** How soon what could not be read is read again. */
export const retryMs = 2000;
/** Nobody answers, or nobody yet: what is read is read again by itself. */
export const isAway = ({ code }: Problem): boolean => code === 'NO_CONNECTION' || code === 'NO_LEADER';
/** Of several collectors another answers by then; a change that certainly was not done is sent again until then. */
const takeOverMs = 20_000;
const slowMs = 300;
/** A connection that was cut gives no answer, and no error either. The slowest test of a desk takes three times 15 s. */
const changeWithinMs = 45_000;

interface ErrorShape {
  code: ErrorCode;
  message: string;
  hint: string;
  faults?: readonly PlacedFault[];
  why?: readonly Reason[];
}

function isErrorShape(body: unknown): body is ErrorShape {
  if (typeof body !== 'object' || body === null) return false;
  const { code, message, hint } = body as Record<string, unknown>;
  return typeof code === 'string' && typeof message === 'string' && typeof hint === 'string';
}

/** Puts reasons into sentences, once these are here; set once by the shell. */
let sentences: (() => Promise<(why: readonly Reason[]) => string>) | null = null;
export function onReasons(load: NonNullable<typeof sentences>): void {
  sentences = load;
}

/** In the language of the page. The sentences are here before the error is shown; what the collector said itself where they cannot be fetched. */
async function problemIn({ code, message, hint, faults = [], why = [] }: ErrorShape, status: number): Promise<Problem> {
  const isWorded = why.length > 0 || faults.some((fault) => fault.why);
  const format = isWorded && sentences ? await sentences().catch(() => null) : null;
  if (format === null) return new Problem(code, status, message, hint, faults);
  const worded = faults.map((fault) => (fault.why ? { ...fault, problem: format([fault.why]) } : fault));
  return new Problem(code, status, message, hint, worded, () => (why.length > 0 ? format([...why]) : message));
}

async function problemOf(response: Response): Promise<Problem> {
  const body: unknown = await response.json().catch(() => null);
  if (isErrorShape(body)) return problemIn(body, response.status);
  // A proxy in front of a collector that does not answer, as while it starts again.
  const code = [502, 503, 504].includes(response.status) ? 'NO_CONNECTION' : 'BAD_ANSWER';
  return new Problem(code, response.status, `HTTP ${response.status}`, '');
}

/** What happens when the session has ended; set once by the shell. */
let loggedOut = () => {};
export function onLoggedOut(listener: () => void): void {
  loggedOut = listener;
}

/** Asks for the password again and says whether it was right; set once by the shell. */
let confirmed = async () => false;
export function onConfirm(ask: () => Promise<boolean>): void {
  confirmed = ask;
}

/** The last answers, for reading on without a connection: in memory only, and only while their reader is logged in. */
const answers = new Map<string, { at: number; body: unknown }>();
const mostAnswers = 50;
export const lastAnswer = (address: string) => answers.get(address);
export const forgetAnswers = (): void => answers.clear();

function keepAnswer(address: string, body: unknown): void {
  answers.delete(address);
  answers.set(address, { at: Date.now(), body });
  for (const oldest of answers.keys()) {
    if (answers.size <= mostAnswers) return;
    answers.delete(oldest);
  }
}

/** How far the collector was when the page read an address, by address without its query. */
const versions = new Map<string, string>();

/** The state of a document on which a form builds; a change that carries it is refused where another one came between. */
export interface Base {
  version: string | null;
  /** After such a refusal: what the form may show, and then build on. */
  newer: string | null;
}
export const baseOf = (address: string): Base => ({ version: versions.get(address) ?? null, newer: null });

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  /** Sent as it is, in place of a body. */
  file?: Blob;
  signal?: AbortSignal;
  base?: Base;
}

/**
 * Calls `/api/v1/<address>` and gives the JSON of the answer (undefined for an empty one).
 * Throws Problem; an aborted call throws the abort itself.
 */
export async function call<T>(address: string, options: CallOptions = {}): Promise<T> {
  const isChange = (options.method ?? 'GET') !== 'GET';
  // What was pressed says that it waits, where that takes longer than a blink.
  const pressed = isChange ? document.activeElement : null;
  const busy = (is: boolean) => pressed?.setAttribute('aria-busy', `${is}`);
  const slow = setTimeout(busy, slowMs, true);
  try {
    return await callUntilLed(address, options, isChange);
  } finally {
    clearTimeout(slow);
    busy(false);
  }
}

async function callUntilLed<T>(address: string, options: CallOptions, isChange: boolean): Promise<T> {
  for (const end = performance.now() + takeOverMs; ; ) {
    try {
      return await callOnce<T>(address, options);
    } catch (thrown) {
      const mayWait = isChange && performance.now() < end && !options.signal?.aborted;
      if (!mayWait || !(thrown instanceof Problem) || thrown.code !== 'NO_LEADER') throw thrown;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  }
}

async function callOnce<T>(address: string, options: CallOptions): Promise<T> {
  const { method = 'GET', body, file, signal, base } = options;
  const headers: Record<string, string> = { accept: 'application/json' };
  if (base?.version) headers[baseHeader] = base.version;
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (body !== undefined) {
    headers['content-type'] = 'application/json';
    init.body = JSON.stringify(body);
  }
  if (file) {
    headers['content-type'] = 'application/octet-stream';
    init.body = file;
  }
  // A file takes as long as the line is slow.
  if (method !== 'GET' && !file) init.signal = AbortSignal.timeout(changeWithinMs);
  if (signal) init.signal = signal;
  let response: Response;
  try {
    response = await fetch(`/api/v1/${address}`, init);
  } catch (thrown) {
    if (signal?.aborted) throw thrown;
    throw new Problem('NO_CONNECTION', 0, String(thrown), '');
  }
  const version = response.headers.get(versionHeader);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (base && problem.code === 'CHANGED_SINCE') base.newer = version;
    if (problem.code === 'NOT_LOGGED_IN') loggedOut();
    if (problem.code === 'CONFIRM_PASSWORD' && (await confirmed())) return callOnce(address, options);
    throw problem;
  }
  if (version !== null && method === 'GET') versions.set(address.split('?', 1)[0] as string, version);
  if (version !== null && base) base.version = version;
  if (response.status === 204) return undefined as T;
  const answer = (await response.json()) as T;
  if (method === 'GET') keepAnswer(address, answer);
  return answer;
}

/** A file with the name that the collector gives it. @param address under `/api/v1/`. @throws Problem */
export async function fetchFile(address: string): Promise<{ name: string; content: Blob }> {
  const response = await fetch(`/api/v1/${address}`, { credentials: 'same-origin' }).catch((thrown: unknown) => {
    throw new Problem('NO_CONNECTION', 0, String(thrown), '');
  });
  if (!response.ok) throw await problemOf(response);
  const name = /filename="([\w.-]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
  return { name: name ?? 'evenkeel', content: await response.blob() };
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

/** All items of a list, page by page. */
export async function readAll<T>(address: string): Promise<T[]> {
  const items: T[] = [];
  let next: string | null = null;
  do {
    const cursor: string = next === null ? '' : `${address.includes('?') ? '&' : '?'}page=${encodeURIComponent(next)}`;
    const page: Page<T> = await call<Page<T>>(`${address}${cursor}`);
    items.push(...page.items);
    next = page.next;
  } while (next !== null);
  return items;
}
