/** Where people and agents find this collector. */
import { hostname, networkInterfaces } from 'node:os';
import type { Trust } from '../../shared/trust.ts';
import type { Config } from './settings.ts';

export interface Addresses {
  /** Base address of web app and REST interface, no slash at the end. */
  http: string;
  mqtt: string;
  /** What agents are told to trust; null: nothing is encrypted. */
  trust: Trust | null;
  /** PEM: for whoever looks for one by its pin. */
  authorities: readonly string[];
  /** Of this server's key and the one that will follow it, base64: what curl compares. */
  serverPins: readonly string[];
  /** Of the authority, for join codes; none where a proxy in front shows a certificate of its own. */
  codePins: readonly string[];
}

/** What the server shows, as others have to know it. */
export interface ShownTo {
  name?: string | undefined;
  trust: Trust | null;
  authorities: readonly string[];
  serverPins: readonly string[];
  /** Of the authority behind what the web server shows. */
  pins: readonly string[];
}

const everywhere = new Set(['0.0.0.0', '::', '*']);

/** A machine may call itself `PC#1`, which is no part of an address: then one of its network addresses is. */
function ownName(name: string): string {
  if (/^[\p{L}\p{M}\p{N}._-]+$/u.test(name)) return name;
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

/** Listening everywhere is no address: then the machine's own name is the best guess, and publicUrl the cure. */
function hostOf(host: string): string {
  return inUrl(everywhere.has(host) ? ownName(hostname()) : host);
}

const inUrl = (name: string) => (name.includes(':') ? `[${name}]` : name);

/** The web app as this machine reaches it, whatever stands before it for others. */
export function ownAddressOf({ http, tls, ownTls }: Pick<Config, 'http' | 'tls' | 'ownTls'>, port: number): string {
  const host = http.host === '::' ? '::1' : everywhere.has(http.host) ? '127.0.0.1' : http.host;
  return `${tls || ownTls ? 'https' : 'http'}://${inUrl(host)}:${port}`;
}

/**
 * @param ports those that are really listened on, which with port 0 are known only then
 * @param name by which others reach it where the settings do not say: that of its certificate
 */
export function addressesOf(
  { http, mqtt, tls, ownTls }: Pick<Config, 'http' | 'mqtt' | 'tls' | 'ownTls'>,
  ports: { http: number; mqtt: number },
  { name, trust = null, authorities = [], serverPins = [], pins = [] }: Partial<ShownTo> = {},
): Addresses {
  const isEncrypted = tls !== null || ownTls !== null;
  const host = (listened: string) => (name !== undefined && everywhere.has(listened) ? inUrl(name) : hostOf(listened));
  const web = http.publicUrl ?? `${isEncrypted ? 'https' : 'http'}://${host(http.host)}:${ports.http}`;
  // Who reaches the web app by a public name reaches the broker of the same machine by it too.
  const broker = http.publicUrl && everywhere.has(mqtt.host) ? new URL(http.publicUrl).hostname : host(mqtt.host);
  return {
    http: web,
    mqtt: mqtt.publicUrl ?? `${isEncrypted ? 'mqtts' : 'mqtt'}://${broker}:${ports.mqtt}`,
    ...{ trust, authorities, serverPins },
    codePins: http.trustProxy.length > 0 ? [] : pins,
  };
}
