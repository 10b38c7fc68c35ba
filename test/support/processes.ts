/** Real processes for tests: the collector as a person starts it, on free ports, with a folder of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { seriesSettings } from './influxdb.ts';
import { stateEnv } from './state.ts';
import { until } from './until.ts';

const main = fileURLToPath(new URL('../../collector/main.ts', import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Running {
  child: ChildProcess;
  /** Resolves when the process has ended and its output is read. */
  ended: Promise<Ended>;
  stdout(): string;
  stderr(): string;
}

/** Starts `collector/main.ts` with these words. Its environment has no EVENKEEL_* but those given. */
export function runCollector(words: readonly string[], env: Record<string, string> = {}, cwd?: string): Running {
  const clean = Object.entries(process.env).filter(([name]) => !name.startsWith('EVENKEEL_'));
  const data = words[words.indexOf('--data') + 1 || words.length];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', main, ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...Object.fromEntries(clean), ...(data === undefined ? {} : stateEnv(data)), ...env },
    ...(cwd === undefined ? {} : { cwd }),
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

export interface RunningCollector extends Running {
  http: string;
  mqtt: string;
  setup: string | null;
  data: string;
  /** An admin's token, as tools on this machine use it. */
  token: string;
  /** GET with the token; the parsed answer. */
  get<T>(path: string): Promise<T>;
}

/** It takes two seconds, and a minute where a machine is busy with much else. */
const startedWithinMs = 90_000;

/** Starts a collector and waits for its start lines. @throws Error with its output when it ends before */
export async function startCollector(
  data: string,
  words: readonly string[] = [],
  env: Record<string, string> = {},
): Promise<RunningCollector> {
  const flags = ['start', '--data', data, '--http-port', '0', '--mqtt-port', '0', ...(await withSeries(data, words))];
  const running = runCollector(flags, env);
  let over = false;
  void running.ended.then(() => {
    over = true;
  });
  try {
    await until(() => over || running.stdout().includes('Stop it with'), startedWithinMs, 'the start lines');
  } catch (thrown) {
    // Left alone it would keep the test's own process from ending.
    running.child.kill('SIGKILL');
    throw new Error(`${(thrown as Error).message}; it said:\n${running.stdout()}\n${running.stderr()}`);
  }
  const line = (name: string) => new RegExp(`${name} +(\\S+)`).exec(running.stdout())?.[1];
  const http = line('Web app');
  const mqtt = line('Agents');
  if (!http || !mqtt) throw new Error(`The collector did not start.\n${running.stdout()}\n${running.stderr()}`);
  const setup = line('Set-up') ?? null;
  const token = readFileSync(join(data, 'local.token'), 'utf8').trim();
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(http + path, { headers: { authorization: `Bearer ${token}` } });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  return { ...running, http, mqtt, setup: setup?.startsWith('http') ? setup : null, data, token, get };
}

/** The words with a settings file that has the lines of `seriesSettings` as well. */
async function withSeries(data: string, words: readonly string[]): Promise<readonly string[]> {
  const lines = await seriesSettings(data);
  if (lines === '') return words;
  const at = words.indexOf('--config') + 1;
  const given = at > 0 ? (words[at] as string) : `${data}.yaml`;
  const file = `${given}.series.yaml`;
  writeFileSync(file, (at > 0 ? readFileSync(given, 'utf8') : '') + lines);
  return at > 0 ? words.with(at, file) : [...words, '--config', file];
}

export { until };

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'evenkeel-test-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
