/** Every failed request is answered as `{code, message, hint}` from the one table. */
import { randomBytes } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import { EvenkeelError, fail } from '../../shared/errors.ts';
import { limits } from '../doors/limits.ts';
import { access } from './access.ts';

export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known =
    error instanceof EvenkeelError ? error : (translate(error as FastifyError, request) ?? hide(error, request));
  if (known.status === 401) reply.header('www-authenticate', 'Bearer');
  if (known.code === 'LOGINS_BUSY') reply.header('retry-after', 3);
  if (known.code === 'TOO_MANY_REQUESTS' && !reply.hasHeader('retry-after')) reply.header('retry-after', 2);
  const { code, message, hint, faults } = known;
  request.refusedAs = code;
  const send = () => reply.status(known.status).send({ code, message, hint, ...(faults.length > 0 ? { faults } : {}) });
  if (code !== 'TOO_LARGE') return send();
  void drained(request.raw).then(send);
  return reply;
}

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

export function answerNothingHere(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]?.slice(0, 200) ?? '';
  const { method } = request;
  const allowed = methodsAt(path);
  if (allowed.length === 0) return answerError(fail('NO_SUCH_ROUTE', { method, path }), request, reply);
  reply.header('allow', allowed.join(', '));
  return answerError(fail('METHOD_NOT_ALLOWED', { method, path, allowed: allowed.join(', ') }), request, reply);
}

/** Pages of the web app are at any path, and are no answer to another method. */
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

/** Bytes that are no HTTP request: there is no route and no reply object, only the connection, which is closed. */
export function answerUnreadable(error: Error & { code?: string }, socket: Socket): void {
  // What TLS did not agree on cannot be answered: the answer would wait for the handshake, for ever.
  if (!/^(HPE|ERR_HTTP)_/.test(error.code ?? '') || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = unreadable[error.code ?? ''] ?? 400;
  const { code, message, hint } = fail('BAD_REQUEST', { problem: error.message.slice(0, 200) });
  const body = Buffer.from(JSON.stringify({ code, message, hint }), 'utf8');
  socket.write(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `X-Content-Type-Options: nosniff\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
  );
  // Without waiting for the other side to close, which it may never do.
  socket.destroySoon();
}

const unreadable: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

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
  const status = error.statusCode ?? 500;
  return status >= 400 && status < 500 ? fail('BAD_REQUEST', { problem: error.message.slice(0, 300) }) : undefined;
}

/** Internal errors are for the log; the caller gets a reference to them. */
function hide(error: unknown, request: FastifyRequest): EvenkeelError {
  const reference = randomBytes(4).toString('hex');
  request.log.error({ err: error, reference, route: request.routeOptions.url }, 'A request failed');
  return fail('INTERNAL', { reference }, error);
}
