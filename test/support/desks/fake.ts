/**
 * A ticket desk of a vendor on a free port of loopback: it keeps what it is sent, refuses what its documentation refuses, records
 * every call, and fails when it is told to.
 */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeCall {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  /** Parsed JSON; null: none. */
  body: Record<string, unknown> | null;
}

export interface FakeAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** As a test looks at it. */
export interface FakeTicket {
  id: string;
  title: string;
  /** All of its text. */
  text: string;
  isOpen: boolean;
  assignee: string | null;
  comments: { by: string; text: string; isPublic: boolean }[];
}

export interface FakeVendor {
  kind: string;
  /** @param call one that was made with the right credentials or not: that is judged here, too */
  answer(call: FakeCall, base: string): FakeAnswer;
  isCreate(call: FakeCall): boolean;
  /** Whether it changes a ticket that is there. */
  isChange(call: FakeCall): boolean;
  /** Settings of a desk there; `<user>`: our user who is `<name>` there. */
  settings(url: string): Record<string, unknown>;
  /** A person there, and another one. */
  people: readonly [string, string];
  hidesInternal: boolean;
  tickets(): FakeTicket[];
  /** What people there do. */
  close(id: string): void;
  reopen(id: string): void;
  say(id: string, text: string, isPublic?: boolean): void;
  assign(id: string, to: string | null): void;
  remove(id: string): void;
  /** A message about it, signed as the vendor signs; none: it sends none. */
  hook?(id: string, secret: string): { headers: Record<string, string>; body: string };
}

/** What becomes of one call. `lost`: it is done, and nobody hears of it. `hang`: the same, and the connection stays. */
export type FakeFault =
  | { when: 'create' | 'change' | 'any'; answer: 'lost' | 'hang' }
  | { when: 'create' | 'change' | 'any'; answer: FakeAnswer };

export type FakeDesk = Awaited<ReturnType<typeof serveDesk>>;

export async function serveDesk(vendor: FakeVendor) {
  const calls: FakeCall[] = [];
  /** Each is used once, by the first call that it fits. */
  const faults: FakeFault[] = [];
  const held = new Set<ServerResponse>();
  let isDown = false;
  let onCreate: (() => void) | undefined;
  const server = createServer((request, response) => {
    if (isDown) request.socket.destroy();
    else
      read(request).then(
        (call) => reply(call, response),
        () => request.socket.destroy(),
      );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  function reply(call: FakeCall, response: ServerResponse): void {
    calls.push(call);
    const at = faults.findIndex(
      ({ when }) =>
        when === 'any' || (when === 'create' && vendor.isCreate(call)) || (when === 'change' && vendor.isChange(call)),
    );
    const fault = at < 0 ? undefined : faults.splice(at, 1)[0];
    if (fault && typeof fault.answer === 'object') {
      send(response, fault.answer);
      return;
    }
    const answer = vendor.answer(call, url);
    if (vendor.isCreate(call) && answer.status < 300) onCreate?.();
    if (fault?.answer === 'lost') response.socket?.destroy();
    else if (fault?.answer === 'hang') held.add(response);
    else send(response, answer);
  }

  return {
    ...{ vendor, calls, faults, url },
    /** Creates that were asked for. */
    creates: () => calls.filter(vendor.isCreate).length,
    writes: () => calls.filter(({ method }) => method !== 'GET').length,
    setDown: (down: boolean) => {
      isDown = down;
    },
    /** Before the answer of a create is sent. */
    onCreate: (listener: (() => void) | undefined) => {
      onCreate = listener;
    },
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

function send(response: ServerResponse, { status, body, headers = {} }: FakeAnswer): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers }).end(text);
}

async function read(request: IncomingMessage): Promise<FakeCall> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://desk');
  const text = Buffer.concat(parts).toString('utf8');
  return {
    ...{ method: request.method ?? '', path: pathname, query: searchParams, headers: request.headers },
    body: text === '' ? null : (JSON.parse(text) as Record<string, unknown>),
  };
}

/** Times that rise with each use, however fast: vendors order by them. */
export function ticking(): () => Date {
  let last = 0;
  return () => {
    last = Math.max(last + 1000, Date.now());
    return new Date(last);
  };
}
