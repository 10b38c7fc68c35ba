/**
 * Tells systemd how the collector is (sd_notify(3)): ready, still working, about to end. Where it hangs, and so says nothing, systemd
 * starts it again. Node has no datagram sockets for files, so systemd's own program says it.
 */
import { execFile } from 'node:child_process';
import type { Log } from '../../shared/log.ts';

/** Well within the WatchdogSec of the unit. */
const everyMs = 30_000;

export interface Watchdog {
  /** It has started, and works from now on. */
  ready(): void;
  stopping(): void;
}

/** @param env where systemd says whether it listens; without, nothing is done */
export function createWatchdog(log: Pick<Log, 'warn'>, env: NodeJS.ProcessEnv = process.env): Watchdog {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit } = env;
  if (socket === undefined) return { ready() {}, stopping() {} };
  let timer: NodeJS.Timeout | undefined;

  function say(...words: string[]): void {
    const only = { PATH: env.PATH ?? '/usr/bin:/bin', NOTIFY_SOCKET: socket };
    execFile('systemd-notify', words, { timeout: 10_000, env: only }, (thrown) => {
      if (thrown)
        log.warn(
          { reason: thrown.message, words },
          'Could not tell systemd how the collector is: systemd takes it for hung, and starts it again',
        );
    });
  }

  return {
    ready() {
      say('READY=1');
      if (limit === undefined) return;
      timer = setInterval(say, everyMs, 'WATCHDOG=1');
      timer.unref();
    },
    stopping() {
      clearInterval(timer);
      say('STOPPING=1');
    },
  };
}
