/** Health and posture of a simulated machine: the real agent's verdicts about devices that do not exist. */

import { NoData } from '../../agent/checks/check.ts';
import { answerOf, itemOf, metricsOf } from '../../agent/checks/custom/result.ts';
import { antivirusReading } from '../../agent/checks/health/antivirus.ts';
import { batteryReading } from '../../agent/checks/health/battery.ts';
import { judgeCertificates } from '../../agent/checks/health/certificates.ts';
import { encryptionReading } from '../../agent/checks/health/encryption.ts';
import { firewallReading } from '../../agent/checks/health/firewall.ts';
import { follow, type Sighting } from '../../agent/checks/health/follow.ts';
import { judgeMd, type MdArray } from '../../agent/checks/health/md.ts';
import { serviceReading, troubled } from '../../agent/checks/health/services.ts';
import { judgeSmart, type SmartDisk } from '../../agent/checks/health/smart.ts';
import { day, type HealthSource, hour, item, metric, minute } from '../../agent/checks/health/source.ts';
import { type LogReport, reportOf, unreadable } from '../../agent/checks/logs/report.ts';
import type { HealthItem } from '../../shared/inventory.ts';
import { reason } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import type { Machine } from './machine.ts';
import { noise } from './random.ts';
import { ageOf, has } from './troubles.ts';

/** One for all: making one takes a stack trace, thousands of times. */
export const nothingHere = new NoData(reason('nothing_of_this_kind'));

const platforms = ['linux', 'darwin', 'win32'] as const;
const source = (name: string, every: number, read: HealthSource['read']): HealthSource => ({
  ...{ name, every, reads: 'nothing: it is simulated', platforms, read },
});

/** What files and quick programs tell. */
export const quickSourcesOf = (machine: Machine): HealthSource[] => [
  source('md', 5 * minute, async (context) => {
    if (machine.kind !== 'server' || machine.os.platform !== 'linux') throw nothingHere;
    const gone = has(machine, 'array-not-started', context.clock.now());
    const array = arrayAt(machine, context.clock.now());
    return follow(context, 'md', gone ? [] : [sightArray(array)], () => ({
      ...{ status: 'critical', reasons: [reason('array_disks_there')] },
    }));
  }),
  source('zfs', 15 * minute, async (context) => {
    if (machine.kind !== 'server' || machine.os.platform !== 'linux') throw nothingHere;
    const full = ageOf(machine, 'pool-filling', context.clock.now());
    const used_percent = full === null ? 45 : Math.min(99, 45 + (full / day) * 100);
    const pool: Sighting = {
      ...{
        id: 'tank',
        name: 'tank',
        kind: 'zfs',
        status: 'ok',
        reasons: [reason('pool_online')],
        measurement: 'array',
      },
      tags: { name: 'tank', kind: 'zfs' },
      details: { state: 'ONLINE' },
      fields: { errors: 0, devices_missing: 0, used_percent },
    };
    return follow(context, 'zfs', [pool], () => null);
  }),
  source('services', 5 * minute, async (context) => {
    const down = has(machine, 'service', context.clock.now());
    const stopped = {
      name: 'shop.service',
      status: 'critical' as const,
      why: reason('service_failed', { result: 'exit-code' }),
    };
    const before = troubled(context, 'services');
    return serviceReading(down ? [stopped] : [], 80, context.clock.now(), before);
  }),
  source('battery', hour, async ({ clock }) => {
    if (machine.sleepShare === 0) throw nothingHere;
    const charge = 60 + Math.round(40 * noise(machine.seed, Math.floor(clock.now() / hour)));
    const battery = { name: 'BAT0', healthPercent: 92, chargePercent: charge, cycles: 210, state: null };
    return batteryReading([battery], clock.now());
  }),
  source('encryption', 6 * hour, async ({ clock }) => {
    if (machine.kind === 'server') throw nothingHere;
    const encrypted = !has(machine, 'encryption', clock.now());
    const path = machine.os.platform === 'win32' ? 'C:' : '/';
    return encryptionReading(
      [{ path, encrypted, why: reason(encrypted ? 'encrypted' : 'not_encrypted') }],
      clock.now(),
    );
  }),
  source('firewall', hour, async ({ clock }) => {
    const on = !has(machine, 'firewall', clock.now());
    return firewallReading({ on, why: [reason(on ? 'firewall_on' : 'firewall_off')] }, clock.now());
  }),
  source('antivirus', 6 * hour, async ({ clock }) => {
    if (machine.os.platform !== 'win32') throw nothingHere;
    const on = !has(machine, 'antivirus', clock.now());
    return antivirusReading({ name: 'Microsoft Defender', on, signatureAgeDays: 1 }, clock.now());
  }),
  source('certificates', hour, async ({ clock }) => {
    if (machine.kind !== 'server') throw nothingHere;
    return certificateReading(machine, clock.now());
  }),
];

/** What smartctl tells, every six hours. */
export const slowSourcesOf = (machine: Machine): HealthSource[] => [
  source('smart', 6 * hour, async (context) => {
    const at = context.clock.now();
    const seen = has(machine, 'disk-vanished', at)
      ? [disk(machine, 0, at)]
      : [disk(machine, 0, at), disk(machine, 1, at)];
    return follow(context, 'smart', seen, () => ({
      ...{ status: 'warning', reasons: [reason('disk_gone')] },
    }));
  }),
];

/** @param n 1 is the disk that may be in trouble */
function disk(machine: Machine, n: number, at: number): Sighting {
  const blindFor = n === 1 ? ageOf(machine, 'smart-blind', at) : null;
  const bad = n === 1 && (has(machine, 'smart', at) || blindFor !== null);
  const told: SmartDisk = {
    ...{ device: `/dev/sd${'ab'[n]}`, protocol: 'ATA', model: 'SIM-1000', serial: `S${machine.seed}-${n}`, wwn: null },
    ...{ passed: !bad, exitStatus: bad ? 8 : 0, asleep: false, temperature: 34, powerOnHours: 9000, message: null },
    ata: {
      ...{ reallocated: bad ? 900 : 0, reportedUncorrectable: bad ? 12 : 0, commandTimeouts: 0 },
      ...{ pending: bad ? 16 : 0, offlineUncorrectable: bad ? 16 : 0, crcErrors: 0 },
    },
    ...{ nvme: null, wear: null, grownDefects: null },
  };
  // The disk that has been dying for a day answers no more.
  const blind = blindFor !== null && blindFor > day;
  const name = `SIM-1000 ${n}`;
  return {
    ...{ id: `S${machine.seed}-${n}`, name, kind: 'smart', measurement: 'smart', tags: { name } },
    ...(blind ? { status: 'warning', reasons: [reason('disk_unreadable')], blind: true } : judgeSmart(told)),
    details: { device: told.device, model: told.model },
    fields: blind
      ? {}
      : {
          temperature: told.temperature,
          reallocated: told.ata?.reallocated ?? null,
          pending: told.ata?.pending ?? null,
          uncorrectable: told.ata?.offlineUncorrectable ?? null,
          power_on_hours: told.powerOnHours,
        },
  };
}

function arrayAt(machine: Machine, at: number): MdArray {
  const degraded = has(machine, 'array-degraded', at);
  return {
    ...{ name: 'md0', state: 'active', autoReadOnly: false, readOnly: false, level: 'raid1' },
    ...{ disksExpected: 2, disksUp: degraded ? 1 : 2, failed: degraded ? 1 : 0, spare: 0, degraded },
    ...{ sync: null, members: ['sda1', 'sdb1'], blocks: machine.diskBytes / 1024 },
  };
}

function sightArray(array: MdArray): Sighting {
  const missing = (array.disksExpected ?? 0) - (array.disksUp ?? 0);
  return {
    ...judgeMd(array),
    ...{ id: `uuid of ${array.name}`, name: array.name, kind: 'md', measurement: 'array' },
    tags: { name: array.name, kind: 'md' },
    details: { level: array.level, state: array.state, disks: array.disksExpected, up: array.disksUp },
    fields: { devices_missing: missing },
  };
}

/** How often one is renewed, and for how long it then holds. */
const renewedMs = 60 * day;
const holdsMs = 100 * day;

/** Renewed in time, but for a trouble: then it is the one of before, which ends in 29 days and does not change. */
function certificateReading(machine: Machine, now: number) {
  const age = ageOf(machine, 'certificate', now);
  const phase = noise(machine.seed, 19) * renewedMs;
  const renewedAt = Math.floor((now - phase) / renewedMs) * renewedMs + phase;
  const expires = Math.round(age === null ? renewedAt + holdsMs : now - age + 29 * day);
  const certificate = { subject: 'CN=shop.example.net', issuer: 'CN=Example CA', expires };
  const { status, daysLeft, why } = judgeCertificates([certificate], now);
  const path = '/etc/ssl/shop.pem';
  return {
    items: [item('certificate', path, status, why, { days_left: daysLeft, issuer: certificate.issuer }, now)],
    metrics: metric('cert', { path }, { days_left: daysLeft }, now),
  };
}

const plugin = [
  'OK: 3 messages wait|queue=3;50;200',
  'WARNING: 70 messages wait|queue=70;50;200',
  'CRITICAL: 900 messages wait|queue=900;50;200',
  'UNKNOWN: the queue cannot be read',
];

/** The one own check that servers have: what a monitoring plugin prints, read as agents read it. */
export function customAt(machine: Machine, at: number): { metrics: Metric[]; items: HealthItem[] } {
  const code = has(machine, 'custom-critical', at)
    ? 2
    : has(machine, 'custom-warning', at)
      ? 1
      : has(machine, 'custom-unknown', at)
        ? 3
        : 0;
  const printed = { code, signal: null, stdout: plugin[code] ?? '', stderr: '', ended: null, ms: 20 };
  const answer = answerOf(printed, 'nagios', 30_000);
  return { metrics: metricsOf('queue', answer, at), items: [itemOf('queue', answer, at)] };
}

/** The one log that servers count in: a few failed log-ins are usual. */
export function logAt(machine: Machine, at: number): LogReport {
  const log = { name: 'ssh-failures', journal: { unit: 'ssh.service' }, text: 'Failed password', count: 20 };
  if (has(machine, 'log-unread', at)) return unreadable(log, [reason('journal_no_rights')], at);
  const minutes = Math.floor(at / 60_000);
  const count = has(machine, 'log-entries', at) ? 300 : Math.floor(3 * noise(machine.seed, Math.floor(minutes / 10)));
  const tally = { total: minutes, newest: at - 60_000, counts: [], late: null };
  const next = { of: '', place: '', readAt: at, tally, behind: 0, partial: null, sample: null };
  return reportOf(log, { next, count, upTo: null }, at);
}
