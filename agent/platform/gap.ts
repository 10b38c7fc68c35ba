/** Why the agent did not run for a while: the machine slept, the clock was set, or the agent or machine stood still. */
import { uptime } from 'node:os';
import type { CheckContext } from '../checks/check.ts';
import { readText } from './read.ts';

export interface Gap {
  sleptMs: number;
  stoodStillMs: number;
  /** The wall clock was set forward (or back: negative) by so much. */
  setMs: number;
  /** Memory or disks had stopped all work just before; null where the system does not report it. */
  stalled: boolean | null;
}

/** By how much the wall clock, and by how much the monotonic clock, went further than the agent had planned; ms. */
export interface ClockGap {
  jumpMs: number;
  lateMs: number;
}

type GapContext = Pick<CheckContext, 'platform' | 'root' | 'run'>;

/** Of the Linux kernel's clocks the one behind `uptime` runs on in sleep, the monotonic one does not. */
const asleepSinceBoot = () => uptime() * 1000 - Number(process.hrtime.bigint()) / 1e6;

/** @param asleep ms in sleep since the machine started; null where no clock shows it */
export function createGaps(system: GapContext, asleep = system.platform === 'linux' ? asleepSinceBoot : null) {
  let before = asleep?.() ?? 0;
  return {
    async explain({ jumpMs, lateMs }: ClockGap, now: number): Promise<Gap> {
      if (asleep) {
        const total = asleep();
        // A wall clock that was set jumps without sleep; sleep without a jump is a mistake of a container's uptime.
        const sleptMs = Math.max(0, Math.min(total - before, jumpMs));
        before = total;
        const stalled = lateMs > 0 ? readStalled(system.root, lateMs) : null;
        return { sleptMs, stoodStillMs: lateMs, setMs: jumpMs - sleptMs, stalled };
      }
      // The clocks of Node run on in sleep on macOS and Windows: only the system's own records show it.
      const gapMs = Math.max(jumpMs, lateMs);
      const slept = gapMs > 0 && (await readSleep(system, now - gapMs, now).catch(() => false));
      return { sleptMs: slept ? gapMs : 0, stoodStillMs: slept ? 0 : lateMs, setMs: slept ? 0 : jumpMs, stalled: null };
    },
  };
}

/** A share of time in which nothing at all could go on; an average over 60 s still holds two fifths of 30 s ago. */
const stalledPercent = 30;

function readStalled(root: string, lateMs: number): boolean | null {
  const shares = ['memory', 'io'].flatMap((resource) => {
    const full = /^full avg10=[\d.]+ avg60=([\d.]+) avg300=([\d.]+)/m.exec(
      readText(root, `/proc/pressure/${resource}`) ?? '',
    );
    return full ? [Number(lateMs < 150_000 ? full[1] : full[2])] : [];
  });
  return shares.length === 0 ? null : Math.max(...shares) >= stalledPercent;
}

async function readSleep({ platform, run }: GapContext, from: number, to: number): Promise<boolean> {
  const limits = { timeoutMs: 30_000, gentle: false };
  const within = (at: number) => at > from - 10_000 && at <= to + 10_000;
  if (platform === 'darwin') {
    const { stdout } = await run('/usr/sbin/sysctl', ['-n', 'kern.waketime'], limits);
    return within(Number(/\bsec = (\d{1,12})/.exec(stdout)?.[1] ?? Number.NaN) * 1000);
  }
  // Kernel-Power 42 goes to sleep, 506 to modern standby; 107 and 507 come back.
  const query = `*[System[Provider[@Name='Microsoft-Windows-Kernel-Power'] and (EventID=42 or EventID=107 or EventID=506 or EventID=507) and TimeCreated[timediff(@SystemTime) <= ${Math.round(to - from) + 20_000}]]]`;
  const { stdout } = await run('wevtutil.exe', ['qe', 'System', `/q:${query}`, '/f:xml', '/rd:true', '/c:4'], limits);
  return /<EventID[^>]*>(42|107|506|507)</.test(stdout);
}
