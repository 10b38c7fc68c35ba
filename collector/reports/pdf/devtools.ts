/** The DevTools protocol over two pipes: requests with an answer each, and events. Only what a PDF needs. */
import { reasonOf } from '../../../shared/errors.ts';
import type { BrowserProcess } from './browser.ts';

type Params = Record<string, unknown>;
interface DevToolsMessage {
  id?: number;
  method?: string;
  params?: Params;
  result?: Params;
  error?: { message: string };
}

export interface DevTools {
  /** @throws Error with what the browser refused, or said when it ended */
  send(method: string, params?: Params): Promise<Params>;
  /** Commands after it go to this page. */
  use(session: string): void;
  on(method: string, listener: (params: Params) => void): void;
}

/** A page of a report is a few hundred kB; what is longer than this comes from no browser of ours. */
const longest = 64 * 1024 * 1024;

export function devTools({ input, output, ended }: Pick<BrowserProcess, 'input' | 'output' | 'ended'>): DevTools {
  const waiting = new Map<number, { resolve(result: Params): void; reject(error: Error): void }>();
  const listeners = new Map<string, (params: Params) => void>();
  let session: string | undefined;
  let last = 0;
  let rest: Buffer[] = [];
  let size = 0;
  let closed: Error | null = null;

  function fail(error: Error): void {
    closed ??= error;
    for (const { reject } of waiting.values()) reject(closed);
    waiting.clear();
  }
  void ended.then((said) => fail(new Error(`the browser ended: ${said || 'without a word'}`)));

  function take(text: string): void {
    const { id, method, params = {}, result = {}, error } = JSON.parse(text) as DevToolsMessage;
    if (id === undefined) {
      listeners.get(method ?? '')?.(params);
      return;
    }
    const one = waiting.get(id);
    waiting.delete(id);
    if (error) one?.reject(new Error(error.message));
    else one?.resolve(result);
  }

  output.on('data', (chunk: Buffer) => {
    for (let from = 0; ; ) {
      const end = chunk.indexOf(0, from);
      rest.push(chunk.subarray(from, end === -1 ? undefined : end));
      if (end === -1) break;
      const text = Buffer.concat(rest).toString('utf8');
      rest = [];
      size = -end - 1;
      from = end + 1;
      try {
        take(text);
      } catch (thrown) {
        fail(new Error(`the browser gave an answer that is not understood: ${reasonOf(thrown)}`));
      }
    }
    size += chunk.length;
    if (size > longest) fail(new Error('the browser answered with too much'));
  });

  return {
    send(method, params = {}) {
      if (closed) return Promise.reject(closed);
      const id = ++last;
      const message = { id, method, params, ...(session === undefined ? {} : { sessionId: session }) };
      input.write(`${JSON.stringify(message)}\0`);
      return new Promise((resolve, reject) => void waiting.set(id, { resolve, reject }));
    },
    use(id) {
      session = id;
    },
    on: (method, listener) => void listeners.set(method, listener),
  };
}
