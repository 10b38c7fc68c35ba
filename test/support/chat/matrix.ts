/** A Matrix homeserver in the forms of the client-server API v3: sync with tokens, sends once per transaction id, faults when told. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const matrixToken = 'syt_secret';
type MatrixFault = {
  path: RegExp;
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  hang?: true;
  after?: true;
};

export async function serveMatrix({ rooms = ['!ops:test'] }: { rooms?: string[] } = {}) {
  const events: Record<string, unknown>[] = [];
  const sent = new Map<string, Record<string, unknown>>();
  const calls: { method: string; path: string; query: URLSearchParams }[] = [];
  const faults: MatrixFault[] = [];
  const joined = new Set<string>();
  const waiting = new Set<() => void>();
  const held = new Set<ServerResponse>();
  let ids = 0;

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => request.socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = new URL(request.url ?? '/', url);
    const path = decodeURIComponent(target.pathname).replace('/_matrix/client/v3/', '');
    let text = '';
    for await (const part of request) text += String(part);
    calls.push({ method: request.method ?? '', path, query: target.searchParams });
    const say = (what: unknown, status = 200, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(what));
    };
    if (request.headers.authorization !== `Bearer ${matrixToken}`)
      return say({ errcode: 'M_UNKNOWN_TOKEN', error: 'Unknown token' }, 401);
    const at = faults.findIndex((one) => one.path.test(path));
    const [fault] = at < 0 ? [] : faults.splice(at, 1);
    if (fault && !fault.after) {
      if (fault.hang) return void held.add(response);
      return say(fault.body ?? { errcode: 'M_UNKNOWN' }, fault.status, fault.headers);
    }
    if (path === 'account/whoami') return say({ user_id: '@keel:test' });
    if (path === 'joined_rooms') return say({ joined_rooms: [...joined] });
    if (path.startsWith('join/')) {
      joined.add(path.slice('join/'.length));
      return say({ room_id: path.slice('join/'.length) });
    }
    if (path === 'sync') return sync(target.searchParams, say, response);
    const [, room, transaction] = /^rooms\/(.+)\/send\/m\.room\.message\/(.+)$/.exec(path) ?? [];
    if (room === undefined || transaction === undefined) return say({ errcode: 'M_UNRECOGNIZED' }, 404);
    if (!sent.has(transaction)) sent.set(transaction, { room, ...(JSON.parse(text) as object) });
    if (fault?.after) return say(fault.body ?? { errcode: 'M_UNKNOWN' }, fault.status, fault.headers);
    say({ event_id: `$sent-${transaction}` });
  }

  async function sync(query: URLSearchParams, say: (what: unknown, status?: number) => void, response: ServerResponse) {
    const since = query.get('since');
    if (since !== null && !/^s\d+$/.test(since)) return say({ errcode: 'M_UNKNOWN', error: 'Invalid token' }, 400);
    const from = since === null ? 0 : Number(since.slice(1));
    if (since !== null && from >= events.length && invitesOf().length === 0)
      await new Promise<void>((done) => {
        waiting.add(done);
        response.on('close', done);
        setTimeout(done, Math.min(2000, Number(query.get('timeout')))).unref();
      });
    const news = events.slice(from);
    const join: Record<string, unknown> = {};
    for (const room of joined)
      join[room] = { timeline: { events: news.filter((one) => one.room_id === room), limited: false } };
    const invite = Object.fromEntries(invitesOf().map((room) => [room, { invite_state: { events: [] } }]));
    say({ next_batch: `s${events.length}`, rooms: { join, invite } });
  }
  const invitesOf = () => rooms.filter((room) => !joined.has(room));

  function put(sender: string, content: object, type = 'm.room.message', room = rooms[0] as string): string {
    const event_id = `$e${++ids}`;
    events.push({ event_id, sender, type, room_id: room, origin_server_ts: Date.now(), content });
    for (const done of waiting) done();
    waiting.clear();
    return event_id;
  }

  return {
    ...{ url, calls, faults, joined, put },
    say: (sender: string, body: string, more: object = {}, room?: string) =>
      put(sender, { msgtype: 'm.text', body, ...more }, 'm.room.message', room),
    sent: () => [...sent.values()],
    said: () => [...sent.values()].map(({ body }) => String(body)),
    async close() {
      for (const one of held) one.destroy();
      for (const done of waiting) done();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
