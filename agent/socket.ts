/** The socket below the MQTT session: plain, or TLS with the collector's own authority. */
import { connect, isIP, type Socket } from 'node:net';
import type { Credential } from './credential.ts';

/** Begins to connect to `mqtt://` or `mqtts://`; errors come as the socket's events. */
export function openSocket({ url: address, ca }: Credential['mqtt']): Socket {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'mqtts:') return connect({ host, port: Number(url.port || 1883), noDelay: true });
  // Loaded when needed only: 1.6 MB that an agent beside its collector does not use.
  const tls = process.getBuiltinModule('node:tls');
  return tls.connect({
    host,
    port: Number(url.port || 8883),
    // An address has no name to check a certificate by; then the address itself must be in it.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
  });
}
