/** The inventory of a simulated machine: enough of host, backups, patches, os and health that the pages have life. */
import type { BackupJob, HealthItem, Host, OsState, PatchState } from '../../shared/inventory.ts';
import { bootedAt, type Machine } from './machine.ts';
import { noise } from './random.ts';

const hour = 3_600_000;
const day = 24 * hour;

export function sectionsAt(machine: Machine, at: number): [section: string, data: unknown][] {
  return [
    ['host', hostOf(machine, at)],
    ['os', osOf(machine, at)],
    ['patches', [patchesOf(machine, at)]],
    ['backups', backupsOf(machine, at)],
    ['health', [diskOf(machine, at)]],
  ];
}

function hostOf(machine: Machine, at: number): Host {
  const { name, version, platform } = machine.os;
  return {
    hostname: machine.hostname,
    os: { platform, name, version, build: null, kernel: null, arch: 'x64' },
    kind: machine.kind,
    kind_why: 'simulated',
    agent_version: '0.1.0',
    boot_id: bootIdOf(machine, at),
    virtual: 'simulated',
  };
}

export const bootIdOf = (machine: Machine, at: number) =>
  `boot-${machine.seed}-${Math.round(bootedAt(machine, at) / 1000)}`;

function osOf(machine: Machine, at: number): OsState {
  const needsReboot = noise(machine.seed, 11) < 0.15;
  const isOld = machine.os.version === '20.04';
  return {
    name: machine.os.name,
    version: machine.os.version,
    build: null,
    endOfLife: isOld ? Date.UTC(2025, 4, 31) : null,
    endOfSecurity: null,
    endOfLifeSource: isOld ? 'table' : null,
    endOfLifeAsOf: '2026-08-22',
    rebootRequired: needsReboot,
    rebootSince: needsReboot ? Math.floor(at / day) * day - 3 * day : null,
    rebootWhy: needsReboot ? 'a new kernel was installed' : null,
  };
}

function patchesOf(machine: Machine, at: number): PatchState {
  const failed = noise(machine.seed, 12) < 0.05;
  const security = failed ? 0 : Math.floor(noise(machine.seed, 13) ** 3 * 8);
  const pending = security + Math.floor(noise(machine.seed, 14) * 20);
  const since = security > 0 ? Math.floor(at / day) * day - Math.floor(noise(machine.seed, 15) * 40) * day : null;
  const list = Array.from({ length: failed ? 0 : Math.min(pending, 40) }, (_, n) => ({
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
    oldestSecuritySince: since,
    scannedAt: failed ? null : at,
    metadataAge: failed ? null : 3600,
    scan: failed ? 'failed' : 'ok',
    reason: failed ? 'the update source could not be reached' : null,
    autoUpdates: 'unknown',
    lastInstall: null,
  };
}

function backupsOf(machine: Machine, at: number): BackupJob[] {
  const luck = noise(machine.seed, 16);
  if (luck < 0.1) return [];
  const ageDays = luck > 0.9 ? 4 : 0;
  const failed = luck > 0.8 && luck <= 0.85;
  const lastRun = Math.floor((at - 2 * hour) / day) * day + 2 * hour - ageDays * day;
  return [
    {
      product: 'restic',
      job: 'nightly',
      protects: [machine.os.platform === 'win32' ? 'C:\\Users' : '/home'],
      repository: 'sftp:backup@vault:/repositories/main',
      schedule: 'daily',
      nextRun: null,
      lastRun,
      lastSuccess: failed ? lastRun - 2 * day : lastRun,
      result: failed ? 'failed' : 'ok',
      reason: failed ? 'the repository is locked' : null,
      bytes: Math.round(2e9 * (1 + noise(machine.seed, 17))),
      duration: 600 + Math.round(1200 * noise(machine.seed, 18)),
      files: 20_000,
      lastVerified: luck > 0.5 ? lastRun - 10 * day : null,
      verifiedOk: luck > 0.5 ? true : null,
      readable: true,
      evidence: 'simulated',
    },
  ];
}

function diskOf(machine: Machine, at: number): HealthItem {
  const bad = noise(machine.seed, 19) < 0.04;
  return {
    kind: 'smart',
    name: 'disk0',
    status: bad ? 'warning' : 'ok',
    summary: bad ? '8 sectors were reallocated' : 'passed',
    details: { reallocated: bad ? 8 : 0 },
    at,
  };
}
