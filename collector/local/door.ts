/** Commands of this machine ask the collector that runs on a data folder, by its own address and the token for local tools. */
import { readFileSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { rootCertificates } from 'node:tls';
import { errors, fail, reasonOf } from '../../shared/errors.ts';
import { pathsOf, type RunningAddresses, runningOn } from '../data/folder.ts';

const answerWithinMs = 10_000;

export interface LocalDoor {
  /** @throws EvenkeelError what the collector answers, or COLLECTOR_AWAY */
  ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T>;
}

/** @returns null: no collector runs on this folder */
export function localDoor(data: string): LocalDoor | null {
  const found = runningOn(data);
  return found && { ask: (method, path, body) => ask(found, data, method, path, body) };
}

async function ask<T>(
  { http, own, trusted }: RunningAddresses,
  data: string,
  method: string,
  path: string,
  body?: object,
): Promise<T> {
  try {
    const token = readFileSync(pathsOf(data).localToken, 'utf8').trim();
    const text = body === undefined ? '' : JSON.stringify(body);
    const options = {
      method,
      headers: {
        host: new URL(http).host,
        authorization: `Bearer ${token}`,
        ...(body === undefined
          ? {}
          : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
      signal: AbortSignal.timeout(answerWithinMs),
    };
    // Its own certificate is trusted, whoever issued it; its name is that of the address for others.
    const name = new URL(http).hostname;
    const secure = {
      ca: [...rootCertificates, ...trusted],
      allowPartialTrustChain: true,
      ...(isIP(name) === 0 ? { servername: name } : {}),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const url = new URL(path, own);
      const sent =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, ...secure }, resolve)
          : httpRequest(url, options, resolve);
      sent.once('error', reject);
      sent.end(text);
    });
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    const answer = Buffer.concat(parts).toString('utf8');
    if (response.statusCode !== undefined && response.statusCode < 300) return JSON.parse(answer || 'null') as T;
    throw refusalIn(answer, response.statusCode);
  } catch (thrown) {
    if ((thrown as { code?: string }).code !== undefined && Object.hasOwn(errors, (thrown as { code: string }).code))
      throw thrown;
    throw fail('CONFLICT', {
      problem: `the collector that runs with ${data} does not answer at ${own} (${reasonOf(thrown)}); see its log, or stop it and run this again`,
    });
  }
}

function refusalIn(answer: string, status: number | undefined) {
  try {
    const { message, hint } = JSON.parse(answer) as { message?: string; hint?: string };
    if (message) return fail('CONFLICT', { problem: `${message} ${hint ?? ''}`.trim() });
  } catch {
    // No answer of ours.
  }
  return fail('CONFLICT', { problem: `the collector answered ${status}` });
}
