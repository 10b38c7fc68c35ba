/** A website or an interface over HTTP: status, words, the time of each phase, and how long its certificate is good. */
import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { settingOf, statusRanges, type TargetSettings } from '../target.ts';
import { connect, secure, type TargetConnection } from './connect.ts';
import { msSince, type TargetContext, type TargetKind, TargetProblem } from './kind.ts';

/** Of an answer in which words are looked for; an endless one is not read further. */
const bodyAtMost = 1024 * 1024;
const redirects = new Set([301, 302, 303, 307, 308]);

export const http: TargetKind = {
  kind: 'http',
  async check(settings: TargetSettings, context: TargetContext) {
    const first = new URL(String(settings.url));
    const most = settingOf<number>('http', settings, 'redirects') ?? 0;
    let url = first;
    for (let hop = 0; ; hop++) {
      const answer = await ask(url, url.origin === first.origin ? settings : withoutLogin(settings), context);
      const { location } = answer.message.headers;
      if (most === 0 || location === undefined || !redirects.has(answer.status))
        return judge(answer, settings, context);
      answer.socket.destroy();
      if (hop >= most) throw new TargetProblem('too_many_redirects', `more than ${most} redirects`, answer);
      const next = URL.parse(location, url);
      if (!next || !['http:', 'https:'].includes(next.protocol))
        throw new TargetProblem('broken', 'a redirect to an address that is none of HTTP', answer);
      url = next;
    }
  },
};

/** A login is for the address it was given for, not for wherever that leads. */
const withoutLogin = ({ user: _, password: __, ...rest }: TargetSettings): TargetSettings => rest;

interface HttpAnswer {
  socket: Socket;
  message: IncomingMessage;
  status: number;
  fields: Record<string, number>;
  startedAt: number;
}

async function ask(url: URL, settings: TargetSettings, context: TargetContext): Promise<HttpAnswer> {
  const startedAt = context.monotonic();
  const isSecure = url.protocol === 'https:';
  const port = Number(url.port || (isSecure ? 443 : 80));
  const connected = await connect(url.hostname, port, context);
  const { dnsMs, connectMs } = connected;
  const fields: Record<string, number> = { dns_ms: dnsMs, connect_ms: connectMs };
  const socket = isSecure ? await secured(url, connected, settings, context, fields) : connected.socket;
  const sentAt = context.monotonic();
  const message = await send(url, socket, settings, context);
  fields.first_byte_ms = msSince(context, sentAt);
  fields.status_code = message.statusCode ?? 0;
  return { socket, message, status: message.statusCode ?? 0, fields, startedAt };
}

async function secured(
  url: URL,
  connected: TargetConnection,
  settings: TargetSettings,
  context: TargetContext,
  fields: Record<string, number>,
): Promise<Socket> {
  const verify = settingOf<boolean>('http', settings, 'verify') ?? true;
  const { socket, tlsMs, daysLeft } = await secure(connected, url.hostname, { verify, now: Date.now() }, context);
  fields.tls_ms = tlsMs;
  if (daysLeft !== null) fields.days_left = daysLeft;
  return socket;
}

function send(url: URL, socket: Socket, settings: TargetSettings, context: TargetContext): Promise<IncomingMessage> {
  const { user, password = '' } = settings;
  const login = user ? `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` : undefined;
  return new Promise((resolve, reject) => {
    const asking = request({
      method: 'GET',
      // Of the connection that was judged: there is no second one.
      createConnection: () => socket,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': 'evenkeel',
        accept: '*/*',
        'accept-encoding': 'identity',
        connection: 'close',
        ...(login === undefined ? {} : { authorization: login }),
      },
      signal: context.signal,
    });
    asking.once('response', resolve);
    asking.once('error', reject);
    asking.end();
  });
}

async function judge(answer: HttpAnswer, settings: TargetSettings, context: TargetContext) {
  const { socket, message, status, fields, startedAt } = answer;
  try {
    const allowed = statusRanges(settingOf<string>('http', settings, 'status') ?? '200-299') ?? [];
    const problem = (result: 'wrong_status' | 'words_missing' | 'words_present', detail: string) =>
      new TargetProblem(result, detail, { fields: { ...fields, total_ms: msSince(context, startedAt) } });
    if (!allowed.some(([low, high]) => status >= low && status <= high))
      throw problem('wrong_status', `it answered ${status}`);
    const contains = settingOf<string>('http', settings, 'contains');
    const absent = settingOf<string>('http', settings, 'absent');
    if (contains === undefined && absent === undefined) return { fields };
    const text = await textOf(message);
    if (contains !== undefined && !text.includes(contains))
      throw problem('words_missing', `"${contains}" is not there`);
    if (absent !== undefined && text.includes(absent)) throw problem('words_present', `"${absent}" is there`);
    return { fields };
  } finally {
    socket.destroy();
  }
}

async function textOf(message: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size >= bodyAtMost) break;
  }
  return Buffer.concat(chunks).subarray(0, bodyAtMost).toString('utf8');
}
