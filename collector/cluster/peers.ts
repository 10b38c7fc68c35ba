/**
 * The port where the other collectors reach this one: for messages that go to the leader, and for pages that another was asked for.
 * Who comes shows this collector's secret, and sees its certificate; both stand in the database, new with each start.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { type IncomingMessage, type RequestOptions, request as requestPlain, type ServerResponse } from 'node:http';
import { Agent, createServer, request as requestTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { leafMs, makeCertificate, makeKey, rootMs, timesFrom } from '../tls/certificates.ts';
import type { Leader } from './holdings.ts';
import type { ClusterMember } from './leases.ts';

export interface Peers {
  /** What the others need to come here. */
  known: Pick<ClusterMember, 'address' | 'certificate' | 'secret'>;
  /** A connection for messages to the leader of another. */
  connect(leader: Leader): WebSocket;
  /** A request to whoever leads: over the network, or on this machine. */
  request(leader: Leader, options: RequestOptions): ReturnType<typeof requestPlain>;
  close(): Promise<void>;
}

export interface PeerParts {
  /** Where to listen, and what the others are told: host and port. */
  host: string;
  port: number;
  /** By which the others reach it; null: `host`. */
  name: string | null;
  instance: string;
  now: number;
  /** Port of the leader's web server on this machine; null while the leader is elsewhere. */
  leaderPort(): number | null;
  /** Another collector passes messages on. */
  onRelay(socket: WebSocket, instance: string): void;
  log: Log;
}

const secretHeader = 'x-evenkeel-secret';
const instanceHeader = 'x-evenkeel-instance';
/** Frames of messages, four of the largest together. */
const maxPayload = 8 * 1024 * 1024;
const connectionsAtMost = 500;
/** Of headers, ms. */
const headMs = 10_000;
/** Requests to one collector at a time; the others wait. */
const requestsAtMost = 128;

const digest = (text: string) => createHash('sha256').update(text).digest();

/** @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED, TLS_NOT_MADE */
export async function openPeers(parts: PeerParts): Promise<Peers> {
  const { log } = parts;
  const [rootKey, key, secret] = [makeKey(), makeKey(), randomBytes(32).toString('hex')];
  const times = (lifeMs: number) => timesFrom(parts.now, lifeMs);
  const certificate = await makeCertificate({
    what: 'root',
    name: 'Evenkeel collectors',
    key: rootKey,
    ...times(rootMs),
  });
  const cert = await makeCertificate({
    ...{ what: 'leaf', names: ['collector'], key, issuer: certificate, issuerKey: rootKey },
    // As long as the process may live.
    ...times(Math.max(leafMs, rootMs)),
  });
  const right = digest(secret);
  const isPeer = ({ headers }: IncomingMessage) => timingSafeEqual(digest(String(headers[secretHeader] ?? '')), right);

  const server = createServer({ cert, key, minVersion: 'TLSv1.3' }, (asked, answer) => {
    if (!isPeer(asked)) return refuse(answer, 'none');
    const port = parts.leaderPort();
    if (port === null) return refuse(answer, 'none');
    const { [secretHeader]: _, ...headers } = asked.headers;
    const request = requestPlain({ ...leaderAt(port), method: asked.method, path: asked.url, headers });
    pipe(asked, answer, request, { log, onBroken: (isSent) => refuse(answer, isSent ? 'cut' : 'none') });
  });
  server.headersTimeout = headMs;
  server.maxConnections = connectionsAtMost;
  const sockets = new WebSocketServer({ noServer: true, maxPayload, perMessageDeflate: false });
  server.on('upgrade', (asked, socket, head) => {
    socket.on('error', () => socket.destroy());
    const instance = asked.headers[instanceHeader];
    if (!isPeer(asked) || typeof instance !== 'string') return socket.destroy();
    sockets.handleUpgrade(asked, socket as Socket, head, (opened) => parts.onRelay(opened, instance));
  });
  server.on('tlsClientError', (thrown) =>
    log.debug({ reason: reasonOf(thrown) }, 'Somebody came to the port of collectors'),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (thrown: NodeJS.ErrnoException) => {
      const values = { address: `${parts.host}:${parts.port}`, option: 'cluster.listen', reason: reasonOf(thrown) };
      reject(fail(thrown.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_REFUSED', values, thrown));
    });
    server.listen(parts.port, parts.host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const agents = new Map<string, Agent>();
  /** What was said of one run of a collector holds for that run alone. */
  function agentFor({ instance, certificate: ca }: ClusterMember): Agent {
    const known = agents.get(instance);
    if (known) return known;
    for (const old of agents.values()) old.destroy();
    agents.clear();
    const agent = new Agent({ keepAlive: true, maxSockets: requestsAtMost, ...trusting(ca) });
    agents.set(instance, agent);
    return agent;
  }

  return {
    known: { address: `${inUrl(parts.name ?? parts.host)}:${port}`, certificate, secret },
    connect({ member }) {
      const headers = { [secretHeader]: member.secret, [instanceHeader]: parts.instance };
      const { certificate: ca } = member;
      const options = { headers, maxPayload, handshakeTimeout: 5000, perMessageDeflate: false, ...trusting(ca) };
      return new WebSocket(`wss://${member.address}/relay`, options);
    },
    request({ member, isMine }, options) {
      const here = isMine ? parts.leaderPort() : null;
      if (here !== null) return requestPlain({ ...options, ...leaderAt(here) });
      const url = new URL(`https://${member.address}`);
      return requestTls({
        ...options,
        ...{ host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port, ...trusting(member.certificate) },
        // A connection that stood idle may be closed just now, and what was sent on it is not known to have come.
        agent: isReading(options.method) && agentFor(member),
        headers: { ...options.headers, [secretHeader]: member.secret } as NodeJS.Dict<string>,
      });
    },
    close() {
      for (const agent of agents.values()) agent.destroy();
      for (const socket of sockets.clients) socket.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** That certificate alone, by whatever name it is reached. */
const trusting = (ca: string) => ({ ca, checkServerIdentity: () => undefined, minVersion: 'TLSv1.3' as const });
const leaderAt = (port: number) => ({ host: '127.0.0.1', port, agent: false as const });
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

/** Whether asking twice does no harm. */
export const isReading = (method: string | undefined): boolean => method === 'GET' || method === 'HEAD';

/** What another collector answers in place of its leader: it has none, or that did not answer what it was sent. */
const leaderHeader = 'x-evenkeel-leader';

function refuse(answer: ServerResponse, leader: 'none' | 'cut'): void {
  answer.writeHead(leader === 'none' ? 503 : 502, { connection: 'close', [leaderHeader]: leader }).end();
}

interface PipeParts {
  log: Log;
  /** There is no answer, and nothing was said yet. @param isSent the request may have been read */
  onBroken(isSent: boolean): void;
}

/** The answer of another server becomes ours, as it comes. */
export function pipe(
  asked: IncomingMessage,
  answer: ServerResponse,
  request: ReturnType<typeof requestPlain>,
  { log, onBroken }: PipeParts,
): void {
  let isSent = false;
  request.on('socket', (socket) => {
    if (request.reusedSocket) isSent = true;
    else
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        isSent = true;
      });
  });
  request.on('response', (given) => {
    const { [leaderHeader]: refused } = given.headers;
    if (refused !== undefined) {
      given.resume();
      return onBroken(refused === 'cut');
    }
    answer.writeHead(given.statusCode ?? 502, given.headers);
    answer.flushHeaders();
    given.on('error', () => answer.destroy());
    given.pipe(answer);
  });
  request.on('error', (thrown) => {
    log.debug({ reason: reasonOf(thrown) }, 'The leader did not answer a request');
    if (answer.headersSent) answer.destroy();
    else onBroken(isSent);
  });
  answer.on('close', () => request.destroy());
  asked.on('error', () => request.destroy());
  asked.pipe(request);
}
