/** The kinds of targets, each loaded when first asked for: an agent that watches nothing pays for none. */
import type { TargetKindName } from '../target.ts';
import type { TargetKind } from './kind.ts';

const loaders: Readonly<Record<TargetKindName, () => Promise<TargetKind>>> = {
  http: async () => (await import('./http.ts')).http,
  tcp: async () => (await import('./tcp.ts')).tcp,
  ping: async () => (await import('./ping.ts')).ping,
  dns: async () => (await import('./dns.ts')).dns,
  mqtt: async () => (await import('./mqtt.ts')).mqtt,
  snmp: async () => (await import('./snmp.ts')).snmp,
};

export const loadTargetKind = (kind: TargetKindName): Promise<TargetKind> => loaders[kind]();
