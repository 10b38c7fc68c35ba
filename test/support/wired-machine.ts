/** A machine that enrols at a collector and speaks the real wire. */
import { decodeJoinCode } from '../../shared/join-code.ts';
import type { Metric } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { openWire, type Wire, type WireOptions } from '../simulate/wire.ts';
import type { InProcess } from './collector.ts';

export interface WiredMachine {
  id: string;
  send(metrics: Metric[]): Promise<void>;
  /** Reports how full its disk is. */
  disk(usedPercent: number, path?: string): Promise<void>;
  end(): void;
}

interface Enrolled {
  endpoint: string;
  secret: string;
  mqtt: { url: string };
}

/** Enrols it and opens its connection. @param edit of its endpoint, such as `{ site }` */
export async function wired(
  to: InProcess,
  hostname: string,
  edit: object = {},
  onMessage?: WireOptions['onMessage'],
): Promise<{ id: string; wire: Wire }> {
  const post = async <T>(path: string, body: unknown) =>
    (await to.call(`/api/v1/${path}`, { method: 'POST', as: 'admin', body })).body as T;
  const { code } = await post<{ code: string }>('enrollments', {});
  const about = { platform: 'linux', arch: 'x64', kind: 'server', kind_why: 'test', version: '0.1.0' };
  const {
    endpoint: id,
    secret,
    mqtt,
  } = await post<Enrolled>('enroll', {
    ...{ code: decodeJoinCode(code).secret, hostname, ...about },
  });
  if (Object.keys(edit).length > 0)
    await to.call(`/api/v1/endpoints/${id}`, { method: 'PATCH', as: 'admin', body: edit });
  const { hostname: host, port } = new URL(mqtt.url);
  const heard = onMessage ? { onMessage } : {};
  const wire = openWire({ host, port: Number(port), clientId: id, password: secret, ...heard });
  await wire.connected;
  return { id, wire };
}

export async function wiredMachine(to: InProcess, hostname: string, edit: object = {}): Promise<WiredMachine> {
  const { id, wire } = await wired(to, hostname, edit);
  const address = { bucket: bucketOf(id), endpoint: id };
  const epoch = Buffer.from(id.padEnd(16, '0').slice(0, 16)).toString('hex');
  let seq = 0;
  async function send(metrics: Metric[]): Promise<void> {
    const at = Date.now();
    const now = metrics.map((metric) => ({ ...metric, timestamp: at }));
    const report = { v: 1, epoch, seq: ++seq, at, interval_s: 10, metrics: now };
    await wire.publish(topicOf(address, 'report'), JSON.stringify(report), { qos: 1 });
  }
  return {
    id,
    send,
    disk: (used_percent, path = '/') =>
      send([{ name: 'disk', tags: { path, device: 'sda1' }, fields: { used_percent, free: 1024 ** 3 }, timestamp: 0 }]),
    end: () => wire.end(),
  };
}
