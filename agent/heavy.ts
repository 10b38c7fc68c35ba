/**
 * Heavy checks run in a short-lived process of the lowest priority: their modules (systeminformation, YAML, parsers of
 * big outputs) never count against the agent's memory, and nothing that they do can hold up the fast loop. One JSON
 * line per outcome comes back, as each is done.
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants, setPriority } from 'node:os';
import type { Readable } from 'node:stream';
import type { Log } from '../shared/log.ts';
import { type Reason, reason } from '../shared/reason.ts';
import type { CheckOutcome } from './attempt.ts';
import { agentCommand, cacheFor } from './lean.ts';
import { programEnvironment } from './programs.ts';

/** For all of them together; each program that they start has its own limit. */
const limitMs = 20 * 60_000;

export interface HeavyOptions {
  data: string;
  log: Log;
}

export interface Heavy {
  run(names: readonly string[], onOutcome: (name: string, outcome: CheckOutcome) => void): Promise<void>;
  stop(): void;
}

export function createHeavy({ data, log }: HeavyOptions): Heavy {
  let stopChild: (() => void) | null = null;
  return {
    run(names, onOutcome) {
      const { file, args } = agentCommand(['heavy', '--data', data, ...names]);
      // The compile cache lies in the agent's folder, and would make it anew where it has been deleted.
      const { NODE_COMPILE_CACHE: given, TZ } = process.env;
      const cache = given !== undefined && existsSync(data) ? cacheFor(data) : undefined;
      const env = programEnvironment({
        ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }),
        ...(TZ === undefined ? {} : { TZ }),
      });
      const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'ignore'], windowsHide: true });
      try {
        if (child.pid !== undefined)
          setPriority(child.pid, process.platform === 'win32' ? constants.priority.PRIORITY_LOW : 19);
      } catch {
        // It has ended already; its exit code says why.
      }
      // SIGTERM lets it end what it has started; a child that ignores it is killed.
      stopChild = () => {
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), 3000).unref();
      };
      const timer = setTimeout(stopChild, limitMs);
      const missing = new Set(names);
      eachLine(child.stdout, (line) => {
        const answer = readLine(line);
        if (!answer || !missing.delete(answer.name)) return;
        onOutcome(answer.name, answer.outcome);
      });
      return new Promise((resolve) => {
        const finish = (why: Reason) => {
          clearTimeout(timer);
          stopChild = null;
          for (const name of missing) onOutcome(name, { status: 'failed', reasons: [why], ms: 0 });
          missing.clear();
          resolve();
        };
        child.on('error', (error) => finish(reason('said', { text: error.message })));
        child.on('close', (code, signal) => {
          if (code !== 0) log.warn({ code, signal }, 'The process of the heavy checks failed');
          finish(signal === null ? reason('heavy_exit', { exit: code }) : reason('heavy_signal', { signal }));
        });
      });
    },
    stop: () => stopChild?.(),
  };
}

/** Whole lines; node:readline would load its line editor too. */
function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  });
}

function readLine(line: string): { name: string; outcome: CheckOutcome } | null {
  try {
    return JSON.parse(line) as { name: string; outcome: CheckOutcome };
  } catch {
    // A library may print a warning of its own on this output.
    return null;
  }
}
