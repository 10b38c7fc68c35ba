/** The same reports as MQTT frames and as requests with line protocol, and a connection that sends the latter. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { generate } from 'mqtt-packet';
import type { Metric } from '../../shared/report.ts';
import { bucketOf, topicOf } from '../../shared/topics.ts';
import { metricsOf } from './intake.ts';
import { endpointId } from './intake-names.ts';

/** `own`: each endpoint sends each of its reports by itself. `batched`: what has waited comes together. */
export interface Shape {
  name: string;
  kind: 'own' | 'batched';
  endpoints: number;
  /** Reports of each. */
  each: number;
  intervalMs: number;
  zipped: boolean;
}

export interface Reading {
  at: number;
  metrics: Metric[];
}

/** Reports of a request in the batched shape: 5,000 values, as Telegraf and InfluxDB advise. */
export const batchOf = 250;
const squeezedMs = 5000;

/**
 * Readings of endpoint `n`, the newest at `until`. Those of `own` have values of hours and times of the last seconds, because
 * live reports are no older; those of `batched` are a backlog with its true times.
 */
export function readingsOf(n: number, { kind, each, intervalMs }: Shape, until: number): Reading[] {
  return Array.from({ length: each }, (_, k) => {
    const then = until - (each - k) * intervalMs;
    const at = kind === 'own' ? until - Math.round(((each - k) * squeezedMs) / each) : then;
    return { at, metrics: metricsOf(n, then).map((metric) => ({ ...metric, timestamp: at })) };
  });
}

export function framesOf(n: number, { kind, zipped }: Shape, readings: readonly Reading[]): Buffer[] {
  const topic = topicOf(
    { endpoint: endpointId(n), bucket: bucketOf(endpointId(n)) },
    kind === 'own' ? 'report' : 'backlog',
  );
  const epoch = n.toString(16).padStart(32, '0');
  return readings.map(({ at, metrics }, k) => {
    const plain = Buffer.from(JSON.stringify({ v: 1, epoch, seq: k + 1, at, interval_s: 10, metrics }));
    const payload = zipped ? gzipSync(plain, { level: 6 }) : plain;
    const messageId = (k % 65_535) + 1;
    return generate({ cmd: 'publish', topic, payload, qos: 1, messageId, retain: false, dup: false });
  });
}

/** Lines in Telegraf's names; the values of the simulated fleet need no escaping. */
export function linesOf(n: number, { metrics }: Reading): string {
  return metrics
    .map(({ name, tags, fields, timestamp }) => {
      const all = Object.entries({ ...tags, host: endpointId(n) }).map(([tag, value]) => `,${tag}=${value}`);
      const values = Object.entries(fields).map(([field, value]) => `${field}=${value}`);
      return `${name}${all.join('')} ${values.join(',')} ${timestamp}\n`;
    })
    .join('');
}

export function requestOf(lines: string, database: string, zipped: boolean): Buffer {
  const body = zipped ? gzipSync(lines, { level: 6 }) : Buffer.from(lines);
  const head = [
    `POST /write?db=${database}&precision=ms HTTP/1.1`,
    'Host: 127.0.0.1',
    `Content-Length: ${body.length}`,
    ...(zipped ? ['Content-Encoding: gzip'] : []),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}

/** Sends some messages and resolves when all of them are acknowledged. */
export type Pour = (messages: readonly Buffer[]) => Promise<void>;

/** One connection, one request at a time. */
export async function openHttpPour(url: string): Promise<{ pour: Pour; close(): void }> {
  const socket = connect({ host: '127.0.0.1', port: Number(new URL(url).port), noDelay: true });
  await once(socket, 'connect');
  const pour: Pour = (messages) =>
    new Promise((resolve, reject) => {
      let [next, answer] = [0, ''];
      const send = () => socket.write(messages[next++] as Buffer);
      const end = (problem?: Error) => {
        socket.off('data', onData);
        socket.off('close', onClose);
        if (problem) reject(problem);
        else resolve();
      };
      const onClose = () => end(new Error('the server ended the connection'));
      const onData = (chunk: Buffer) => {
        answer += chunk.toString('latin1');
        // A 204 has no body.
        if (!answer.endsWith('\r\n\r\n')) return;
        if (!answer.startsWith('HTTP/1.1 204')) return end(new Error(answer));
        answer = '';
        if (next < messages.length) send();
        else end();
      };
      socket.on('data', onData);
      socket.on('close', onClose);
      send();
    });
  return { pour, close: () => void socket.destroy() };
}
