/**
 * SMART and NVMe by smartctl. Its exit code is a bit mask and no failure: 1 bad command line, 2 open failed, 4 some
 * command failed (the rest is good), 8 FAILING, 16 and 32 attributes below threshold now or once, 64 errors in the log,
 * 128 a self-test failed. Sleeping disks are not woken.
 */
import type { CheckContext } from '../check.ts';
import { NoData } from '../check.ts';
import { boolOf, countOf, looseJson, numberOf, objectOf, objectsOf, textOf } from '../loose.ts';
import { type HealthReading, type HealthSource, hour, item, metric, type Status, severityOf } from './source.ts';

export interface SmartDisk {
  device: string | null;
  protocol: string | null;
  model: string | null;
  serial: string | null;
  passed: boolean | null;
  exitStatus: number | null;
  asleep: boolean;
  temperature: number | null;
  powerOnHours: number | null;
  ata: {
    reallocated: number | null;
    reportedUncorrectable: number | null;
    commandTimeouts: number | null;
    pending: number | null;
    offlineUncorrectable: number | null;
    crcErrors: number | null;
  } | null;
  nvme: {
    criticalWarning: number | null;
    percentageUsed: number | null;
    availableSpare: number | null;
    availableSpareThreshold: number | null;
    mediaErrors: number | null;
    unsafeShutdowns: number | null;
  } | null;
  /** Remaining life in percent used up, from whichever source the disk has. */
  wear: number | null;
  grownDefects: number | null;
  /** First message of smartctl of severity error. */
  message: string | null;
}

/** Raw values are packed by some makers (the lower 32 bits count): a count above this is not one. */
const maxCount = 1e9;

/** The JSON of `smartctl -j -a DEVICE`, whatever the exit code. Null when it is no such JSON. */
export function parseSmart(text: string): SmartDisk | null {
  const json = objectOf(looseJson(text));
  if (json.smartctl === undefined && json.device === undefined) return null;
  const smartctl = objectOf(json.smartctl);
  const messages = objectsOf(smartctl.messages ?? []);
  const device = objectOf(json.device);
  const temperature = numberOf(objectOf(json.temperature).current);
  const message = messages.find((entry) => entry.severity === 'error') ?? messages[0];
  return {
    device: textOf(device.name),
    protocol: textOf(device.protocol),
    model: textOf(json.model_name) ?? textOf(json.scsi_model_name) ?? textOf(json.product) ?? textOf(json.scsi_product),
    serial: textOf(json.serial_number),
    passed: boolOf(objectOf(json.smart_status).passed),
    exitStatus: numberOf(smartctl.exit_status),
    asleep:
      messages.some((entry) => /STANDBY|SLEEP mode/.test(textOf(entry.string) ?? '')) ||
      /STANDBY|SLEEP/.test(textOf(objectOf(json.power_mode).ata_string) ?? ''),
    // 0 is how drives say that they have no sensor.
    temperature: temperature === 0 ? null : temperature,
    powerOnHours: countOf(objectOf(json.power_on_time).hours),
    ata: ataOf(json),
    nvme: nvmeOf(json),
    wear: wearOf(json),
    grownDefects: countOf(json.scsi_grown_defect_list),
    message: textOf(message?.string),
  };
}

function ataOf(json: ReturnType<typeof objectOf>): SmartDisk['ata'] {
  const table = objectOf(json.ata_smart_attributes).table;
  if (!Array.isArray(table)) return null;
  const raw = (id: number) => {
    const attribute = objectsOf(table).find((row) => numberOf(row.id) === id);
    const value = countOf(objectOf(attribute?.raw).value);
    return value === null || value <= maxCount ? value : value % 2 ** 32 <= maxCount ? value % 2 ** 32 : null;
  };
  return {
    reallocated: raw(5),
    reportedUncorrectable: raw(187),
    commandTimeouts: raw(188),
    pending: raw(197),
    offlineUncorrectable: raw(198),
    crcErrors: raw(199),
  };
}

function nvmeOf(json: ReturnType<typeof objectOf>): SmartDisk['nvme'] {
  if (json.nvme_smart_health_information_log === undefined) return null;
  const log = objectOf(json.nvme_smart_health_information_log);
  return {
    criticalWarning: countOf(log.critical_warning),
    percentageUsed: countOf(log.percentage_used),
    availableSpare: countOf(log.available_spare),
    availableSpareThreshold: countOf(log.available_spare_threshold),
    mediaErrors: countOf(log.media_errors),
    unsafeShutdowns: countOf(log.unsafe_shutdowns),
  };
}

/** Attributes whose normalised value counts down from 100 with the life of an SSD: 177, 202, 231, 233. */
function wearOf(json: ReturnType<typeof objectOf>): number | null {
  const direct =
    numberOf(objectOf(json.nvme_smart_health_information_log).percentage_used) ??
    numberOf(objectOf(json.endurance_used).current_percent) ??
    numberOf(json.scsi_percentage_used_endurance_indicator);
  if (direct !== null) return direct;
  if (numberOf(json.rotation_rate) !== 0) return null;
  const rows = objectsOf(objectOf(json.ata_smart_attributes).table ?? []);
  for (const id of [231, 233, 177, 202]) {
    const value = numberOf(rows.find((row) => numberOf(row.id) === id)?.value);
    if (value !== null && value > 0 && value <= 100) return 100 - value;
  }
  return null;
}

const warningBits: readonly [number, string][] = [
  [1, 'spare_below_threshold'],
  [2, 'temperature_above_or_below_threshold'],
  [4, 'reliability_degraded'],
  [8, 'media_read_only'],
  [16, 'volatile_memory_backup_failed'],
  [32, 'persistent_memory_region_unreliable'],
];

/** The verdict on one disk, and the reasons in words. */
export function judgeSmart(disk: SmartDisk): { status: Status; reasons: string[] } {
  const critical: string[] = [];
  const warning: string[] = [];
  const exit = disk.exitStatus ?? 0;
  const { ata, nvme } = disk;
  const bits = nvme?.criticalWarning ?? 0;
  for (const [bit, words] of warningBits) if (bits & bit) critical.push(words);
  if (disk.passed === false && critical.length === 0) critical.push('the disk itself says that it is failing');
  else if (exit & 8 && critical.length === 0) critical.push('smartctl reports FAILING');
  const spare = nvme?.availableSpare ?? null;
  if (spare !== null && spare <= (nvme?.availableSpareThreshold ?? -1)) critical.push(`${spare} % spare blocks left`);
  if (disk.wear !== null && disk.wear >= 90) (disk.wear >= 100 ? critical : warning).push(`${disk.wear} % worn`);
  if (exit & 16) warning.push('an attribute is below its threshold');
  if (exit & 128) warning.push('a self-test failed');
  const counts: [number | null | undefined, string][] = [
    [ata?.reallocated, 'sectors reallocated'],
    [ata?.reportedUncorrectable, 'uncorrectable errors reported'],
    [ata?.pending, 'sectors pending'],
    [ata?.offlineUncorrectable, 'sectors unreadable'],
    [nvme?.mediaErrors, 'media errors'],
    [disk.grownDefects, 'grown defects'],
  ];
  for (const [count, words] of counts) if (count) warning.push(`${count} ${words}`);
  const limit = nvme ? 80 : 55;
  if (disk.temperature !== null && disk.temperature >= limit) warning.push(`${disk.temperature} °C`);
  if (critical.length > 0) return { status: 'critical', reasons: [...critical, ...warning] };
  if (warning.length > 0) return { status: 'warning', reasons: warning };
  if (disk.asleep) return { status: 'unknown', reasons: ['the disk sleeps and was not woken'] };
  if (disk.passed === true) return { status: 'ok', reasons: [] };
  return { status: 'unknown', reasons: [disk.message ?? 'the disk reports no SMART status'] };
}

export interface SmartDevice {
  name: string;
  type: string | null;
  protocol: string | null;
}

/** `smartctl --scan -j`: on a machine without disks of its own there is no key `devices` at all. Null: not understood. */
export function parseSmartScan(text: string): SmartDevice[] | null {
  const json = objectOf(looseJson(text));
  if (json.smartctl === undefined) return null;
  return objectsOf(json.devices ?? []).flatMap((device) => {
    const name = textOf(device.name);
    return name === null ? [] : [{ name, type: textOf(device.type), protocol: textOf(device.protocol) }];
  });
}

export const smart: HealthSource = {
  name: 'smart',
  heavy: true,
  every: 6 * hour,
  reads: 'smartctl --scan, smartctl -n standby -a; root; sleeping disks stay asleep',
  platforms: ['linux', 'darwin', 'win32'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const limits = { timeoutMs: 30_000 };
  const scan = await context.run('smartctl', ['--scan', '-j'], limits);
  const devices = parseSmartScan(scan.stdout);
  if (devices === null) throw new Error(`smartctl --scan was not understood: ${scan.stderr.slice(0, 200)}`);
  if (devices.length === 0) throw new NoData('smartctl finds no disk that it can ask');
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  for (const device of devices.slice(0, 64)) {
    const type = device.type === null ? [] : ['-d', device.type];
    // ",0": a sleeping disk answers with code 0 instead of the code of a disk that cannot be opened.
    const answer = await context.run('smartctl', ['-n', 'standby,0', '-j', '-a', ...type, device.name], limits);
    const disk = parseSmart(answer.stdout);
    const name = device.type?.includes(',') ? `${device.name} ${device.type}` : device.name;
    if (disk === null)
      reading.items.push(item('smart', name, 'unknown', answer.ended ?? 'no answer of smartctl', {}, now));
    else add(reading, name, disk, now);
  }
  return reading;
}

function add(reading: HealthReading, name: string, disk: SmartDisk, now: number): void {
  const { status, reasons } = judgeSmart(disk);
  const summary = reasons.length > 0 ? reasons.join(', ') : 'passed';
  const details = { model: disk.model, serial: disk.serial, protocol: disk.protocol, exit_status: disk.exitStatus };
  reading.items.push(item('smart', name, status, summary, details, now));
  reading.metrics.push(
    ...metric(
      'smart',
      { name },
      {
        severity: severityOf(status),
        temperature: disk.temperature,
        reallocated: disk.ata?.reallocated ?? null,
        pending: disk.ata?.pending ?? null,
        uncorrectable: disk.ata?.offlineUncorrectable ?? null,
        wear_percent: disk.wear,
        spare_percent: disk.nvme?.availableSpare ?? null,
        media_errors: disk.nvme?.mediaErrors ?? null,
        power_on_hours: disk.powerOnHours,
      },
      now,
    ),
  );
}
