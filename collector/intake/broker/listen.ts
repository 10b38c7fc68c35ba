/** The sockets in front of the broker: plain on loopback, TLS elsewhere, with limits on unauthenticated connections. */
import { createServer as createPlain, type Server, type Socket } from 'node:net';
import { createServer as createTls } from 'node:tls';
import { fail, reasonOf } from '../../../shared/errors.ts';
import { createGate, type GateRules } from '../../doors/gate.ts';
import type { DoorSocket, GuestStream } from '../../doors/web-socket.ts';
import type { Refuse } from './refusals.ts';

export interface Tls {
  cert: string | Buffer;
  key: string | Buffer;
}

export interface ListenerRules {
  gate: GateRules;
  handshake: number;
}

export interface Listener {
  readonly port: number;
  /** The connection has authenticated: it leaves the limit of unauthenticated ones. */
  known(socket: Socket): void;
  /** One that came by another port: from here on like those of this one. */
  take(stream: GuestStream): void;
  close(): Promise<void>;
}

/**
 * Listens, and passes on each connection within the limits.
 * @throws EvenkeelError PORT_IN_USE, LISTEN_REFUSED
 */
export async function openListener(parts: {
  host: string;
  port: number;
  tls?: Tls | undefined;
  rules: ListenerRules;
  monotonic(): number;
  refuse: Refuse;
  /** Takes what is to be called with each later certificate: who is connected stays so. */
  renewals?: ((take: (tls: Tls) => void) => void) | undefined;
  onConnection(socket: Socket): void;
}): Promise<Listener> {
  const { rules, refuse } = parts;
  const gate = createGate({
    ...{ rules: rules.gate, monotonic: parts.monotonic },
    onClosed: (address, why) => refuse('too_many_connections', address, why),
  });
  const secure = parts.tls
    ? createTls({
        cert: parts.tls.cert,
        key: parts.tls.key,
        minVersion: 'TLSv1.2',
        handshakeTimeout: rules.handshake,
      })
    : null;
  parts.renewals?.(({ cert, key }) => secure?.setSecureContext({ cert, key, minVersion: 'TLSv1.2' }));
  const server: Server = secure ?? createPlain({ noDelay: true });
  server.on('connection', gate.enter);
  server.on(parts.tls ? 'secureConnection' : 'connection', (socket: Socket) => {
    if (!socket.destroyed) parts.onConnection(socket);
  });
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    refuse('tls', socket.remoteAddress ?? '?', `the TLS handshake failed: ${error.message}`);
    // After a handshake that was not finished in time nobody else does.
    socket.destroy();
  });
  await listen(server, parts.host, parts.port);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound ? bound.port : parts.port,
    known(socket) {
      gate.known(socket);
      (socket as DoorSocket).known?.();
    },
    take(stream) {
      // It has all that is asked of a socket here, and nowhere else is more.
      if (gate.enter(stream as unknown as Socket)) parts.onConnection(stream as unknown as Socket);
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        gate.closeAll();
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
