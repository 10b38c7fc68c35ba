/** An agent's process on a folder of its own, for tests. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Credential, writeCredential } from '../../agent/credential.ts';
import { bucketOf } from '../../shared/topics.ts';

export const agentMain = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'evenkeel-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export function credentialFor(url: string, endpoint = 'testendpoint01', ca?: string): Credential {
  return {
    endpoint,
    bucket: bucketOf(endpoint),
    name: 'test',
    secret: 'secret',
    mqtt: { url, ...(ca === undefined ? {} : { ca }) },
    collector: 'http://127.0.0.1:1',
    kind: 'server',
    kind_why: 'It is a test.',
  };
}

export interface Finished {
  code: number | null;
  signal: string | null;
  stdout: string;
  stderr: string;
}

export interface AgentProcess {
  child: ChildProcess;
  finished: Promise<Finished>;
  output(): string;
}

const fromSource = [process.execPath, '--disable-warning=ExperimentalWarning', agentMain] as const;

/** Starts `agent/main.ts` with these words. @param program another one instead, such as that of a package */
export function startAgent(
  words: readonly string[],
  input?: string,
  env: NodeJS.ProcessEnv = {},
  [program, ...first]: readonly [string, ...string[]] = fromSource,
): AgentProcess {
  const child = spawn(program, [...first, ...words], {
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stdin?.end(input);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const finished = new Promise<Finished>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
  );
  return { child, finished, output: () => stdout + stderr };
}

export function enrolledFolder(port: number, endpoint?: string): { path: string; remove(): void } {
  const folder = temporaryFolder();
  writeCredential(folder.path, credentialFor(`mqtt://127.0.0.1:${port}`, endpoint));
  return folder;
}
