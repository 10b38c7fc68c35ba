/**
 * Tells systemd that the agent still works (sd_notify(3): WATCHDOG=1), after a finished round of checks: a process that hangs
 * finishes none, and is started again. Node has no datagram sockets for files, so systemd's own program says it.
 */
import { reasonOf } from '../shared/errors.ts';
import type { Log } from '../shared/log.ts';
import type { RunProgram } from './checks/check.ts';

/** Well within the WatchdogSec of the unit, and rare enough to cost nothing: 7 ms each. */
const everyMs = 120_000;

/** @returns to be called after each round, or null where nobody watches */
export function createWatchdog(run: RunProgram, now: () => number, log: Log): (() => void) | null {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: limit } = process.env;
  if (socket === undefined || limit === undefined) return null;
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    if (now() - last < everyMs) return;
    last = now();
    run('systemd-notify', ['WATCHDOG=1'], { timeoutMs: 10_000, env: { NOTIFY_SOCKET: socket } }).catch((thrown) =>
      log.warn({ reason: reasonOf(thrown) }, 'Could not tell systemd that the agent works: it will be started again'),
    );
  };
}
