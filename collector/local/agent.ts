/**
 * An agent for this machine, as a process of its own beside the collector. It enrols as any other does, with a join
 * code of one use given through standard input, which no list of processes shows; and it speaks only MQTT with us.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import { isPackaged, packagedAgent } from '../package/places.ts';

const script = fileURLToPath(new URL('../../agent/main.ts', import.meta.url));
const own = isPackaged
  ? { file: packagedAgent, words: [] }
  : { file: process.execPath, words: ['--disable-warning=ExperimentalWarning', script] };
/** A failing agent is tried again after 1 s, 2 s, 4 s … at most this. */
const longestPauseMs = 60_000;
/** Ran for so long: what ends it then is a new trouble, not the old one. */
const stableMs = 60_000;
const endsWithinMs = 8000;

export interface LocalAgent {
  stop(): Promise<void>;
}

export interface LocalAgentParts {
  /** Its data folder. */
  folder: string;
  log: Log;
  /** The broker's address at this start: it may have moved since the agent enrolled. */
  mqtt: string;
  /** Makes a join code of one use. */
  joinCode(): Promise<string>;
}

/** Returns at once; enrolment, start and restarts go on in the background, and are logged. */
export function startLocalAgent({ folder, log, mqtt, joinCode }: LocalAgentParts): LocalAgent {
  if (!existsSync(own.file)) {
    log.warn(
      { missing: own.file },
      'No agent runs here: the package of the collector brings none. Install the package evenkeel-agent and restart, or start without --local-agent',
    );
    return { stop: async () => {} };
  }
  const env = environment(mqtt);
  let stopping = false;
  let child: ChildProcess | undefined;
  let wake = () => {};

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  /** @returns the exit code of the agent with these words */
  function runAgent(words: readonly string[], input: string | null): Promise<number> {
    return new Promise((resolve, reject) => {
      const started = spawn(own.file, [...own.words, ...words, '--data', folder], {
        stdio: ['pipe', 'pipe', 'pipe'],
        env,
      });
      child = started;
      // Its end shows in the exit code; a pipe that breaks with it is expected.
      started.stdin.on('error', () => {});
      if (input !== null) started.stdin.end(input);
      for (const stream of [started.stdout, started.stderr]) {
        createInterface({ input: stream }).on('line', (line) =>
          log.debug({ agent: line }, 'Output of the local agent'),
        );
      }
      let lastWords = '';
      started.stderr.on('data', (chunk: Buffer) => {
        lastWords = (lastWords + chunk.toString('utf8')).slice(-1000);
      });
      started.on('error', reject);
      started.on('exit', (code, signal) => {
        child = undefined;
        if (code !== 0 && !stopping) log.warn({ code, signal, output: lastWords.trim() }, 'The local agent ended');
        resolve(code ?? 1);
      });
    });
  }

  async function once(): Promise<void> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(join(folder, 'agent.json'))) {
      const code = await runAgent(['enroll', '-'], await joinCode());
      if (code !== 0 || stopping) return;
      log.info({}, 'This machine is enrolled');
    }
    // Standard input stays open while we live: the agent ends when it closes, so none outlives a killed collector.
    await runAgent(['run', '--with-parent'], null);
  }

  async function keepRunning(): Promise<void> {
    for (let failures = 0; !stopping; failures++) {
      const started = performance.now();
      try {
        await once();
      } catch (thrown) {
        log.warn({ reason: reasonOf(thrown) }, 'The local agent could not be started');
      }
      if (performance.now() - started > stableMs) failures = 0;
      if (!stopping) await pause(Math.min(longestPauseMs, 1000 * 2 ** failures));
    }
  }

  const running = keepRunning();
  return {
    async stop() {
      stopping = true;
      wake();
      child?.kill('SIGTERM');
      const late = setTimeout(() => child?.kill('SIGKILL'), endsWithinMs);
      await running;
      clearTimeout(late);
    },
  };
}

/** The agent gets this process's environment without what is the collector's own. */
function environment(mqtt: string): NodeJS.ProcessEnv {
  const inherited = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('EVENKEEL_') || name.startsWith('EVENKEEL_AGENT_')),
  );
  return { ...inherited, EVENKEEL_AGENT_MQTT: mqtt };
}
