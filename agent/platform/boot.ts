/** Which run of the machine this is, and how it is about to end. */
import { uptime } from 'node:os';
import type { OfflineReason } from '../../shared/presence.ts';
import type { RunLimits, RunResult } from '../checks/check.ts';
import { firstLine, readText } from './read.ts';

/**
 * The kernel's own boot id. Where there is none, the boot time to the nearest two minutes: an id that changes once too
 * often only makes the spool begin a new epoch.
 */
export function readBootId(root = ''): string {
  const kernel = firstLine(root, '/proc/sys/kernel/random/boot_id');
  if (kernel !== null && kernel !== '') return kernel;
  const bootedAt = Math.round((Date.now() - uptime() * 1000) / 120_000);
  return `boot-${bootedAt}`;
}

/** A run of the machine as the agent remembers it; `at` in ms UTC and `uptime` in s are of one moment. */
export interface RememberedRun {
  boot_id?: string;
  at?: number;
  uptime?: number;
}

/**
 * The id of this run, kept where it was made from the wall clock: the clock may have been set since. Pure. It is the same
 * run when this one had begun before the agent remembered it, and is older now than it was then.
 */
export function keepBootId(bootId: string, last: RememberedRun | undefined, now: number, uptimeS: number): string {
  const { boot_id, at, uptime: before } = last ?? {};
  if (!bootId.startsWith('boot-') || boot_id === undefined || at === undefined || before === undefined) return bootId;
  return now - uptimeS * 1000 < at && uptimeS >= before ? boot_id : bootId;
}

/** Pure: from systemd's job list, why the agent is being stopped. */
export function reasonFromJobs(jobs: string): OfflineReason {
  if (/\b(reboot|kexec|soft-reboot)\.target\b.*\bstart\b/.test(jobs)) return 'restart';
  return /\b(poweroff|halt)\.target\b.*\bstart\b/.test(jobs) ? 'shutdown' : 'stop';
}

/** Asked once, at SIGTERM. One process then is cheap; a guess would turn a planned restart into an outage. */
export async function readStopReason(
  run: (file: string, args: readonly string[], limits: RunLimits) => Promise<RunResult>,
): Promise<OfflineReason> {
  if (readText('', '/proc/1/comm')?.trim() !== 'systemd') return 'stop';
  try {
    const { stdout } = await run('systemctl', ['list-jobs', '--no-legend', '--plain'], {
      timeoutMs: 2000,
      gentle: false,
    });
    return reasonFromJobs(stdout);
  } catch {
    // No systemctl: only the stop itself is known.
    return 'stop';
  }
}
