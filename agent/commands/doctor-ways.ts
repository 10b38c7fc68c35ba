/** The ways to the collector: each is tried as the agent would, without anything of a session, and what to do where one is closed. */
import { isReadable } from '../../shared/loopback.ts';
import { type Credential, plainPassword } from '../credential.ts';
import type { WantedWay } from '../orders.ts';
import { proxyShown } from '../proxy.ts';
import { takeProxyOf } from '../proxy-setting.ts';
import { openSocket } from '../socket.ts';
import { refusalOf } from '../tls-refusal.ts';
import { type AgentWay, mayGoByWeb, webUrl } from '../ways.ts';
import { tryWeb } from '../web-socket.ts';

const withinMs = 5000;

const codeOf = (thrown: Error) => String((thrown as { code?: unknown }).code ?? '');

/** The connection alone, verified as ever. Null: it is open. */
function tryMqtt(credential: Credential): Promise<Error | null> {
  return new Promise((resolve) => {
    const socket = openSocket(credential);
    const end = (fault: Error | null) => {
      socket.destroy();
      resolve(fault);
    };
    const late = Object.assign(new Error(`no answer within ${withinMs / 1000} s`), { code: 'ETIMEDOUT' });
    socket.setTimeout(withinMs, () => end(late));
    socket.on('error', end);
    socket.on(credential.mqtt.url.startsWith('mqtts:') ? 'secureConnect' : 'connect', () => end(null));
  });
}

function describeFault(url: string, credential: Credential, fault: Error): string {
  const isPinned = credential.mqtt.ca !== undefined && credential.trust?.mode !== 'both';
  const refused = refusalOf(fault, { url, now: Date.now(), isPinned });
  return refused ? `the certificate is not accepted: ${refused.reason}. ${refused.todo}` : fault.message;
}

/** What is to be done about a port of MQTT that is not reached. */
function remedyForMqtt(url: string, fault: Error, byWeb: boolean): string | null {
  const { host, hostname } = new URL(url);
  const code = codeOf(fault);
  const instead = byWeb ? '; reports go by websocket meanwhile, so nothing is lost without it' : '';
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH')
    return `a firewall on the way drops it: have it let ${host} (TCP) pass from here${instead}`;
  if (code === 'ECONNREFUSED')
    return `nobody listens there, or a firewall refuses it: look whether the collector runs and listens beyond its own machine (\`mqtt: { host: 0.0.0.0 }\`), and have firewalls let ${host} pass${instead}`;
  if (code === 'ECONNRESET' || code === 'EPIPE')
    return `something on the way cuts the connection, such as a firewall that lets only the web pass: have it let ${host} pass${instead}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the name ${hostname} is not known here: correct the name server, or \`mqtt: { publicUrl: … }\` at the collector${instead}`;
  return null;
}

/** @param running by which way the agent that runs is connected; null: it is not */
export async function describeWays(
  data: string,
  credential: Credential,
  wanted: WantedWay,
  running: AgentWay | null,
): Promise<string[]> {
  takeProxyOf(data);
  const { url } = credential.mqtt;
  const [direct, web] = await Promise.all([
    tryMqtt(credential),
    mayGoByWeb(credential) ? tryWeb(credential) : Promise.resolve(undefined),
  ]);
  const isUsed = (way: AgentWay) =>
    running === way ? ', in use' : wanted !== 'auto' && wanted !== way ? ', not wanted here' : '';
  const lines = [
    `ways           ${wanted === 'auto' ? 'MQTT at its own port first, by websocket at the HTTPS port where that is not reached' : `${wanted} alone ("way" in agent.settings.json)`}`,
    `    mqtt       ${url}: ${direct === null ? `it answers${url.startsWith('mqtts:') ? ' (encrypted)' : ''}` : `not reached: ${describeFault(url, credential, direct)}`}${isUsed('mqtt')}`,
  ];
  const remedy = direct && remedyForMqtt(url, direct, web === null && wanted !== 'mqtt');
  if (remedy) lines.push(`        to do: ${remedy}`);
  if (isReadable(url)) lines.push(`        to do: ${plainPassword}`);
  const at = webUrl(credential);
  if (web === undefined)
    return [
      ...lines,
      `    websocket  ${at}: never taken, because others could read it: enrol at an address that begins with https://`,
    ];
  const proxy = proxyShown(credential.collector);
  const through = proxy === null ? '' : `, through the proxy ${proxy}`;
  const answer =
    web === null
      ? `it answers${through}`
      : `not reached${through}: ${describeFault(credential.collector, credential, web)}`;
  return [...lines, `    websocket  ${at}: ${answer}${isUsed('websocket')}`];
}
