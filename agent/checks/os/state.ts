/** The operating system: which it is, how long it gets updates, whether it waits for a restart, how it went down, its clock. */

import { uptime } from 'node:os';
import { reasonOf } from '../../../shared/errors.ts';
import type { OsState } from '../../../shared/inventory.ts';
import { type Reason, reason, reasonsOf } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { readBootId } from '../../platform/boot.ts';
import { readShutdown } from '../../platform/shutdown.ts';
import { type CheckContext, type Findings, NoData } from '../check.ts';
import { changedAt, fileText } from '../files.ts';
import { metric } from '../health/source.ts';
import { numberOf, objectOf } from '../parse.ts';
import { parseSwVers } from '../patches/softwareupdate.ts';
import { parseProStatus } from '../patches/ubuntu-pro.ts';
import { parseSystemInfo, parseWindowsVersion } from '../patches/windows-text.ts';
import {
  dayOf,
  daysUntil,
  type Life,
  type LifeTables,
  lifeOf,
  lookUp,
  parseOsRelease,
  tablesOf,
} from './end-of-life.ts';
import { type Reboot, readReboot } from './reboot.ts';
import { readTimeSync, type TimeSync } from './time-sync.ts';

const dayMs = 86_400_000;

type OsReading = Omit<OsState, 'rebootRequired' | 'rebootSince' | 'rebootWhy'>;

/** One reading of everything about the system; what could not be read is null. */
export async function readOsState(context: CheckContext): Promise<Findings> {
  const now = context.clock.now();
  const { tables, note } = await readTables(context, now);
  const named = await namedOf(context, tables, now);
  const reboot = rememberSince(context, await readReboot(context), now);
  const clock = await clockOf(context);
  const section: OsState = {
    ...named,
    rebootRequired: reboot.required,
    rebootSince: reboot.since,
    rebootWhy: reboot.why,
  };
  const metrics = metricsOf(section, await countUnclean(context), clock, now);
  const findings = { metrics, sections: { os: section } };
  return note.length === 0 ? findings : { ...findings, note };
}

export function metricsOf(
  { rebootRequired, rebootSince, endOfSecurity, endOfLife }: OsState,
  unclean: number | null,
  clock: Pick<TimeSync, 'offset' | 'synced'>,
  now: number,
): Metric[] {
  const end = endOfSecurity ?? endOfLife;
  const fields = {
    reboot_required: rebootRequired === null ? null : Number(rebootRequired),
    reboot_required_age_s: rebootSince === null ? null : Math.max(0, Math.round((now - rebootSince) / 1000)),
    end_of_life_days: end === null ? null : daysUntil(now, end),
    unclean_shutdowns: unclean,
    time_offset_s: clock.offset,
    time_synced: clock.synced === null ? null : Number(clock.synced),
  };
  return metric('os', {}, fields, now);
}

/**
 * A table that cannot be read is reported, and the bundled one is used: the rest of this check does not depend on it.
 */
async function readTables(context: CheckContext, now: number): Promise<{ tables: LifeTables[]; note: Reason[] }> {
  if (context.data === undefined) return { tables: tablesOf(null), note: [] };
  try {
    const { readTable } = await import('./end-of-life-file.ts');
    return { tables: tablesOf(await readTable(context.data, now)), note: [] };
  } catch (thrown) {
    context.log.warn({ reason: reasonOf(thrown) }, 'Could not read the end-of-life table');
    return { tables: tablesOf(null), note: reasonsOf(thrown) };
  }
}

/** When a tool reports a pending restart but not since when, the time of the first such answer counts. */
function rememberSince(context: CheckContext, reboot: Reboot, now: number): Reboot {
  const before = numberOf(objectOf(context.memory.get('os.reboot')).since);
  const since = reboot.required === true ? (reboot.since ?? before ?? now) : null;
  // "Unknown" does not end a wait that was known.
  if (reboot.required !== null) context.memory.set('os.reboot', { since });
  return { ...reboot, since };
}

async function clockOf(context: CheckContext): Promise<TimeSync> {
  try {
    return await readTimeSync(context);
  } catch (thrown) {
    if (thrown instanceof NoData) return { synced: null, offset: null, source: null };
    throw thrown;
  }
}

/**
 * Runs of the machine that ended without a shutdown, counted while the agent is installed. Judged once a boot, by what
 * the system has kept of it, else by whether the agent itself could still publish its `offline`; null until one could
 * be judged.
 */
async function countUnclean(context: CheckContext): Promise<number | null> {
  const remembered = objectOf(context.memory.get('os.shutdowns'));
  const session = objectOf(context.memory.get('session'));
  const count = numberOf(remembered.unclean);
  const fresh = readBootId(context.root);
  // The agent keeps an id that was made from the wall clock when that is set.
  const boot = fresh.startsWith('boot-') && typeof session.boot_id === 'string' ? session.boot_id : fresh;
  if (remembered.boot === boot) return count;
  const clean = (await endedCleanly(context, remembered)) ?? signedOff(session, remembered.boot);
  // The first run looks back too, but counts only what happens from now on.
  const first = remembered.boot === undefined;
  const unclean = clean === null ? count : (count ?? 0) + (clean || first ? 0 : 1);
  context.memory.set('os.shutdowns', { boot, unclean, at: context.clock.now() });
  return unclean;
}

async function endedCleanly(context: CheckContext, run: Record<string, unknown>): Promise<boolean | null> {
  if (typeof run.boot !== 'string') return null;
  const now = context.clock.now();
  const bootedAt = now - uptime() * 1000;
  const runs = { bootId: run.boot, seenAt: numberOf(run.at) ?? bootedAt - dayMs, bootedAt, now };
  const found = (await readShutdown(context, runs))?.previous_shutdown;
  return found === undefined ? null : found === 'clean';
}

/** The agent's last record of that run of the machine. */
function signedOff(session: Record<string, unknown>, boot: unknown): boolean | null {
  const previous = objectOf(session.previous);
  return boot !== undefined && previous.boot_id === boot ? previous.ended === true : null;
}

async function namedOf(context: CheckContext, tables: readonly LifeTables[], now: number): Promise<OsReading> {
  if (context.platform === 'win32') return windows(context, tables);
  if (context.platform === 'darwin') return macos(context, tables);
  const text = (await fileText(context, '/etc/os-release')) ?? (await fileText(context, '/usr/lib/os-release'));
  if (text === null) throw new NoData(reason('no_os_release'));
  const { ID = '', NAME, BUILD_ID = null } = parseOsRelease(text);
  // It becomes part of a path.
  const distroInfo = /^\w+$/.test(ID) ? `/usr/share/distro-info/${ID}.csv` : null;
  const csv = distroInfo && (await fileText(context, distroInfo));
  const pro = parseProStatus((await fileText(context, '/var/lib/ubuntu-advantage/status.json')) ?? '');
  const life: Life = lifeOf(text, csv, pro?.attached ?? null, now, tables);
  // The package's own date, which dpkg keeps.
  const dated = distroInfo && life.source === 'distro-info' ? await changedAt(context, distroInfo) : null;
  return {
    name: NAME ?? life.id,
    version: life.version,
    build: BUILD_ID,
    endOfLife: life.endOfLife,
    endOfSecurity: life.endOfSecurity,
    endOfLifeSource: life.source,
    endOfLifeAsOf: dated === null ? life.asOf : new Date(dated).toISOString().slice(0, 10),
    rollingRelease: life.state === 'rolling',
  };
}

function fromTable(tables: readonly LifeTables[], id: string, release: string, edition: string | null) {
  const { row, source, asOf } = lookUp(tables, id, release, edition);
  const endOfLife = dayOf(row?.endOfLife);
  return {
    endOfLife,
    endOfSecurity: dayOf(row?.endOfSecurity) ?? endOfLife,
    endOfLifeSource: source,
    endOfLifeAsOf: asOf,
    rollingRelease: false,
  };
}

async function windows(context: CheckContext, tables: readonly LifeTables[]): Promise<OsReading> {
  const key = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
  // A 32-bit process would see another registry without /reg:64.
  const answer = await context.run('reg.exe', ['query', key, '/reg:64'], { timeoutMs: 15_000 });
  const version = parseWindowsVersion(answer.stdout);
  if (version.version === null) return bySystemInfo(context, tables);
  const { installationType: type, product } = version;
  const isClient = type === null ? !/\bserver\b/i.test(product ?? '') : type === 'Client';
  const id = isClient ? 'windows' : 'windows-server';
  const table = fromTable(tables, id, String(version.build ?? ''), version.edition);
  return { name: product, version: version.displayVersion, build: version.version, ...table };
}

/** Slow and translated, but there where reading the registry is forbidden. */
async function bySystemInfo(context: CheckContext, tables: readonly LifeTables[]): Promise<OsReading> {
  const info = parseSystemInfo((await context.run('systeminfo.exe', [], { timeoutMs: 60_000 })).stdout);
  const id = info.role === 'workstation' ? 'windows' : 'windows-server';
  return { name: info.product, version: null, build: info.build, ...fromTable(tables, id, info.build ?? '', null) };
}

async function macos(context: CheckContext, tables: readonly LifeTables[]): Promise<OsReading> {
  const text = (await fileText(context, '/System/Library/CoreServices/SystemVersion.plist')) ?? '';
  const { product, version, build } = parseSwVers(text);
  return { name: product, version, build, ...fromTable(tables, 'macos', version ?? '', null) };
}
