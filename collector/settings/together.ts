/** What holds between settings that are right one by one. */
import { isLoopback } from '../../shared/loopback.ts';
import type { Fault } from '../../shared/shape.ts';
import type { Config } from './settings.ts';

/** The database may lie on a network of its own, so this is no fault. */
export function plainPassword({ series: { name, secretTo } }: Config): string[] {
  if (secretTo === undefined) return [];
  const { protocol, hostname } = new URL(secretTo);
  if (protocol === 'https:' || isLoopback(hostname)) return [];
  return [`The password for ${name} goes over the network in plain text; use https where you can.`];
}

/** A proxy in front may encrypt; without one nobody comes in by the address that is printed. */
export function plainPublic({ http, tls, ownTls }: Pick<Config, 'http' | 'tls' | 'ownTls'>): string[] {
  if (tls || ownTls || http.trustProxy.length > 0 || !http.publicUrl?.startsWith('https:')) return [];
  return [
    `http.publicUrl is ${http.publicUrl}, but this collector has no certificate and knows no proxy that encrypts for it: nobody reaches it by that. Run \`tls init\`, or name the proxy in http.trustProxy.`,
  ];
}

/** Two servers cannot listen on one port; 0 is a free one for each. */
export function samePort({ http, mqtt }: Record<'http' | 'mqtt', Config['mqtt']>): Fault[] {
  if (http.port === 0 || http.port !== mqtt.port || http.host !== mqtt.host) return [];
  const problem = `${mqtt.port} is the port of the web app, too; each needs its own`;
  return [{ path: ['mqtt', 'port'], problem }];
}

/** What several collectors have to share. */
export function clusterFaults({
  cluster,
  state,
  series,
  broker,
  ownTls,
}: Pick<Config, 'cluster' | 'state' | 'series' | 'broker' | 'ownTls'>): Fault[] {
  if (!cluster) return [];
  const fault = (path: string[], problem: string): Fault => ({ path, problem });
  return [
    ...(state ? [] : [fault(['cluster'], 'needs `state: postgres://…`: all collectors share one database')]),
    ...(broker
      ? []
      : [fault(['cluster'], 'needs `broker: { url: mqtts://…, … }`: one broker, where all of them hear the agents')]),
    ...(series.isInDataFolder
      ? [
          fault(
            ['cluster'],
            'needs `series: { kind: influx, … }`: time series in a data folder are seen by one collector alone',
          ),
        ]
      : []),
    ...(ownTls
      ? [
          fault(
            ['cluster'],
            'needs `tls: { cert, key }`, the same for all collectors, or a proxy in front of http.host 127.0.0.1: each would make an authority of its own',
          ),
        ]
      : []),
  ];
}
