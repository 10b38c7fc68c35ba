/** Every failed request is answered as `{code, message, hint}` from the one table. */
import { randomBytes } from 'node:crypto';
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { limits } from '../doors/limits.ts';
import { access } from './access.ts';

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = errorOf(error, request);
  if (known.status === 401) reply.header('www-authenticate', 'Bearer');
  if (known.code === 'LOGINS_BUSY') reply.header('retry-after', 3);
  if (known.code === 'TOO_MANY_REQUESTS' && !reply.hasHeader('retry-after')) reply.header('retry-after', 2);
  const { code, message, hint, faults, why } = known;
  request.refusedAs = code;
  const status = ofFiles.has((error as FastifyError).statusCode ?? 0) ? (error as FastifyError).statusCode : undefined;
  // amtool shows nothing of an answer that an Alertmanager would not give: 400 with a text is one.
  if (isTool(request))
    return reply
      .status(400)
      .type('application/json')
      .send(JSON.stringify(`${message} ${hint}`));
  const send = () =>
    reply.status(status ?? known.status).send({
      ...{ code, message, hint },
      ...(faults.length > 0 ? { faults } : {}),
      ...(why.length > 0 ? { why } : {}),
    });
  if (code !== 'TOO_LARGE') return send();
  void drained(request.raw).then(send);
  return reply;
}

/** It has no name of its own there: that of its library. */
const isTool = ({ url, headers }: FastifyRequest) =>
  url.startsWith('/api/v2/') && /^(?:Go-http-client|amtool)\//.test(headers['user-agent'] ?? '');

/** As people and scripts get it; what failed inside is in the log. */
export const errorOf = (error: unknown, request: FastifyRequest): EvenkeelError =>
  error instanceof EvenkeelError ? error : (translate(error as FastifyError, request) ?? hide(error, request));

/**
 * Reads on, and keeps nothing: many clients send all before they read, and would meet a broken connection instead of the
 * answer. Resolves at the end of the body, or where it is too much or takes too long.
 */
function drained(raw: IncomingMessage): Promise<void> {
  let left: number = limits.http.drained;
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, limits.http.drain);
    raw.on('data', (piece: Buffer) => {
      left -= piece.length;
      if (left < 0) done();
    });
    raw.once('end', done).once('close', done).resume();
  });
}

/** A condition or a range that a file does not have: browsers know them by these numbers. */
const ofFiles = new Set([412, 416]);

export function answerNothingHere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
  const { method } = request;
  const allowed = isPageAsked(path, method) ? ['GET'] : methodsAt(path);
  if (allowed.length === 0) return answerError(fail('NO_SUCH_ROUTE', { method, path }), request, reply);
  // With this method there is a route, which the pages of the web app at any path keep from being refused for its length.
  if (allowed.includes(method)) return answerError(tooLongPart(), request, reply);
  reply.header('allow', allowed.join(', '));
  return answerError(fail('METHOD_NOT_ALLOWED', { method, path, allowed: allowed.join(', ') }), request, reply);
}

/** Where no page and no file of the web app is: a wrong address there must be answered as JSON. */
export const notOfPages = /^\/(api|metrics|healthz|readyz|openapi|install|packages|mqtt)(\/|\.|$|\?)/;

const routes = Object.keys(access)
  .filter((key) => !key.endsWith('*'))
  .map((key) => {
    const [method = '', pattern = ''] = key.split(' ');
    const parts = pattern.split('/').map((part) => (part.startsWith(':') ? '[^/]+' : RegExp.escape(part)));
    return { method, path: new RegExp(`^${parts.join('/')}$`) };
  });

const methodsAt = (path: string) => [
  ...new Set(routes.filter((route) => route.path.test(path)).map(({ method }) => method)),
];

/** Pages and files of the web app are at any other path; which of these there are is not looked up for a method that none of them takes. */
const isPageAsked = (path: string, method: string) =>
  path.startsWith('/') && !notOfPages.test(path) && method !== 'GET' && method !== 'HEAD';

/** An address that no route can be looked up by: none of our hooks has run. */
export function answerUnrouted(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff');
  answerError(error, request, reply);
}

/** What node answers by itself, without a word, unless somebody listens. */
export function answerUnexpected(server: Server): void {
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    const problem = `Expect: ${headers.expect?.slice(0, 100)} is not fulfilled here; send the request without it`;
    const { type, body } = refusalOf(problem);
    const kind = { 'content-type': type, 'content-length': body.length, 'x-content-type-options': 'nosniff' };
    response.writeHead(417, { ...kind, connection: 'close' }).end(body);
  });
  server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy());
    answerAndClose(socket, 405, 'this is no proxy, so it takes no CONNECT');
  });
}

/** Bytes that are no HTTP request: there is no route and no reply object, only the connection, which is closed. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // What TLS did not agree on cannot be answered: the answer would wait for the handshake, for ever.
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  answerAndClose(socket, unreadable[error.code ?? ''] ?? 400, error.message.slice(0, 200));
}

function refusalOf(problem: string) {
  const { code, message, hint } = fail('BAD_REQUEST', { problem });
  return {
    type: 'application/json; charset=utf-8',
    body: Buffer.from(JSON.stringify({ code, message, hint }), 'utf8'),
  };
}

function answerAndClose(socket: Socket, status: number, problem: string): void {
  const { type, body } = refusalOf(problem);
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: ${type}\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`,
  );
  socket.write(body);
  // Without waiting for the other side to close, which it may never do.
  socket.destroySoon();
}

const unreadable: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

const tooLongPart = () =>
  fail('BAD_REQUEST', { problem: `a part of the address has more than ${limits.http.parameter} characters` });

/** Faults of the request that fastify found before our own code ran. */
function translate(error: FastifyError, request: FastifyRequest): EvenkeelError | undefined {
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') {
    const limit = request.routeOptions.bodyLimit ?? limits.http.body;
    // Sent in chunks it has no length beforehand.
    return fail('TOO_LARGE', { size: request.headers['content-length'] ?? `more than ${limit}`, limit });
  }
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    const type = (request.headers['content-type'] ?? '').slice(0, 100);
    const { method, url = '' } = request.routeOptions;
    return fail('UNREAD_TYPE', { type: type === '' ? 'unknown' : `"${type}"`, method: String(method), path: url });
  }
  if (error.code === 'FST_ERR_BAD_URL') {
    const path = JSON.stringify(request.raw.url?.slice(0, 100));
    return fail('BAD_REQUEST', {
      problem: `the address ${path} cannot be read: it is no path, or has a % without two digits of UTF-8; write a percent sign as %25`,
    });
  }
  if (error.code === 'FST_ERR_MAX_PARAM_LENGTH') return tooLongPart();
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? fail('BAD_REQUEST', { problem: error.message.slice(0, 300) }) : undefined;
}

/** Internal errors are for the log; the caller gets a reference to them. */
function hide(error: unknown, request: FastifyRequest): EvenkeelError {
  const reference = randomBytes(4).toString('hex');
  request.log.error({ err: error, reference, route: request.routeOptions.url }, 'A request failed');
  return fail('INTERNAL', { reference }, error);
}
