/** Whether the clock is synchronised, and how far off it is. Offsets in seconds, positive: the clock is behind. */
import { reason } from '../../../shared/reason.ts';
import type { CheckContext } from '../check.ts';
import { NoData } from '../check.ts';
import { changedAt, exists } from '../files.ts';
import { linesOf, numberOf } from '../parse.ts';

export interface TimeSync {
  synced: boolean | null;
  offset: number | null;
  source: string | null;
}

const nothing: TimeSync = { synced: null, offset: null, source: null };

/** `chronyc -c -n tracking`: reference, name, stratum, time, offset … leap status. */
export function parseChronyTracking(text: string): TimeSync {
  const cells = (linesOf(text)[0] ?? '').split(',');
  if (cells.length < 14) return nothing;
  const leap = cells.at(-1)?.trim() ?? '';
  const offset = numberOf(cells[4]);
  if (leap === 'Not synchronised') return { synced: false, offset: null, source: null };
  // "System time" is how far the clock is ahead of true time, as a positive number when it is slow of NTP time.
  return !/^(Normal|Insert second|Delete second)$/.test(leap)
    ? nothing
    : { synced: true, offset, source: cells[1]?.trim() || null };
}

/** `timedatectl show -p NTP -p NTPSynchronized` */
export function parseTimedatectl(text: string): TimeSync {
  const value = /^NTPSynchronized=(yes|no)\s*$/m.exec(text)?.[1];
  return value === undefined ? nothing : { synced: value === 'yes', offset: null, source: 'timedatectl' };
}

/** `w32tm /query /status /verbose`, translated: by position. The first line ends in the leap indicator, 3 is "not synchronised". */
export function parseW32tm(text: string): TimeSync {
  const lines = linesOf(text).filter((line) => /^\S[^:]*:\s*\S/.test(line));
  const leap = /[:：]\s*(\d)\s*[(（]/.exec(lines[0] ?? '')?.[1];
  if (leap === undefined) return nothing;
  const seconds = lines.flatMap((line) => {
    const match = /:\s*(-?\d+(?:[.,]\d+)?)s\s*$/.exec(line);
    return match ? [Number((match[1] ?? '').replace(',', '.'))] : [];
  });
  // Root delay, root dispersion, phase offset, clock rate: the third number of seconds.
  return { synced: leap !== '3', offset: seconds.length >= 4 ? (seconds[2] ?? null) : null, source: 'w32time' };
}

/** `sntp HOST` on macOS: `+0.002345 +/- 0.012 time.apple.com …`. */
export function parseSntp(text: string): TimeSync {
  for (const line of linesOf(text)) {
    const match = /^([+-]\d+(?:\.\d+)?) +\+\/- +\d+(?:\.\d+)? +(\S+)/.exec(line.trimStart());
    const offset = numberOf(match?.[1]);
    if (offset !== null) return { synced: Math.abs(offset) < 1, offset, source: match?.[2] ?? null };
  }
  return nothing;
}

/** systemd-timesyncd asks at least every 34 minutes. */
const freshMs = 2 * 3_600_000;

/** @throws NoData when nothing here reports the state of the clock */
export async function readTimeSync(context: CheckContext): Promise<TimeSync> {
  const limits = { timeoutMs: 15_000 };
  if (context.platform === 'win32')
    return parseW32tm((await context.run('w32tm.exe', ['/query', '/status', '/verbose'], limits)).stdout);
  if (context.platform === 'darwin')
    return parseSntp((await context.run('/usr/bin/sntp', ['time.apple.com'], limits)).stdout);
  if (await exists(context, '/run/chrony'))
    return parseChronyTracking((await context.run('chronyc', ['-c', '-n', 'tracking'], limits)).stdout);
  // Touched at each answer of a time server, and left lying when the service ends.
  const touched = await changedAt(context, '/run/systemd/timesync/synchronized');
  if (touched !== null && context.clock.now() - touched < freshMs)
    return { synced: true, offset: null, source: 'systemd-timesyncd' };
  if (!(await exists(context, '/run/systemd/system'))) throw new NoData(reason('clock_not_told'));
  return parseTimedatectl(
    (await context.run('timedatectl', ['show', '-p', 'NTP', '-p', 'NTPSynchronized'], limits)).stdout,
  );
}
