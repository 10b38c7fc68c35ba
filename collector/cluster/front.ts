/**
 * The web server of every collector: whatever it is asked for, the leader answers, and this one hands it through. So people,
 * machines that join and a load balancer may come to any of them.
 */
import {
  createServer as createPlain,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createTls, type Server as TlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Clock } from '../../shared/clock.ts';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { createGate } from '../doors/gate.ts';
import { limits } from '../doors/limits.ts';
import type { ShownTls } from '../tls/serving.ts';
import type { Holdings, Leader } from './holdings.ts';
import { answerUnanswered, type Unanswered } from './no-leader.ts';
import { isReading, type Peers, pipe } from './peers.ts';

export interface FrontParts {
  host: string;
  port: number;
  tls: ShownTls;
  /** Whether what a proxy at this address says of its client is believed. */
  isTrusted(address: string): boolean;
  holdings: Pick<Holdings, 'leader' | 'onLeader'>;
  peers: Pick<Peers, 'request'>;
  /** Of this collector alone, for Prometheus. */
  metrics: { contentType: string; metrics(): Promise<string> };
  /** Whether a token opens them. */
  mayRead(secret: string): Promise<boolean>;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  log: Log;
}

/** Of one connection alone [RFC 9110, 7.6.1], or said by us. */
const notPassedOn = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'];
/** `/metrics` is that of the leader. */
const metricsPath = '/metrics/collector';
const own = /^x-evenkeel-(secret|instance)$/;

/** @returns the port. @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED */
export async function openFront(parts: FrontParts): Promise<{ port: number; close(): Promise<void> }> {
  const { http } = limits;
  const shown = parts.tls.current();
  const patience = { headersTimeout: http.headers, requestTimeout: http.request, keepAliveTimeout: http.keepAlive };
  const gate = createGate({ rules: http.gate, monotonic: parts.clock.monotonic, onClosed: () => undefined });
  const underWay = new Map<ReturnType<Peers['request']>, Leader>();
  /** Since when no leader answers, ms UTC; null while one does. */
  let goneAt: number | null = null;
  const tell = (asked: IncomingMessage, answer: ServerResponse, code: Unanswered) => {
    goneAt ??= parts.clock.now();
    answerUnanswered(asked, answer, code, { since: goneAt, now: parts.clock.now(), zone: parts.zone });
  };
  const handle = (asked: IncomingMessage, answer: ServerResponse) => {
    if (asked.method === 'GET' && asked.url === metricsPath) return void answerMetrics(asked, answer, parts);
    const leader = parts.holdings.leader();
    if (!leader) return tell(asked, answer, 'NO_LEADER');
    const { method, url: path } = asked;
    const request = parts.peers.request(leader, { method, path, headers: headersOf(asked, parts, shown !== null) });
    underWay.set(request, leader);
    request.once('close', () => underWay.delete(request));
    let isBroken = false;
    pipe(asked, answer, request, {
      log: parts.log,
      onBroken(isSent) {
        isBroken = true;
        tell(asked, answer, isSent && !isReading(method) ? 'CHANGE_UNKNOWN' : 'NO_LEADER');
      },
    });
    request.once('response', ({ statusCode = 500 }) => {
      if (isBroken) return;
      goneAt = null;
      const { cookie, authorization } = asked.headers;
      if (statusCode < 400 && (cookie ?? authorization) !== undefined) gate.known(asked.socket);
    });
  };
  // A leader that stands still answers nobody, and its streams stay open: whoever waits is to ask the next one.
  const stopFollowing = parts.holdings.onLeader((next) => {
    goneAt = next === null ? (goneAt ?? parts.clock.now()) : goneAt;
    for (const [request, { token }] of underWay)
      if (token !== next?.token) request.destroy(new Error('the leader is at another collector'));
  });
  const server = shown
    ? createTls(
        { cert: shown.cert, key: shown.key, minVersion: 'TLSv1.2', handshakeTimeout: http.handshake, ...patience },
        handle,
      )
    : createPlain(patience, handle);
  parts.tls.onChange(({ cert, key }) => (server as TlsServer).setSecureContext({ cert, key, minVersion: 'TLSv1.2' }));
  server.on('connection', (socket: Socket) => void gate.enter(socket));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const values = { address: `${parts.host}:${parts.port}`, option: '--http-port', reason: reasonOf(thrown) };
      reject(fail(thrown.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_REFUSED', values, thrown));
    });
    server.listen(parts.port, parts.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      stopFollowing();
      gate.closeAll();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** What this collector does, whoever leads: its own part of the work is known nowhere else. */
async function answerMetrics(asked: IncomingMessage, answer: ServerResponse, { metrics, mayRead, log }: FrontParts) {
  try {
    const secret = /^Bearer +([\w.~+/=-]{1,200})$/i.exec(asked.headers.authorization ?? '')?.[1];
    if (secret === undefined || !(await mayRead(secret))) {
      const { message, hint } = fail('NOT_LOGGED_IN', {});
      answer.writeHead(401, { 'content-type': 'application/json; charset=utf-8', 'www-authenticate': 'Bearer' });
      return answer.end(JSON.stringify({ code: 'NOT_LOGGED_IN', message, hint }));
    }
    const text = await metrics.metrics();
    return answer.writeHead(200, { 'content-type': metrics.contentType, 'cache-control': 'no-store' }).end(text);
  } catch (thrown) {
    log.warn({ reason: reasonOf(thrown) }, 'Could not answer Prometheus');
    return answer.writeHead(503, { 'cache-control': 'no-store' }).end();
  }
}

function headersOf({ headers, socket }: IncomingMessage, { isTrusted }: FrontParts, isEncrypted: boolean) {
  const given = Object.entries(headers).filter(([name]) => !notPassedOn.includes(name) && !own.test(name));
  const passed: IncomingHttpHeaders = Object.fromEntries(given);
  const address = socket.remoteAddress ?? '';
  const isFromProxy = isTrusted(address);
  const before = isFromProxy ? headers['x-forwarded-for'] : undefined;
  passed['x-forwarded-for'] = before === undefined ? address : `${before}, ${address}`;
  if (!isFromProxy) {
    passed['x-forwarded-proto'] = isEncrypted ? 'https' : 'http';
    delete passed['x-forwarded-host'];
    delete passed.forwarded;
  }
  return passed as NodeJS.Dict<string | string[]>;
}
