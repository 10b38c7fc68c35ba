/**
 * Slack's Web API and Socket Mode on a free port of loopback, in the forms of https://docs.slack.dev: it records calls, brings
 * again what was not acknowledged, and fails when it is told to.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export const slackTokens = { app: 'xapp-1-A1-secret', bot: 'xoxb-1-secret' };

export interface SlackCall {
  method: string;
  body: Record<string, unknown>;
}
type SlackFault = { method: string; status?: number; headers?: Record<string, string>; body?: unknown; hang?: true };

export type FakeSlack = Awaited<ReturnType<typeof serveSlack>>;

export async function serveSlack() {
  const calls: SlackCall[] = [];
  /** Each is used once. */
  const faults: SlackFault[] = [];
  const acknowledged: string[] = [];
  const open = new Map<string, object>();
  const held = new Set<ServerResponse>();
  let tickets = 0;
  let envelopes = 0;
  let socket: WebSocket | null = null;
  /** Closes the socket in place of the next acknowledgement's arrival. */
  let isCutBeforeAck = false;
  let connections = 0;

  const server = createServer((request, response) => {
    void answer(request, response).catch(() => request.socket.destroy());
  });
  const sockets = new WebSocketServer({ server, path: '/link' });
  sockets.on('connection', (one) => {
    socket = one;
    connections++;
    one.send(JSON.stringify({ type: 'hello', num_connections: 1, connection_info: { app_id: 'A1' } }));
    // What nobody acknowledged is brought again.
    for (const envelope of open.values()) one.send(JSON.stringify({ ...envelope, retry_attempt: 1 }));
    one.on('message', (data) => {
      const { envelope_id: id } = JSON.parse(String(data)) as { envelope_id: string };
      if (isCutBeforeAck) {
        isCutBeforeAck = false;
        one.terminate();
        return;
      }
      acknowledged.push(id);
      open.delete(id);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const part of request) text += String(part);
    const method = (request.url ?? '').replace(/^\/api\//, '').replace(/^\//, '');
    const body = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    calls.push({ method, body });
    const say = (what: unknown, status = 200, headers: Record<string, string> = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(what));
    };
    const at = faults.findIndex((one) => one.method === method);
    const [fault] = at < 0 ? [] : faults.splice(at, 1);
    if (fault?.hang) return void held.add(response);
    if (fault) return say(fault.body ?? { ok: false, error: 'fatal_error' }, fault.status ?? 200, fault.headers);
    const token = request.headers.authorization;
    if (method.startsWith('respond/')) return say({ ok: true });
    const wanted = method === 'apps.connections.open' ? slackTokens.app : slackTokens.bot;
    if (token !== `Bearer ${wanted}`) return say({ ok: false, error: 'invalid_auth' });
    if (method === 'apps.connections.open')
      return say({ ok: true, url: `ws://127.0.0.1:${port}/link?ticket=${++tickets}` });
    if (method === 'auth.test') return say({ ok: true, user: 'keel', team: 'Test', user_id: 'UKEEL' });
    if (method === 'chat.postMessage' || method === 'chat.postEphemeral') {
      if (typeof body.channel !== 'string' || typeof body.text !== 'string')
        return say({ ok: false, error: 'invalid_arguments' });
      return say({ ok: true, ts: `${Date.now() / 1000}` });
    }
    say({ ok: false, error: 'unknown_method' });
  }

  function send(type: string, payload: object): string {
    const envelope_id = `e-${++envelopes}`;
    const envelope = { type, envelope_id, payload, accepts_response_payload: type !== 'events_api' };
    open.set(envelope_id, envelope);
    socket?.send(JSON.stringify(envelope));
    return envelope_id;
  }
  const stamp = () => `${Math.floor(Date.now() / 1000)}.${String(++envelopes).padStart(6, '0')}`;

  return {
    ...{ url, calls, faults, acknowledged },
    connections: () => connections,
    isOpen: () => socket !== null && socket.readyState === socket.OPEN,
    /** Somebody mentions the bot in a channel. */
    mention(user: string, text: string, more: Record<string, unknown> = {}) {
      const ts = stamp();
      const event = {
        type: 'app_mention',
        user,
        text: `<@UKEEL> ${text}`,
        ts,
        event_ts: ts,
        channel: 'C100',
        team: 'T1',
        ...more,
      };
      return send('events_api', { type: 'event_callback', team_id: 'T1', event_id: `Ev${ts}`, event });
    },
    slash(user: string, text: string) {
      const ids = { user_id: user, user_name: user.toLowerCase(), team_id: 'T1', channel_id: 'C100' };
      const response_url = `${url}/respond/${user}`;
      return send('slash_commands', { command: '/keel', text, trigger_id: stamp(), response_url, ...ids });
    },
    press(user: string, value: string) {
      const message = { type: 'message', ts: stamp(), user: 'UKEEL' };
      const action = { type: 'button', action_id: 'keel-acknowledge', block_id: 'b', value, action_ts: stamp() };
      return send('interactive', {
        ...{ type: 'block_actions', user: { id: user, username: user.toLowerCase(), team_id: 'T1' } },
        ...{ team: { id: 'T1' }, channel: { id: 'C100' }, message, actions: [action] },
      });
    },
    /** The same envelope once more, as after a lost acknowledgement. */
    again: (type: string, payload: object) => send(type, payload),
    said: () => calls.flatMap(({ method, body }) => (/^chat\.post|^respond/.test(method) ? [String(body.text)] : [])),
    cutBeforeAck() {
      isCutBeforeAck = true;
    },
    disconnect: (reason: string) => socket?.send(JSON.stringify({ type: 'disconnect', reason, debug_info: {} })),
    drop: () => socket?.terminate(),
    async close() {
      for (const one of held) one.destroy();
      for (const one of sockets.clients) one.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
