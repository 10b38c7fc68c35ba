/** Real receivers on free loopback ports: an HTTP server for webhooks and a small SMTP server. */
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import type { Notification } from '../../../collector/notify/channel.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';

/** Channels may connect to receivers of tests. */
export const loopback = createOutgoing(['127.0.0.0/8']);

export interface Received {
  /** ms UTC. */
  at: number;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = [status: number, headers?: Record<string, string>, body?: string];

/** @param answer the status of the n-th request (from 0), or null to say nothing at all; headers and a text beside it */
export async function openReceiver(answer: (n: number, path: string, got: Received) => Answer | null) {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void parts.push(chunk));
    request.on('end', () => {
      // What is encrypted is no text.
      const isText = request.headers['content-encoding'] === undefined;
      const body = Buffer.concat(parts).toString(isText ? 'utf8' : 'base64');
      const got = { at: Date.now(), path: request.url ?? '', headers: request.headers, body };
      const said = answer(received.length, got.path, got);
      received.push(got);
      if (said) response.writeHead(said[0], said[1]).end(said[2] ?? (said[0] === 204 ? undefined : 'thanks'));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    received,
    url: `http://127.0.0.1:${port}`,
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** @param refuse a code and text instead of 250, by the verb it answers; `silent`: nothing at all, `close`: breaks off */
export async function openMailServer(refuse: Record<string, string> = {}) {
  const mails: { from: string; to: string[]; data: string; user: string | null }[] = [];
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    converse(socket, refuse, mails);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    mails,
    port: (server.address() as AddressInfo).port,
    close,
    [Symbol.asyncDispose]: close,
  };

  async function close(): Promise<void> {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function converse(
  socket: Socket,
  refuse: Record<string, string>,
  mails: { from: string; to: string[]; data: string; user: string | null }[],
): void {
  let mail = { from: '', to: [] as string[], data: '', user: null as string | null };
  let inData = false;
  let buffer = '';
  const say = (line: string) => socket.write(`${line}\r\n`);
  if (refuse.silent !== undefined) return;
  if (refuse.close !== undefined) return void socket.destroy();
  say('220 test ESMTP');
  socket.setEncoding('utf8');
  socket.on('data', (chunk) => {
    buffer += chunk;
    for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
      const line = buffer.slice(0, end);
      buffer = buffer.slice(end + 2);
      if (inData) {
        if (line === '.') {
          inData = false;
          mails.push(mail);
          say('250 taken');
          mail = { from: '', to: [], data: '', user: mail.user };
        } else mail.data += `${line.replace(/^\.\./, '.')}\n`;
        continue;
      }
      const verb = (/^[A-Za-z]+/.exec(line)?.[0] ?? '').toUpperCase();
      if (refuse[verb]) say(refuse[verb]);
      else if (verb === 'EHLO') say('250-test\r\n250-AUTH PLAIN\r\n250 8BITMIME');
      else if (verb === 'AUTH') {
        mail.user = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString('utf8');
        say('235 welcome');
      } else if (verb === 'MAIL') {
        mail.from = line;
        say('250 ok');
      } else if (verb === 'RCPT') {
        mail.to.push(line);
        say('250 ok');
      } else if (verb === 'DATA') {
        inData = true;
        say('354 go on');
      } else if (verb === 'QUIT') socket.end('221 bye\r\n');
      else say('250 ok');
    }
  });
}

export const notification: Notification = {
  id: 'n1',
  event: 'firing',
  key: 'srv/disk-space/path=/var',
  rule: { id: 'disk-space' },
  severity: 'critical',
  members: null,
  endpoint: { id: 'srv', name: 'web-1', kind: 'server', site: 'Köln' },
  metric: 'disk.used_percent',
  tags: { path: '/var', device: '/dev/sdb1' },
  value: 96.24,
  threshold: 95,
  unit: 'percent',
  startedAt: Date.parse('2026-01-05T10:00:00Z'),
  endedAt: null,
  why: null,
  ticket: 7,
  url: 'https://ek.example/tickets/7',
};
