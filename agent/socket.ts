/** The socket below the MQTT session: plain, or TLS with the collector's own authority. */
import { connect, isIP, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { isGoodAt } from './clock-floor.ts';
import type { Credential } from './credential.ts';

export type Trusting = Pick<Credential, 'mqtt' | 'trust'>;

/** For every encrypted connection to this collector: what it is verified by; nothing where the system's authorities are. */
export function authoritiesOf({ mqtt: { ca }, trust }: Trusting): { ca?: string | string[] } {
  if (ca === undefined) return {};
  if (trust?.mode !== 'both') return { ca };
  return { ca: [...process.getBuiltinModule('node:tls').getCACertificates('default'), ca] };
}

/**
 * Begins to connect to `mqtt://` or `mqtts://`; errors come as the socket's events.
 * @param byHandAt the clock of this machine is behind: the certificate is looked at as of then
 */
export function openSocket(credential: Trusting, byHandAt: number | null = null): Socket {
  const url = new URL(credential.mqtt.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'mqtts:') return connect({ host, port: Number(url.port || 1883), noDelay: true });
  // Loaded when needed only: 1.6 MB that an agent beside its collector does not use.
  const tls = process.getBuiltinModule('node:tls');
  const socket = tls.connect({
    host,
    port: Number(url.port || 8883),
    // An address has no name to check a certificate by; then the address itself must be in it.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...authoritiesOf(credential),
    ...(byHandAt === null ? {} : { rejectUnauthorized: false }),
  });
  if (byHandAt !== null) lookByHand(socket, host, credential.mqtt.ca, byHandAt);
  return socket;
}

/** Before anything of the session goes out: Node hands it on only after this event. */
function lookByHand(socket: TLSSocket, host: string, ca: string | undefined, at: number): void {
  const refused = Object.assign(new Error('certificate is not yet valid'), { code: 'CERT_NOT_YET_VALID' });
  socket.prependOnceListener('secureConnect', () => {
    if (!socket.authorized && !isGoodAt(socket, host, certificatesIn(ca ?? ''), at)) socket.destroy(refused);
  });
}

export const certificatesIn = (pem: string): string[] =>
  pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
