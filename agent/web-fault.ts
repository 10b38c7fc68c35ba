/** Why there is no WebSocket at the collector's HTTPS port, and what to do now. */
import { reasonOf } from '../shared/errors.ts';
import { escaped } from '../shared/safe-text.ts';
import { pageInstead, proxyFault } from './proxy.ts';

export interface WebAnswer {
  status: number;
  location: string | undefined;
  /** The beginning. */
  text: string;
}

const coded = (message: string, code: string) => Object.assign(new Error(message), { code });

/** What stands in front of a collector that restarts answers so: it will be back in seconds. */
const awayBehindProxy = new Set([502, 503, 504]);

/** There is no answer, or none of the collector's. Certificates keep their code. */
export function roadFault(url: string, thrown: Error): Error {
  const said = proxyFault(url, thrown);
  const { code = 'ECONNRESET' } = thrown as { code?: string };
  if (said !== null) return coded(said, code);
  if (/server sent no subprotocol|invalid subprotocol|Sec-WebSocket-Accept|invalid Upgrade/i.test(thrown.message))
    return coded(
      `what answers at ${url} is a WebSocket, but not the collector's (${thrown.message}): compare the address`,
      'EWEBANSWER',
    );
  return coded(reasonOf(thrown), code);
}

/** It was answered, and not with a WebSocket. */
export function answerFault(url: string, { status, location, text }: WebAnswer): Error {
  const away = awayBehindProxy.has(status);
  return coded(
    `${url} answered ${status}: ${meaningOf(url, status, location, text)}`,
    away ? 'ECONNREFUSED' : 'EWEBANSWER',
  );
}

const upgradeRecipe =
  'have it pass the headers Upgrade and Connection on (nginx: `proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade";`)';

function meaningOf(url: string, status: number, location: string | undefined, text: string): string {
  const { host } = new URL(url);
  const code = /"code":"([A-Z_]+)"/.exec(text)?.[1];
  if (awayBehindProxy.has(status))
    return 'the reverse proxy there does not reach the collector behind it: is the collector running?';
  if (code === 'UPGRADE_MISSING' || status === 426)
    return `the request reached the collector without its upgrade: a reverse proxy in front of it takes that off; ${upgradeRecipe}`;
  if (code === 'WEBSOCKET_OFF')
    return 'this collector takes no MQTT over WebSocket: open the port of MQTT to this machine, or take `websocket: false` out of `mqtt` in its evenkeel.yaml';
  if (code === 'UNKNOWN_HOST')
    return `the collector does not know the name ${host}: add it to http.names in its evenkeel.yaml`;
  if (code === 'NO_SUCH_ROUTE')
    return 'the collector there is older than MQTT over WebSocket: update it, or open the port of MQTT to this machine';
  if (code !== undefined) return `the collector refused it (${code})`;
  if (status === 407)
    return 'a proxy wants a log-in: set HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT, or "proxy" in agent.settings.json';
  if (status >= 300 && status < 400)
    return `it leads on to ${escaped(String(location)).slice(0, 200)}: a log-in page stands in front of the collector; have it let ${new URL(url).pathname} pass`;
  if (status === 401 || status === 403)
    return `something in front of the collector wants a log-in or forbids it: have it let ${new URL(url).pathname} pass`;
  if (status === 404)
    return 'a reverse proxy there does not know the path: have it pass everything on to the collector';
  if (status === 400 || status === 405 || status === 501)
    return `a proxy on the way does not pass WebSockets on; ${upgradeRecipe}`;
  if (/^\s*</.test(text)) return pageInstead;
  return 'that is no answer of a collector: compare the address, and look what stands in front of it';
}
