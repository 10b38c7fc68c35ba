/** ZFS pools: state, errors, last scrub, space. A message that features are not enabled is no fault. */

import { joinReasons, quotation, ReasonedError, reason } from '../../../shared/reason.ts';
import { readBootId } from '../../platform/boot.ts';
import { type CheckContext, NoData } from '../check.ts';
import { bytesOf, exists } from '../files.ts';
import { linesOf, numberOf, shareOf } from '../parse.ts';
import { type PoolSizes, poolsKey } from '../pools.ts';
import { percent, round } from '../reading.ts';
import { type DeviceVerdict, follow, type KnownDevice, knownOf, type Sighting } from './follow.ts';
import { type HealthReading, type HealthSource, minute } from './source.ts';

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
  const blocks: string[][] = [];
  for (const line of linesOf(text)) {
    if (/^ *pool: /.test(line)) blocks.push([]);
    blocks.at(-1)?.push(line);
  }
  return blocks.length > 0 || text.includes('no pools available') ? blocks.map(poolOf) : null;
}

/** Each key with its first line and those that go on below it, further to the right. */
function sectionsOf(block: readonly string[]): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of block) {
    const match = /^ {0,7}([a-z]+):(?: (.*))?$/.exec(line);
    if (match) {
      current = [match[2] ?? ''];
      sections.set(match[1] ?? '', current);
    } else current.push(line);
  }
  return sections;
}

function poolOf(block: readonly string[]): ZfsPool {
  const sections = sectionsOf(block);
  const value = (key: string) => sections.get(key)?.join(' ').trim().replace(/\s+/g, ' ') || null;
  const name = value('pool') ?? '';
  const rows = (sections.get('config') ?? []).flatMap((line) => {
    const [device = '', state = '', read, write, cksum] = line.trim().split(/\s+/);
    if (!/^\s/.test(line) || !/^[A-Z]{4,}$/.test(state) || device === 'NAME') return [];
    return [{ name: device, state, read: errorCount(read), write: errorCount(write), cksum: errorCount(cksum) }];
  });
  const state = value('state');
  const devices = rows.filter((row) => row.name !== name);
  const dataErrors = dataErrorsOf(sections.get('errors'));
  const clean = rows.every((row) => !row.read && !row.write && !row.cksum && /^(ONLINE|AVAIL|INUSE)$/.test(row.state));
  const healthy = state === 'ONLINE' && clean && rows.length > 0 && dataErrors === 0;
  return { name, state, healthy, devices, dataErrors, message: value('status'), scan: value('scan') ?? value('scrub') };
}

function dataErrorsOf(lines: readonly string[] | undefined): number | null {
  const [first = '', ...files] = lines ?? [];
  if (first.startsWith('No known data errors')) return 0;
  if (first.startsWith('Permanent errors')) return files.filter((line) => line.trim() !== '').length || null;
  return numberOf(/^(\d+) data errors/.exec(first)?.[1]);
}

export function judgePool(pool: ZfsPool): DeviceVerdict {
  const errors = pool.devices.filter((device) => device.read || device.write || device.cksum);
  const named = errors.map((device) => `${device.name} ${device.read ?? 0}/${device.write ?? 0}/${device.cksum ?? 0}`);
  if (pool.state === null) return { status: 'unknown', reasons: [reason('state_not_told')] };
  const state = [reason('pool_state', { state: pool.state }), ...quotation(pool.message)];
  if (/^(FAULTED|UNAVAIL|SUSPENDED|REMOVED|OFFLINE)$/.test(pool.state)) return { status: 'critical', reasons: state };
  if (pool.dataErrors) return { status: 'critical', reasons: [reason('data_errors', { errors: pool.dataErrors })] };
  if (pool.state !== 'ONLINE') return { status: 'warning', reasons: state };
  if (errors.length > 0)
    return { status: 'warning', reasons: [reason('pool_device_errors', { devices: named.join(', ') })] };
  return pool.healthy
    ? { status: 'ok', reasons: [reason('pool_online')] }
    : { status: 'unknown', reasons: joinReasons(quotation(pool.message)) ?? [reason('pool_not_fully_told')] };
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
  const match = /^scrub (?:repaired|completed)\b.* on \w{3} (\w{3} {1,2}\d{1,2} [\d:]{8} \d{4})/.exec(scan ?? '');
  const ms = match ? Date.parse(match[1] ?? '') : Number.NaN;
  return Number.isFinite(ms) ? ms : null;
}

export const zfs: HealthSource = {
  name: 'zfs',
  every: 15 * minute,
  reads: 'zpool status -p, zpool list, zfs list; no root',
  platforms: ['linux', 'freebsd', 'darwin'],
  read,
};

/**
 * `zfs list -Hpd0 -o name,used,available` → used and available of each pool as its users count: without the parity
 * that `zpool list` counts in, with all data sets and snapshots, mounted or not.
 */
export function parseZfsList(text: string): { name: string; used: number; available: number }[] {
  return linesOf(text).flatMap((line) => {
    const [name = '', ...rest] = line.split('\t');
    const [used, available] = rest.map(numberOf);
    if (name === '' || rest.length !== 2 || used == null || available == null || used < 0 || available < 0) return [];
    return [{ name, used, available }];
  });
}

async function read(context: CheckContext): Promise<HealthReading> {
  const known = knownOf(context, zfs.name);
  const loaded = context.platform !== 'linux' || (await exists(context, '/proc/spl/kstat/zfs'));
  if (!loaded && known.length === 0) throw new NoData(reason('zfs_not_loaded'));
  const sightings = loaded ? await sight(context) : [];
  if (sightings.length === 0 && known.length === 0) throw new NoData(reason('no_zfs_pool'));
  const cached = await bytesOf(context, '/etc/zfs/zpool.cache');
  return follow(context, zfs.name, sightings, (lost) => lostPool(lost, cached, readBootId(context.root)));
}

async function sight(context: CheckContext): Promise<Sighting[]> {
  const limits = { timeoutMs: 15_000 };
  const answer = await context.run('zpool', ['status', '-p'], limits);
  const pools = parseZpoolStatus(`${answer.stdout}\n${answer.stderr}`);
  if (pools === null)
    throw new ReasonedError(
      reason('not_understood', { source: 'zpool status' }),
      ...quotation(answer.stderr.slice(0, 200)),
    );
  if (pools.length === 0) return [];
  const list = await context.run('zpool', ['list', '-Hpo', 'name,size,alloc,free,cap,health'], limits);
  // Without this second tool there is still the capacity of `zpool list`.
  const shares = await context.run('zfs', ['list', '-Hpd0', '-o', 'name,used,available'], limits).catch(() => null);
  const space = parseZfsList(shares?.stdout ?? '');
  const sizes: PoolSizes = Object.fromEntries(space.map(({ name, used, available }) => [name, used + available]));
  context.memory.set(poolsKey, sizes);
  return pools.map((pool) => {
    const row = space.find(({ name }) => name === pool.name);
    const own = row ? percent(row.used, row.used + row.available) : null;
    const raw = parseZpoolList(list.stdout).find(({ name }) => name === pool.name)?.usedPercent ?? null;
    return sightingOf(pool, own ?? raw, readBootId(context.root));
  });
}

function sightingOf(pool: ZfsPool, used: number | null, boot: string): Sighting {
  const faults = (device: ZfsDevice) => (device.read ?? 0) + (device.write ?? 0) + (device.cksum ?? 0);
  return {
    ...judgePool(pool),
    // A pool carries its name with it; the disks below may change theirs.
    id: pool.name,
    name: pool.name,
    kind: 'zfs',
    details: { state: pool.state, data_errors: pool.dataErrors, scan: pool.scan, last_scrub: scrubEnd(pool.scan) },
    measurement: 'array',
    tags: { name: pool.name, kind: 'zfs' },
    fields: {
      errors: pool.devices.reduce((sum, device) => sum + faults(device), pool.dataErrors ?? 0),
      devices_missing: pool.devices.filter(({ state }) => /^(UNAVAIL|FAULTED|REMOVED|OFFLINE)$/.test(state)).length,
      used_percent: round(used),
    },
    evidence: { boot },
  };
}

/**
 * A pool that is not listed any more. An export takes it out of the cache file, a start that could not import it leaves
 * it there. Where no such file is kept: within one boot only a person exports it.
 */
function lostPool({ name, evidence }: KnownDevice, cached: Buffer | null, boot: string): DeviceVerdict | null {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(name));
  if (cached === null ? evidence.boot === boot : !cached.includes(Buffer.concat([length, Buffer.from(name)])))
    return null;
  return { status: 'critical', reasons: [reason('pool_not_imported')] };
}
