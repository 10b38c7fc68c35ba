/** A connection whose address was judged, with the time of each phase. */
import { isIP, type Socket, connect as tcpConnect } from 'node:net';
import { type TLSSocket, connect as tlsConnect } from 'node:tls';
import { msSince, type TargetContext, TargetProblem } from './kind.ts';

export interface TargetConnection {
  socket: Socket;
  /** 0 where an address was given. */
  dnsMs: number;
  connectMs: number;
}

/** A host of a URL: `[::1]` is ::1. */
export const bareHost = (host: string) => host.replace(/^\[|\]$/g, '');

/** Resolves once it is connected; ends with the signal. */
export function connect(host: string, port: number, context: TargetContext): Promise<TargetConnection> {
  const { outgoing, signal, monotonic } = context;
  // An address is not looked up, so the connection would not ask.
  outgoing.check(host);
  return new Promise((resolve, reject) => {
    const startedAt = monotonic();
    let foundAt = startedAt;
    const socket = tcpConnect({ host: bareHost(host), port, lookup: outgoing.lookup, signal });
    socket.on('lookup', () => {
      foundAt = monotonic();
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // What the peer does from here on is met by whoever reads; nothing may end the process.
      socket.on('error', () => {});
      signal.addEventListener('abort', () => socket.destroy());
      const dnsMs = Math.round((foundAt - startedAt) * 100) / 100;
      resolve({ socket, dnsMs, connectMs: msSince(context, foundAt) });
    });
  });
}

export interface Secured {
  socket: TLSSocket;
  tlsMs: number;
  /** Until the certificate ends; negative: since. */
  daysLeft: number | null;
}

/** @throws TargetProblem bad_certificate, before anything was sent through it */
export function secure(
  { socket }: TargetConnection,
  host: string,
  { verify, now }: { verify: boolean; now: number },
  context: TargetContext,
): Promise<Secured> {
  const startedAt = context.monotonic();
  const name = bareHost(host);
  return new Promise((resolve, reject) => {
    const servername = isIP(name) === 0 ? { servername: name } : {};
    // Judged below: a certificate that is bad has an end that people want to know.
    const secured = tlsConnect({ socket, ...servername, host: name, rejectUnauthorized: false });
    secured.once('error', reject);
    secured.once('secureConnect', () => {
      secured.off('error', reject);
      secured.on('error', () => {});
      const tlsMs = msSince(context, startedAt);
      const { valid_to: ends } = secured.getPeerCertificate();
      const daysLeft = ends ? Math.floor(((Date.parse(ends) - now) / 86_400_000) * 10) / 10 : null;
      if (!verify || secured.authorized) return resolve({ socket: secured, tlsMs, daysLeft });
      secured.destroy();
      const fields = { tls_ms: tlsMs, ...(daysLeft === null ? {} : { days_left: daysLeft }) };
      const why = String(secured.authorizationError);
      reject(new TargetProblem('bad_certificate', why, { fields }));
    });
  });
}
