/** The sockets in front of the broker: plain on loopback, TLS elsewhere, with limits on unauthenticated connections. */
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { fail, reasonOf } from '../../../shared/errors.ts';
import type { Refuse } from './refusals.ts';

export interface Tls {
  cert: string | Buffer;
  key: string | Buffer;
}

export interface ListenerRules {
  /** Connections in all, and of those not yet authenticated: in all, and from one address. */
  maxConnections: number;
  maxUnknown: number;
  maxUnknownPerAddress: number;
  handshakeMs: number;
}

export interface Listener {
  readonly port: number;
  /** The connection has authenticated: it leaves the limit of unauthenticated ones. */
  known(socket: Socket): void;
  close(): Promise<void>;
}

/** Both the raw and the TLS socket of one connection have these. */
const keyOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;

/**
 * Listens, and passes on each connection within the limits.
 * @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED
 */
export async function openListener(parts: {
  host: string;
  port: number;
  tls?: Tls | undefined;
  rules: ListenerRules;
  refuse: Refuse;
  onConnection(socket: Socket): void;
}): Promise<Listener> {
  const { rules, refuse } = parts;
  const unknown = new Map<string, string>();
  const perAddress = new Map<string, number>();
  const sockets = new Set<Socket>();

  function forget(key: string): void {
    const address = unknown.get(key);
    if (address === undefined) return;
    unknown.delete(key);
    const left = (perAddress.get(address) ?? 1) - 1;
    if (left > 0) perAddress.set(address, left);
    else perAddress.delete(address);
  }

  function meet(socket: Socket): void {
    const address = socket.remoteAddress ?? '?';
    const key = keyOf(socket);
    const waiting = perAddress.get(address) ?? 0;
    if (
      sockets.size >= rules.maxConnections ||
      unknown.size >= rules.maxUnknown ||
      waiting >= rules.maxUnknownPerAddress
    ) {
      refuse(
        'too_many_connections',
        address,
        `too many connections (${sockets.size} open, ${waiting} unknown from there)`,
      );
      socket.destroy();
      return;
    }
    sockets.add(socket);
    unknown.set(key, address);
    perAddress.set(address, waiting + 1);
    socket.once('close', () => {
      sockets.delete(socket);
      forget(key);
    });
  }

  const server: Server = parts.tls
    ? createTls({
        cert: parts.tls.cert,
        key: parts.tls.key,
        minVersion: 'TLSv1.2',
        handshakeTimeout: rules.handshakeMs,
      })
    : createPlain({ noDelay: true });
  server.on('connection', meet);
  server.on(parts.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (!socket.destroyed) parts.onConnection(socket);
  });
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    refuse('tls', socket.remoteAddress ?? '?', `the TLS handshake failed: ${error.message}`);
  });
  await listen(server, parts.host, parts.port);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : parts.port,
    known: (socket) => forget(keyOf(socket)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const values = { address: `${host}:${port}`, option: '--mqtt-port', reason: reasonOf(error) };
      reject(fail(error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'LISTEN_REFUSED', values, error));
    });
    server.listen({ host, port, backlog: 4096 }, () => resolve());
  });
}
