/**
 * The proxy on the way to the collector, for what goes by HTTPS: of the environment (HTTPS_PROXY, NO_PROXY), or `proxy` of
 * agent.settings.json, which sudo and services keep. The pin holds inside the tunnel. Passwords are never shown.
 */
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';

/** A connection of its own for each request, through the proxy where there is one. */
export const throughProxy = (
  url: string,
  more: { ca?: string | string[] | undefined; rejectUnauthorized?: boolean } = {},
) => {
  const options = { proxyEnv: process.env, keepAlive: false };
  if (!url.startsWith('https:')) return new HttpAgent(options);
  const { ca, ...rest } = more;
  return new HttpsAgent({ ...options, ...rest, ...(ca === undefined ? {} : { ca }) });
};

/** The proxy that a request to this address takes, and whether it is given a user; null: none. */
function proxyOf(url: string): { shown: string; user: string | null } | null {
  const { hostname, protocol } = new URL(url);
  const { env } = process;
  const named = protocol === 'https:' ? (env.https_proxy ?? env.HTTPS_PROXY) : (env.http_proxy ?? env.HTTP_PROXY);
  const besides = (env.no_proxy ?? env.NO_PROXY ?? '').split(/[\s,]+/).filter((one) => one !== '');
  if (besides.some((one) => one === '*' || hostname === one || hostname.endsWith(`.${one.replace(/^\*?\./, '')}`)))
    return null;
  const proxy = named ? URL.parse(named) : null;
  if (!proxy) return null;
  return {
    shown: `${proxy.protocol}//${proxy.host}`,
    user: proxy.username === '' ? null : decodeURIComponent(proxy.username),
  };
}

/** For people; null: none is on the way. */
export const proxyShown = (url: string): string | null => proxyOf(url)?.shown ?? null;

/** Where the proxy is what failed: the reason, and what to do. Null otherwise. */
export function proxyFault(url: string, thrown: unknown): string | null {
  const proxy = proxyOf(url);
  if (!proxy) return null;
  const { code = '', statusCode } = thrown as { code?: string; statusCode?: number };
  const { host, hostname } = new URL(url);
  const without = `NO_PROXY=${hostname} goes without it`;
  if (statusCode === 407)
    return proxy.user === null
      ? `the proxy ${proxy.shown} wants a log-in (407): set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or "proxy" in agent.settings.json`
      : `the proxy ${proxy.shown} does not accept the user "${proxy.user}" with that password (407): correct both in HTTPS_PROXY, or in "proxy" of agent.settings.json`;
  if (statusCode !== undefined)
    return `the proxy ${proxy.shown} opens no way to ${host} (status ${statusCode}): have its administrator allow CONNECT to ${host}, or use another one; ${without}`;
  if (['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'].includes(code))
    return `the proxy ${proxy.shown} cannot be reached (${code}): correct HTTPS_PROXY, or "proxy" in agent.settings.json; ${without}`;
  if (code === 'ECONNRESET' || code === 'ERR_PROXY_TUNNEL' || code.startsWith('HPE_'))
    return `the proxy ${proxy.shown} answered with something else than a way to ${host}, such as a web page: is it a proxy for HTTPS? ${without}`;
  return null;
}

/** A page where an answer of the collector was wanted. */
export const pageInstead =
  'a web page came back instead of the collector’s answer: a proxy or a log-in page of the network stands in between. Open any page in a browser on this machine to log in there, or set HTTPS_PROXY or NO_PROXY';
