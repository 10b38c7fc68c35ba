/** How simulated endpoints join: the same request over HTTP that an agent makes. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { decodeJoinCode, type JoinCode } from '../../shared/join-code.ts';
import { reason } from '../../shared/reason.ts';
import type { Credential } from './endpoint.ts';
import type { Machine } from './machine.ts';

/** Without a code: an admin's token from the environment, or the one that a collector on this machine leaves in its data. */
export async function findToken(given: string | undefined, data: string): Promise<string> {
  if (given) return given;
  const file = join(data, 'local.token');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch {
    throw new Error(
      `No way to join: there is no --code, no EVENKEEL_TOKEN, and ${file} cannot be read.\n` +
        'Start a collector here (npm start), or take a code from its page "Add endpoint" and give it with --code.',
    );
  }
}

/** A join code for `uses` endpoints, made with an admin's token. */
export async function makeCode(collector: string, token: string, uses: number): Promise<JoinCode> {
  const answer = await post(`${collector}/api/v1/enrollments`, { label: 'simulated fleet', maxUses: uses }, token);
  return { ...decodeJoinCode((answer as { code: string }).code), url: collector };
}

export async function enroll(code: JoinCode, machine: Machine): Promise<Credential> {
  return (await post(`${code.url}/api/v1/enroll`, {
    code: code.secret,
    hostname: machine.hostname,
    platform: machine.os.platform,
    arch: 'x64',
    kind: machine.kind,
    kind_why: [reason('kind_headless')],
    version: '0.1.0',
  })) as Credential;
}

async function post(url: string, body: object, token?: string): Promise<unknown> {
  for (;;) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: JSON.stringify(body),
    }).catch((thrown) => {
      throw new Error(
        `The collector at ${new URL(url).origin} cannot be reached: ${thrown.cause?.message ?? thrown.message}`,
      );
    });
    if (response.status === 429) {
      await response.arrayBuffer();
      await pause(1000);
      continue;
    }
    const answer = (await response.json()) as { message?: string; hint?: string };
    if (response.ok) return answer;
    throw new Error(`${url} answered ${response.status}: ${answer.message ?? ''} ${answer.hint ?? ''}`);
  }
}
