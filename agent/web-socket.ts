/**
 * The WebSocket below an MQTT session, at the HTTPS port of the collector and through the same proxy as enrolment. Loaded only where
 * the port of MQTT is not reached: with HTTP, TLS and the package it is more than the rest of a connection.
 */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import { webPath, webProtocol } from '../shared/web-stream.ts';
import { isGoodAt } from './clock-floor.ts';
import type { Credential } from './credential.ts';
import { throughProxy } from './proxy.ts';
import { authoritiesOf, certificatesIn, type Trusting } from './socket.ts';
import { answerFault, roadFault, type WebAnswer } from './web-fault.ts';

const withinMs = 10_000;
/** Messages of a collector are small. */
const longestMessage = 1024 * 1024;
const longestAnswer = 2000;

interface Opening {
  /** The clock here is behind: the certificate is looked at as of then. */
  byHandAt?: number | null;
  /** Nobody waits for it any more. */
  signal?: AbortSignal;
}

/** Resolves when it is open; nothing of the session has gone out then. @throws Error in words, with a code of `troubleOf` */
export function openWeb(
  credential: Trusting & Pick<Credential, 'collector'>,
  { byHandAt = null, signal }: Opening = {},
): Promise<WebSocket> {
  const url = credential.collector + webPath;
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const socket = new WebSocket(url.replace(/^http/, 'ws'), webProtocol, {
    agent: throughProxy(url, {
      ...authoritiesOf(credential),
      ...(byHandAt === null ? {} : { rejectUnauthorized: false }),
    }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...{ perMessageDeflate: false, followRedirects: false, maxPayload: longestMessage },
    ...{ handshakeTimeout: withinMs, closeTimeout: 2000 },
  });
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reject(error);
      socket.terminate();
    };
    const isGood = (connected: TLSSocket) =>
      byHandAt === null ||
      connected.authorized ||
      isGoodAt(connected, host, certificatesIn(credential.mqtt.ca ?? ''), byHandAt);
    // Stays: what is terminated before it is open has an error.
    socket.on('error', (error) => fail(roadFault(url, error)));
    socket.on('upgrade', ({ socket: connected }) => {
      if (!isGood(connected as TLSSocket))
        fail(Object.assign(new Error('certificate is not yet valid'), { code: 'CERT_NOT_YET_VALID' }));
    });
    socket.on('unexpected-response', (_request, response) => {
      void answerOf(response).then((answer) => fail(answerFault(url, answer)));
    });
    socket.on('open', () => resolve(socket));
    signal?.addEventListener('abort', () => fail(new Error('nobody waits for it')));
  });
}

/** Whether the collector is reached so, by what is trusted. @returns why not; null: it is */
export async function tryWeb(credential: Trusting & Pick<Credential, 'collector'>): Promise<Error | null> {
  try {
    (await openWeb(credential)).terminate();
    return null;
  } catch (thrown) {
    return thrown as Error;
  }
}

async function answerOf(response: IncomingMessage): Promise<WebAnswer> {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const piece of response) {
      text += piece as string;
      if (text.length >= longestAnswer) break;
    }
  } catch {
    // Cut off: the status is enough.
  }
  return { status: response.statusCode ?? 0, location: response.headers.location, text: text.slice(0, longestAnswer) };
}
