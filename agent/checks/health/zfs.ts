/** ZFS pools: state, errors, last scrub, space. A message that features are not enabled is no fault. */
import { type CheckContext, NoData } from '../check.ts';
import { exists } from '../files.ts';
import { linesOf, numberOf, shareOf } from '../loose.ts';
import { type HealthReading, type HealthSource, item, metric, minute, type Status, severityOf } from './source.ts';

export interface ZfsDevice {
  name: string;
  state: string;
  read: number | null;
  write: number | null;
  cksum: number | null;
}

export interface ZfsPool {
  name: string;
  state: string | null;
  healthy: boolean;
  devices: ZfsDevice[];
  dataErrors: number | null;
  /** The line `status:`, when there is one. */
  message: string | null;
  scan: string | null;
}

const units: Record<string, number> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** `1.2K` without -p. */
function errorCount(text: string | undefined): number | null {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text ?? '');
  return match ? Math.round(Number(match[1]) * (units[match[2] ?? ''] ?? 1)) : null;
}

/** `zpool status`, with or without -p. Null when it names no pool and does not say that there is none. */
export function parseZpoolStatus(text: string): ZfsPool[] | null {
  const pools = text
    .split(/^(?=\s*pool: )/m)
    .filter((block) => /^\s*pool: /.test(block))
    .map(poolOf);
  return pools.length > 0 || /no pools available/.test(text) ? pools : null;
}

function poolOf(block: string): ZfsPool {
  const value = (key: string) =>
    new RegExp(`^ *${key}: (.*(?:\\n(?:\\t| {8,})\\S.*)*)`, 'm').exec(block)?.[1]?.replace(/\s+/g, ' ').trim() ?? null;
  const name = value('pool') ?? '';
  const rows = linesOf(block).flatMap((line) => {
    const match = /^\s+(\S+)\s+([A-Z]{4,})(?:\s+(\S+)\s+(\S+)\s+(\S+))?/.exec(line);
    if (!match || match[1] === 'NAME' || /:$/.test(match[1] ?? '')) return [];
    const [, device = '', state = '', read, write, cksum] = match;
    return [{ name: device, state, read: errorCount(read), write: errorCount(write), cksum: errorCount(cksum) }];
  });
  const state = value('state');
  const devices = rows.filter((row) => row.name !== name);
  const dataErrors = dataErrorsOf(block);
  const clean = rows.every((row) => !row.read && !row.write && !row.cksum && /^(ONLINE|AVAIL|INUSE)$/.test(row.state));
  const healthy = state === 'ONLINE' && clean && rows.length > 0 && dataErrors === 0;
  return { name, state, healthy, devices, dataErrors, message: value('status'), scan: value('scan') ?? value('scrub') };
}

function dataErrorsOf(block: string): number | null {
  const text = /^errors:\s*([\s\S]*)$/m.exec(block)?.[1] ?? null;
  if (text === null) return null;
  if (/^No known data errors/.test(text)) return 0;
  const counted = numberOf(/^(\d+) data errors/.exec(text)?.[1] ?? null);
  if (counted !== null) return counted;
  return /^Permanent errors/.test(text)
    ? linesOf(text)
        .slice(1)
        .filter((line) => line.trim() !== '').length
    : null;
}

export function judgePool(pool: ZfsPool): { status: Status; reason: string } {
  const errors = pool.devices.filter((device) => device.read || device.write || device.cksum);
  const named = errors.map((device) => `${device.name} ${device.read ?? 0}/${device.write ?? 0}/${device.cksum ?? 0}`);
  if (pool.state === null) return { status: 'unknown', reason: 'the state is not told' };
  if (/^(FAULTED|UNAVAIL|SUSPENDED|REMOVED|OFFLINE)$/.test(pool.state))
    return { status: 'critical', reason: `${pool.state}: ${pool.message ?? ''}` };
  if (pool.dataErrors) return { status: 'critical', reason: `${pool.dataErrors} data errors` };
  if (pool.state !== 'ONLINE') return { status: 'warning', reason: `${pool.state}: ${pool.message ?? ''}` };
  if (errors.length > 0) return { status: 'warning', reason: `errors (read/write/checksum): ${named.join(', ')}` };
  return pool.healthy
    ? { status: 'ok', reason: 'online' }
    : { status: 'unknown', reason: pool.message ?? 'not fully told' };
}

export interface ZfsSpace {
  name: string;
  size: number | null;
  usedPercent: number | null;
  health: string | null;
}

/** `zpool list -Hpo name,size,alloc,free,cap,health` */
export function parseZpoolList(text: string): ZfsSpace[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', size, , , capacity, health] = line.split('\t');
    if (name === '' || health === undefined) return [];
    return [{ name, size: numberOf(size ?? null), usedPercent: shareOf(capacity?.replace('%', '')), health }];
  });
}

/** When the last scrub ended, local time of the machine; null when there was none or one is running. */
export function scrubEnd(scan: string | null): number | null {
  const match = /scrub(?: repaired| completed).* on \w{3} (\w{3} +\d+ [\d:]+ \d{4})/.exec(scan ?? '');
  const ms = match ? Date.parse(match[1] ?? '') : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

export const zfs: HealthSource = {
  name: 'zfs',
  every: 15 * minute,
  reads: 'zpool status -p, zpool list; no root',
  platforms: ['linux', 'freebsd', 'darwin'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  if (context.platform === 'linux' && !(await exists(context, '/proc/spl/kstat/zfs')))
    throw new NoData('ZFS is not loaded');
  const limits = { timeoutMs: 15_000 };
  const answer = await context.run('zpool', ['status', '-p'], limits);
  const pools = parseZpoolStatus(`${answer.stdout}\n${answer.stderr}`);
  if (pools === null) throw new Error(`zpool status was not understood: ${answer.stderr.slice(0, 200)}`);
  if (pools.length === 0) throw new NoData('this machine has no ZFS pool');
  const space = parseZpoolList(
    (await context.run('zpool', ['list', '-Hpo', 'name,size,alloc,free,cap,health'], limits)).stdout,
  );
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  for (const pool of pools) {
    const { status, reason } = judgePool(pool);
    const scrubbed = scrubEnd(pool.scan);
    const details = { state: pool.state, data_errors: pool.dataErrors, scan: pool.scan, last_scrub: scrubbed };
    reading.items.push(item('zfs', pool.name, status, reason, details, now));
    const errors = pool.devices.reduce(
      (sum, device) => sum + (device.read ?? 0) + (device.write ?? 0) + (device.cksum ?? 0),
      pool.dataErrors ?? 0,
    );
    const missing = pool.devices.filter((device) => /^(UNAVAIL|FAULTED|REMOVED|OFFLINE)$/.test(device.state)).length;
    const used = space.find((row) => row.name === pool.name)?.usedPercent ?? null;
    const fields = { severity: severityOf(status), errors, devices_missing: missing, used_percent: used };
    reading.metrics.push(...metric('array', { name: pool.name, kind: 'zfs' }, fields, now));
  }
  return reading;
}
