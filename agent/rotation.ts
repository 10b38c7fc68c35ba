/** When another credential is fetched: its number has risen in the settings. By a process of its own, and again where it failed. */
import { spawn } from 'node:child_process';
import type { Log } from '../shared/log.ts';
import { type Credential, readCredential } from './credential.ts';
import { agentCommand } from './lean.ts';

const limitMs = 60_000;
const firstRetryMs = 60_000;
const longestRetryMs = 3_600_000;
const outputAtMost = 2000;

export interface Fetching {
  /** The number in the settings; missing: nothing is asked for. */
  wanted(generation: number | undefined): void;
  stop(): void;
}

export function createRotation(parts: {
  data: string;
  log: Log;
  has(): number;
  /** What is on disk now. */
  onFetched(credential: Credential): void;
}): Fetching {
  const { data, log, has, onFetched } = parts;
  let asked = 0;
  let delayMs = firstRetryMs;
  let child: ReturnType<typeof spawn> | null = null;
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;

  function begin(): void {
    if (timer) clearTimeout(timer);
    timer = null;
    if (child || stopped || asked <= has()) return;
    const { file, args } = agentCommand(['rotate', '--data', data]);
    let said = '';
    child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'], windowsHide: true, timeout: limitMs });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-outputAtMost);
    });
    child.on('error', (error) => {
      said = error.message;
    });
    child.on('close', (code) => {
      child = null;
      if (!stopped) ended(code, said.trim());
    });
  }

  function ended(code: number | null, said: string): void {
    const fetched = code === 0 ? readCredential(data) : null;
    if (fetched && (fetched.generation ?? 0) > has()) {
      delayMs = firstRetryMs;
      log.info({ generation: fetched.generation }, 'Fetched another credential');
      onFetched(fetched);
      return;
    }
    log.warn(
      { code, reason: said, retryInS: delayMs / 1000 },
      'Could not fetch another credential; the one of before holds',
    );
    timer = setTimeout(begin, delayMs);
    timer.unref();
    delayMs = Math.min(longestRetryMs, delayMs * 2);
  }

  return {
    wanted(generation = 0) {
      asked = generation;
      begin();
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      child?.kill('SIGTERM');
    },
  };
}
