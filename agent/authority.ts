/**
 * The authority of a collector, by its pins: its certificates are fetched from whoever answers, and only those whose public key has
 * one of the pins are kept. From then on they are all that is trusted, by the usual verification.
 */
import { createHash, X509Certificate } from 'node:crypto';
import type { ClientRequest } from 'node:http';
import { request } from 'node:https';
import { isIP } from 'node:net';
import { connect, TLSSocket } from 'node:tls';
import { fail, reasonOf } from '../shared/errors.ts';
import { escaped } from '../shared/safe-text.ts';
import { pageInstead, proxyFault, throughProxy } from './proxy.ts';
import type { ShownCertificate } from './tls-refusal.ts';

const longestAnswer = 64 * 1024;
const mostCertificates = 10;

export const pinOf = (certificate: X509Certificate): string =>
  createHash('sha256')
    .update(certificate.publicKey.export({ type: 'spki', format: 'der' }))
    .digest('base64');

export interface Authority {
  /** PEM, those with a pin. */
  roots: string[];
  /** Of all that the collector names. */
  shown: string[];
}

/** What is trusted afterwards. @throws EvenkeelError PIN_MISMATCH, COLLECTOR_UNREACHABLE */
export async function fetchAuthority(url: string, pins: readonly string[], timeoutMs: number): Promise<Authority> {
  const unreachable = (reason: string, cause?: unknown) => fail('COLLECTOR_UNREACHABLE', { url, reason }, cause);
  const { text, key } = await ask(`${url}/api/v1/ca`, timeoutMs).catch((thrown: unknown) => {
    throw unreachable(proxyFault(url, thrown) ?? reasonOf(thrown), thrown);
  });
  const certificates = certificatesIn(text);
  const roots = certificates.filter((one) => one.ca && pins.includes(pinOf(one)));
  // Whoever stands between may answer with anything; then its own key is what can be named.
  const shown = certificates.length > 0 ? certificates.map(pinOf) : key === null ? [] : [key];
  if (roots.length === 0) {
    if (/^\s*</.test(text)) throw unreachable(pageInstead);
    throw fail('PIN_MISMATCH', { url, shown: shown.join(', ') || 'none', known: pins.join(', ') });
  }
  return { roots: roots.map(String), shown };
}

/**
 * What is shown there, for a message: nobody is verified. It goes the way of what was refused, through a proxy where that did.
 * Null: nothing is shown.
 * @param ca PEM, of what is trusted
 */
export function lookAt(url: string, timeoutMs: number, ca = ''): Promise<ShownCertificate | null> {
  return new Promise((resolve) => {
    const way = url.startsWith('mqtts:') ? straightTo(url) : byRequest(url.replace(/^wss:/, 'https:'));
    const timer = setTimeout(() => end(null), timeoutMs);
    const end = (shown: ShownCertificate | null) => {
      clearTimeout(timer);
      way.destroy();
      resolve(shown);
    };
    const look = (socket: TLSSocket) => {
      const shown = socket.getPeerX509Certificate?.();
      if (!shown) return end(null);
      const issuer = escaped(shown.issuer.replaceAll('\n', ', ')).slice(0, 200);
      const isKnown = ca === '' ? null : certificatesIn(ca).some((one) => isSignedBy(shown, one));
      end({ issuer, from: shown.validFromDate.getTime(), until: shown.validToDate.getTime(), isKnown });
    };
    way.on('error', () => end(null));
    if (way instanceof TLSSocket) way.on('secureConnect', () => look(way));
    else
      way.on('socket', (socket: TLSSocket) => {
        if (socket.getPeerX509Certificate?.()) look(socket);
        else socket.on('secureConnect', () => look(socket));
      });
  });
}

function straightTo(url: string): TLSSocket {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const name = isIP(host) === 0 ? { servername: host } : {};
  return connect({ host, port: Number(port || 8883), rejectUnauthorized: false, ...name });
}

function byRequest(url: string): ClientRequest {
  const asked = request(url, { agent: throughProxy(url, { rejectUnauthorized: false }), rejectUnauthorized: false });
  asked.end();
  return asked;
}

/** A signature does not ask for the time. */
function isSignedBy(certificate: X509Certificate, by: X509Certificate): boolean {
  try {
    return certificate.checkIssued(by) && certificate.verify(by.publicKey);
  } catch {
    // A key of another kind.
    return false;
  }
}

function certificatesIn(text: string): X509Certificate[] {
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return found.slice(0, mostCertificates).flatMap((pem) => {
    try {
      return [new X509Certificate(pem)];
    } catch {
      return [];
    }
  });
}

/** Nobody is verified here, so nothing secret goes out. */
function ask(url: string, timeoutMs: number): Promise<{ text: string; key: string | null }> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request(
      url,
      { agent: throughProxy(url, { rejectUnauthorized: false }), rejectUnauthorized: false, signal },
      (response) => {
        const shown = (response.socket as TLSSocket).getPeerX509Certificate?.();
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          if (text.length < longestAnswer) text += chunk;
        });
        response.on('end', () => resolve({ text, key: shown ? pinOf(shown) : null }));
        response.on('error', reject);
      },
    );
    asked.on('error', reject);
    asked.end();
  });
}
