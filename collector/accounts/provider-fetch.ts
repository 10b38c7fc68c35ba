/** `fetch` as the library for OpenID Connect calls it, with an authority beside those of the system, and bounded. */
import { Agent as HttpAgent, request as requestPlain } from 'node:http';
import { request as requestTls, Agent as TlsAgent } from 'node:https';
import { getCACertificates } from 'node:tls';

const mostBytes = 1_000_000;

interface ProviderRequest {
  method?: string | undefined;
  headers?: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal | undefined;
}

/** @param ca PEM text; null: the system knows the authority */
export function fetchWith(ca: string | null) {
  const proxyEnv = process.env;
  const agents = {
    'http:': new HttpAgent({ proxyEnv }),
    'https:': new TlsAgent({ proxyEnv, ...(ca === null ? {} : { ca: [...getCACertificates('default'), ca] }) }),
  };
  return (url: string, { method = 'GET', headers = {}, body, signal }: ProviderRequest): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { protocol } = new URL(url);
      const isTls = protocol === 'https:';
      const agent = agents[isTls ? 'https:' : 'http:'];
      const given = { method, headers, agent, ...(signal ? { signal } : {}) };
      const sent = (isTls ? requestTls : requestPlain)(url, given, (answer) => {
        const pieces: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (piece: Buffer) => {
          bytes += piece.length;
          if (bytes > mostBytes) sent.destroy(new Error(`its answer is longer than ${mostBytes} bytes`));
          else pieces.push(piece);
        });
        answer.on('error', reject);
        answer.on('end', () => {
          const { statusCode: status = 502, rawHeaders } = answer;
          const list = new Headers();
          for (let n = 0; n < rawHeaders.length; n += 2) list.append(rawHeaders[n] ?? '', rawHeaders[n + 1] ?? '');
          const isEmpty = [204, 205, 304].includes(status);
          resolve(new Response(isEmpty ? null : Buffer.concat(pieces), { status, headers: list }));
        });
      });
      sent.on('error', reject);
      sent.end(body instanceof URLSearchParams ? body.toString() : (body ?? undefined));
    });
}
