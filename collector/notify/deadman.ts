/**
 * An outgoing sign of life, so that somebody notices when the collector itself is down: a service such as healthchecks.io alerts when
 * none came for a while. None is sent while the collector is not well, or while no channel works.
 */
import type { Clock } from '../../shared/clock.ts';
import { reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { Outgoing } from '../../shared/outgoing.ts';
import { post } from './http.ts';
import { createTroubles } from './troubles.ts';

export interface DeadmanSettings {
  url: string;
  /** Called instead while the collector is not well; null: nothing is called then. */
  failUrl: string | null;
  everyMs: number;
}

interface DeadmanParts {
  settings: DeadmanSettings;
  clock: Clock;
  log: Log;
  outgoing: Outgoing;
  /** What is wrong with the collector; null when all is well. Asked before each sign. */
  trouble(): Promise<string | null>;
}

const timeoutMs = 10_000;

export function createDeadman({ settings, clock, log, outgoing, trouble }: DeadmanParts) {
  const { url, failUrl, everyMs } = settings;
  const troubles = createTroubles({ clock, log });
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();

  async function ping(): Promise<void> {
    const problem = await trouble().catch(reasonOf);
    const target = problem === null ? url : failUrl;
    if (problem !== null) log.warn({ reason: problem }, 'The sign of life of the collector is withheld');
    if (target === null) return;
    try {
      // The answer counts, not its text; a POST carries why.
      const what = { headers: { 'user-agent': 'evenkeel', 'content-type': 'text/plain; charset=utf-8' } };
      await post('deadman', outgoing, new URL(target), {
        ...what,
        body: problem ?? '',
        signal: AbortSignal.timeout(timeoutMs),
      });
      troubles.over('deadman');
    } catch (thrown) {
      troubles.note('A sign of life did not arrive', {
        ...{ channel: 'deadman', delivery: '', attempts: 1, reason: reasonOf(thrown) },
      });
    }
  }

  return {
    /** Sends one sign now. Never rejects. */
    ping,
    start(): void {
      running = ping();
      timer = setInterval(() => {
        running = ping();
      }, everyMs);
      timer.unref();
    },
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}
