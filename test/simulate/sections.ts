/** Host, system, updates and backups of a simulated machine, in the shape of the inventory. */

import type { BackupJob, Host, OsState, PatchState } from '../../shared/inventory.ts';
import { quotation, reason } from '../../shared/reason.ts';
import { absenceAt, bootedAt, type Machine } from './machine.ts';
import { noise } from './random.ts';
import { ageOf, has } from './troubles.ts';

const hour = 3_600_000;
const day = 24 * hour;
/** What waits for a week is a trouble that is told at once; so it has been waiting for nearly that long. */
const almost = 6.9 * day;

export function hostOf(machine: Machine, at: number): Host {
  const { name, version, platform } = machine.os;
  return {
    hostname: machine.hostname,
    os: { platform, name, version, build: null, kernel: null, arch: 'x64' },
    kind: machine.kind,
    kind_why: [reason('kind_headless')],
    agent_version: '0.1.0',
    boot_id: bootIdOf(machine, at),
    virtual: 'simulated',
  };
}

export const bootIdOf = (machine: Machine, at: number) =>
  `boot-${machine.seed}-${Math.round(bootedAt(machine, at) / 1000)}`;

export function osOf(machine: Machine, at: number): OsState {
  const waiting = ageOf(machine, 'reboot', at);
  const old = ageOf(machine, 'end-of-life', at);
  return {
    name: machine.os.name,
    version: machine.os.version,
    build: null,
    endOfLife: old === null ? Date.UTC(new Date(at).getUTCFullYear() + 3, 3, 30) : at - old + 80 * day,
    endOfSecurity: null,
    endOfLifeSource: 'table',
    endOfLifeAsOf: '2026-08-22',
    rebootRequired: waiting !== null,
    rebootSince: waiting === null ? null : at - waiting - almost,
    rebootWhy: waiting === null ? null : 'a new kernel was installed',
  };
}

/** null: there is no scan at all. */
export function patchesOf(machine: Machine, at: number): PatchState | null {
  if (has(machine, 'update-scan-missing', at)) return null;
  const failed = has(machine, 'update-scan-failed', at);
  const overdue = ageOf(machine, 'security-updates', at);
  const oldLists = ageOf(machine, 'update-lists-old', at);
  // Healthy: on some days updates are pending, and a few days later they are installed.
  const pendingDays = (Math.floor(at / day) + machine.seed) % 5;
  const security = overdue === null ? (pendingDays < 3 ? 2 : 0) : 3;
  const since = overdue === null ? Math.floor(at / day) * day - pendingDays * day : at - overdue - almost;
  const pending = security + Math.floor(noise(machine.seed, 14) * 20);
  const list = Array.from({ length: failed ? 0 : pending }, (_, n) => ({
    name: `package-${n + 1}`,
    installed: `1.${n}.0`,
    candidate: `1.${n}.1`,
    security: n < security,
    since: n < security ? since : null,
  }));
  return {
    manager: { linux: 'apt', win32: 'windows-update', darwin: 'softwareupdate' }[machine.os.platform] ?? 'apt',
    thirdParty: false,
    pending: failed ? null : pending,
    pendingSecurity: failed ? null : security,
    held: null,
    list,
    oldestSecuritySince: failed || security === 0 ? null : since,
    scannedAt: failed ? null : at,
    metadataAge: failed ? null : Math.round(oldLists === null ? 3600 : (oldLists + 2 * day) / 1000),
    scan: failed ? 'failed' : 'ok',
    reason: failed ? [reason('apt_no_lists', { sources: 'http://mirror.example.net/debian trixie-security' })] : null,
    autoUpdates: 'unknown',
    lastInstall: null,
  };
}

/** Each machine in its own minute: a server at two in the morning UTC, a laptop in the afternoon, while it is in use. */
const runsAt = ({ kind, seed, zone }: Machine) => (kind === 'server' ? 2 : 15.5 - zone) * hour + (seed % 50) * 60_000;
/** Nobody is away for longer. */
const daysLooked = 14;
/** What was missed is made up for, some time after the machine is back. */
const catchUpMs = 40 * 60_000;

function lastRun(machine: Machine, at: number): number {
  const usual = Math.floor((at - runsAt(machine)) / day) * day + runsAt(machine);
  if (!machine.absences) return usual;
  for (let days = 0; days < daysLooked; days++) {
    const absence = absenceAt(machine, usual - days * day);
    if (!absence) return usual - days * day;
    const late = absence.to + catchUpMs;
    if (late <= at && !absenceAt(machine, late)) return late;
  }
  return usual - daysLooked * day;
}

export function backupsOf(machine: Machine, at: number): BackupJob[] {
  if (has(machine, 'backup-none', at)) return [];
  const last = lastRun(machine, at);
  /** The last run before the trouble began. */
  const before = (age: number | null) => (age === null ? last : Math.min(last, lastRun(machine, at - age)));
  const late = ageOf(machine, 'backup-late', at);
  const failing = ageOf(machine, 'backup-failed', at);
  const never = has(machine, 'backup-never', at);
  const blind = ageOf(machine, 'backup-unreadable', at);
  const untrue = ageOf(machine, 'restore-failed', at);
  const failed = failing !== null && last > at - failing;
  const lastSuccess = never ? null : before(late ?? (failed ? failing : null) ?? blind);
  const usual = Math.round(2e9 * (1 + noise(machine.seed, 17)));
  const small = ageOf(machine, 'backup-small', at);
  return [
    {
      product: 'restic',
      job: 'nightly',
      protects: [machine.os.platform === 'win32' ? 'C:\\Users' : '/home'],
      repository: 'sftp:backup@vault:/repositories/main',
      schedule: 'daily',
      nextRun: null,
      lastRun: never ? null : late !== null || blind !== null ? lastSuccess : last,
      lastSuccess,
      result: never ? 'never' : blind !== null ? 'unknown' : failed ? 'failed' : 'ok',
      reason: blind !== null ? [reason('no_answer', { program: 'restic' })] : failed ? [reason('locked')] : null,
      bytes: never ? null : small !== null && last > at - small ? Math.round(usual / 10) : usual,
      duration: never ? null : 600 + Math.round(1200 * noise(machine.seed, 18)),
      files: never ? null : 20_000,
      lastVerified: last - 10 * day,
      verifiedOk: untrue === null,
      ...(untrue === null ? {} : { verifyFailedAt: at - untrue, verifyNote: quotation('the archive is damaged') }),
      readable: blind === null,
      evidence: 'simulated',
    },
  ];
}
