/** Where people and agents find this collector. */
import { hostname, networkInterfaces } from 'node:os';
import type { Config } from './settings.ts';

export interface Addresses {
  /** Base address of web app and REST interface, no slash at the end. */
  http: string;
  mqtt: string;
  /** PEM text that agents are to trust, or null. */
  ca: string | null;
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
  const name = everywhere.has(host) ? ownName(hostname()) : host;
  return name.includes(':') ? `[${name}]` : name;
}

/** @param ports those that are really listened on, which with port 0 are known only then */
export function addressesOf(config: Config, ports: { http: number; mqtt: number }): Addresses {
  const { http, mqtt, tls } = config;
  const web = http.publicUrl ?? `${tls ? 'https' : 'http'}://${hostOf(http.host)}:${ports.http}`;
  // Who reaches the web app by a public name reaches the broker of the same machine by it too.
  const broker = http.publicUrl && everywhere.has(mqtt.host) ? new URL(http.publicUrl).hostname : hostOf(mqtt.host);
  return {
    http: web,
    mqtt: mqtt.publicUrl ?? `${tls ? 'mqtts' : 'mqtt'}://${broker}:${ports.mqtt}`,
    ca: tls?.ca ?? null,
  };
}
