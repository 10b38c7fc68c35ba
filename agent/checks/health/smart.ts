/**
 * SMART and NVMe by smartctl. Its exit code is a bit mask and no failure: 1 bad command line, 2 open failed, 4 some
 * command failed (the rest is good), 8 FAILING, 16 and 32 attributes below threshold now or once, 64 errors in the log,
 * 128 a self-test failed. Sleeping disks are not woken.
 */

import { basename } from 'node:path';
import { joinReasons, quotation, type Reason, ReasonedError, reason } from '../../../shared/reason.ts';
import { diskLabel, disksHere, readBlockDevice, serialOf } from '../../platform/disks.ts';
import { type CheckContext, NoData, type RunResult } from '../check.ts';
import { howEnded } from '../ended.ts';
import { boolOf, countOf, type Loose, looseJson, numberOf, objectOf, objectsOf, textOf } from '../parse.ts';
import { type DeviceVerdict, follow, type KnownDevice, knownOf, type Sighting } from './follow.ts';
import { type HealthReading, type HealthSource, hour, worst } from './source.ts';

export interface SmartDisk {
  device: string | null;
  protocol: string | null;
  model: string | null;
  serial: string | null;
  wwn: string | null;
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
    serial: serialOf(textOf(json.serial_number)),
    wwn: wwnOf(json),
    passed: boolOf(objectOf(json.smart_status).passed),
    exitStatus: numberOf(smartctl.exit_status),
    asleep:
      messages.some((entry) => /STANDBY|SLEEP mode/.test(textOf(entry.string) ?? '')) ||
      /STANDBY|SLEEP/.test(textOf(objectOf(json.power_mode).ata_string) ?? ''),
    // Drives without a sensor report 0.
    temperature: temperature === 0 ? null : temperature,
    powerOnHours: countOf(objectOf(json.power_on_time).hours),
    ata: ataOf(json),
    nvme: nvmeOf(json),
    wear: wearOf(json),
    grownDefects: countOf(json.scsi_grown_defect_list),
    message: textOf(message?.string),
  };
}

/** As the kernel and the label on the disk write it: 16 digits. */
function wwnOf(json: Loose): string | null {
  const { naa, oui, id } = objectOf(json.wwn);
  const parts = [numberOf(naa), numberOf(oui), numberOf(id)];
  if (parts.every((part) => part !== null && Number.isSafeInteger(part) && part >= 0)) {
    const [first, second, third] = parts.map((part) => (part as number).toString(16));
    return `${first}${second?.padStart(6, '0')}${third?.padStart(9, '0')}`;
  }
  return serialOf(textOf(json.logical_unit_id)?.replace(/^0x/, ''));
}

/** What an attribute of this number is called where it means what its number usually means. Makers reuse numbers. */
const counters: Readonly<Record<number, RegExp>> = {
  5: /realloc|retire|remap|bad_bl/i,
  187: /uncorr|unc_|ecc/i,
  188: /timeout/i,
  197: /pending|uncorr|unc_/i,
  198: /uncorr|unc_|offline/i,
  199: /crc/i,
};

function ataOf(json: Loose): SmartDisk['ata'] {
  const table = objectOf(json.ata_smart_attributes).table;
  if (!Array.isArray(table)) return null;
  const rows = objectsOf(table);
  const raw = (id: number) => {
    const attribute = rows.find((row) => numberOf(row.id) === id);
    const name = textOf(attribute?.name);
    if (name !== null && !/^unknown/i.test(name) && !counters[id]?.test(name)) return null;
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

function nvmeOf(json: Loose): SmartDisk['nvme'] {
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

/** Their normalised value counts down from 100 with the life of the SSD, and their raw value is something else. */
const leftByValue = /^(wear_leveling_count|media_wearout_indicator|percent_lifetime_(remain|used))/i;
/** Percent in the raw value; the normalised one follows it on some disks and stays at 100 on others. */
const left = /life(time)?_(perc_)?(left|remain)|remain(ing|s)?_(life|lifetime)|^remaining_lifetime/i;
const used = /life(time)?_used|lifetime_perc_used|used_(life|endurance)/i;

const within = (value: number | null) => (value !== null && value > 0 && value <= 100 ? value : null);

/**
 * Percent worn by one attribute, read by its name: 233 is a wear indicator of one maker and gigabytes written of
 * another. Null for every name that promises nothing.
 */
function wearOfAttribute(row: Loose): number | null {
  const name = textOf(row.name) ?? '';
  const [value, raw] = [within(numberOf(row.value)), within(numberOf(objectOf(row.raw).value))];
  // SanDisk counts upwards in its 230 of the same name.
  if (leftByValue.test(name)) return numberOf(row.id) === 230 || value === null ? null : 100 - value;
  if (used.test(name)) return raw ?? (numberOf(objectOf(row.raw).value) === 0 ? 0 : null);
  if (!left.test(name)) return null;
  // Both move and are the two sides of one figure: the raw value says what is used.
  if (raw !== null && value !== null && raw + value === 100) return 100 - value;
  if (value !== null && value < 100) return 100 - value;
  return raw === null ? null : 100 - raw;
}

function wearOf(json: Loose): number | null {
  const direct =
    numberOf(objectOf(json.nvme_smart_health_information_log).percentage_used) ??
    numberOf(objectOf(json.endurance_used).current_percent) ??
    numberOf(json.scsi_percentage_used_endurance_indicator);
  if (direct !== null) return direct;
  // Of a disk that smartctl does not know, the names are guesses by number; a disk that turns does not wear.
  if (json.in_smartctl_database === false || (numberOf(json.rotation_rate) ?? 0) > 0) return null;
  const worn = objectsOf(objectOf(json.ata_smart_attributes).table ?? []).flatMap((row) => wearOfAttribute(row) ?? []);
  return worn.length === 0 ? null : Math.max(...worn);
}

const warningBits = [
  [1, 'spare_below_threshold'],
  [2, 'temperature_above_or_below_threshold'],
  [4, 'reliability_degraded'],
  [8, 'media_read_only'],
  [16, 'volatile_memory_backup_failed'],
  [32, 'persistent_memory_region_unreliable'],
] as const;

/** The verdict on one disk, and why. */
export function judgeSmart(disk: SmartDisk): DeviceVerdict {
  const critical: Reason[] = [];
  const warning: Reason[] = [];
  const exit = disk.exitStatus ?? 0;
  const { ata, nvme } = disk;
  const bits = nvme?.criticalWarning ?? 0;
  for (const [bit, code] of warningBits) if (bits & bit) critical.push(reason(code));
  if (disk.passed === false && critical.length === 0) critical.push(reason('disk_says_failing'));
  else if (exit & 8 && critical.length === 0) critical.push(reason('smartctl_says_failing'));
  const spare = nvme?.availableSpare ?? null;
  if (spare !== null && spare <= (nvme?.availableSpareThreshold ?? -1))
    critical.push(reason('spare_blocks_left', { left_percent: spare }));
  if (disk.wear !== null && disk.wear >= 90)
    (disk.wear >= 100 ? critical : warning).push(reason('disk_worn', { worn_percent: disk.wear }));
  if (exit & 16) warning.push(reason('attribute_below_threshold'));
  if (exit & 128) warning.push(reason('self_test_failed'));
  const counts = [
    [ata?.reallocated, 'sectors_reallocated'],
    [ata?.reportedUncorrectable, 'errors_uncorrectable'],
    [ata?.pending, 'sectors_pending'],
    [ata?.offlineUncorrectable, 'sectors_unreadable'],
    [nvme?.mediaErrors, 'media_errors'],
    [disk.grownDefects, 'grown_defects'],
  ] as const;
  for (const [count, code] of counts) if (count) warning.push(reason(code, { count }));
  const limit = nvme ? 80 : 55;
  if (disk.temperature !== null && disk.temperature >= limit)
    warning.push(reason('disk_hot', { degrees: disk.temperature }));
  if (critical.length > 0) return { status: 'critical', reasons: [...critical, ...warning] };
  if (warning.length > 0) return { status: 'warning', reasons: warning };
  if (disk.asleep) return { status: 'unknown', reasons: [reason('disk_asleep')] };
  if (disk.passed === true) return { status: 'ok', reasons: [reason('smart_passed')] };
  return { status: 'unknown', reasons: joinReasons(quotation(disk.message)) ?? [reason('no_smart_status')] };
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

interface SmartAnswer {
  device: SmartDevice;
  disk: SmartDisk | null;
  /** Why there is nothing to judge; null when there is. */
  silent: Reason[] | null;
  /** The disk gave no answer, and no missing privilege or setting explains it. */
  dead: boolean;
}

async function read(context: CheckContext): Promise<HealthReading> {
  const limits = { timeoutMs: 30_000 };
  const scan = await context.run('smartctl', ['--scan', '-j'], limits);
  const devices = parseSmartScan(scan.stdout);
  if (devices === null)
    throw new ReasonedError(
      reason('not_understood', { source: 'smartctl --scan' }),
      ...quotation(scan.stderr.slice(0, 200)),
    );
  const known = knownOf(context, smart.name);
  if (devices.length === 0 && known.length === 0) throw new NoData(reason('smartctl_finds_no_disk'));
  const answers: SmartAnswer[] = [];
  for (const device of devices.slice(0, 64)) {
    const type = device.type === null ? [] : ['-d', device.type];
    // ",0": a sleeping disk answers with code 0 instead of the code of a disk that cannot be opened.
    const answer = await context.run('smartctl', ['-n', 'standby,0', '-j', '-a', ...type, device.name], limits);
    const disk = parseSmart(answer.stdout);
    answers.push({ device, disk, ...silenceOf(disk, answer) });
  }
  const sightings = identify(context, answers, known);
  return follow(context, smart.name, sightings, lostDisk(context, sightings, known));
}

/** Not the disk's fault: no rights, a controller that wants another `-d`, a bridge that smartctl does not know. */
const ours = /permission|not permitted|access is denied|-d\b|device type|unknown usb|not supported/i;

function silenceOf(disk: SmartDisk | null, run: RunResult): Pick<SmartAnswer, 'silent' | 'dead'> {
  if (disk === null)
    return {
      silent: [run.ended === null ? reason('no_answer', { program: 'smartctl' }) : howEnded('smartctl', run)],
      dead: run.ended === 'timeout',
    };
  if (((disk.exitStatus ?? 0) & 2) === 0 || disk.passed !== null) return { silent: null, dead: false };
  const dead = !disk.asleep && !ours.test(disk.message ?? '');
  const why = disk.asleep ? 'disk_asleep' : dead ? 'disk_unreadable' : 'disk_not_opened';
  return { silent: [reason(why), ...quotation(disk.message)], dead };
}

/**
 * Gives each answer the disk that it is about: by serial number or WWN; a disk that does not say (asleep, dead) by what
 * the kernel knows of the device, else it is the disk that was there before, unless that one answers elsewhere.
 */
function identify(context: CheckContext, answers: readonly SmartAnswer[], known: readonly KnownDevice[]): Sighting[] {
  const serials = new Map(answers.map((answer) => [answer, answer.disk?.serial ?? answer.disk?.wwn ?? null]));
  const seen = new Set(serials.values());
  const sightings = new Map<string, Sighting>();
  for (const answer of answers) {
    const place = placeOf(answer.device);
    const { identity, hotplug } = blockDevice(context, answer.device);
    const before =
      known.find(({ evidence }) => identity !== null && evidence.identity === identity) ??
      known.find(({ id, evidence }) => evidence.place === place && !seen.has(id));
    let id = serials.get(answer) ?? before?.id ?? place;
    // Cheap disks and bridges share a serial number; two paths to one disk share its WWN as well.
    const other = sightings.get(id);
    if (other && (answer.disk?.wwn == null || other.evidence?.wwn !== answer.disk.wwn)) id = `${id} ${place}`;
    const evidence = { place, identity, hotplug, wwn: answer.disk?.wwn ?? null };
    const sighting = sight(answer, id, known.find((one) => one.id === id)?.name, evidence);
    const twin = sightings.get(id);
    if (!twin || worst([sighting.status, twin.status]) === sighting.status) sightings.set(id, sighting);
  }
  return [...sightings.values()];
}

const placeOf = ({ name, type }: SmartDevice) => (type?.includes(',') ? `${name} ${type}` : name);

/** Disks behind a RAID controller have no device of their own. */
function blockDevice(context: CheckContext, { name, type }: SmartDevice) {
  if (context.platform !== 'linux') return { identity: null, hotplug: null };
  return type?.includes(',') ? { identity: null, hotplug: false } : readBlockDevice(context.root, basename(name));
}

const virtual = /QEMU|VBOX|VMware|Virtual|PersistentDisk|Amazon/i;

function sight(answer: SmartAnswer, id: string, name: string | undefined, evidence: Record<string, unknown>): Sighting {
  const { disk, silent, dead } = answer;
  const verdict = disk === null || silent !== null ? null : judgeSmart(disk);
  const label = name ?? (id === evidence.place ? id : diskLabel(disk?.model ?? null, id));
  return {
    id,
    name: label,
    kind: 'smart',
    status: verdict?.status ?? (dead ? 'warning' : 'unknown'),
    reasons: verdict?.reasons ?? silent ?? [],
    ...(verdict === null ? { blind: true } : {}),
    details: {
      device: String(evidence.place),
      model: disk?.model ?? null,
      serial: disk?.serial ?? null,
      protocol: disk?.protocol ?? null,
      exit_status: disk?.exitStatus ?? null,
    },
    measurement: 'smart',
    tags: { name: label },
    fields: {
      temperature: disk?.temperature ?? null,
      reallocated: disk?.ata?.reallocated ?? null,
      pending: disk?.ata?.pending ?? null,
      uncorrectable: disk?.ata?.offlineUncorrectable ?? null,
      // The estimate of an NVMe disk goes on to 255.
      wear_percent: disk === null || disk.wear === null ? null : Math.min(100, disk.wear),
      spare_percent: disk?.nvme?.availableSpare ?? null,
      media_errors: disk?.nvme?.mediaErrors ?? null,
      power_on_hours: disk?.powerOnHours ?? null,
    },
    evidence: { ...evidence, ...(virtual.test(disk?.model ?? '') ? { hotplug: true } : {}) },
  };
}

/**
 * Of a disk that is no longer listed. A stick, a card, a disk of a virtual machine is taken away in the course of
 * things, and for each disk that is new another one may have been taken out; where the system does not report the bus,
 * only one that was in trouble counts. Everything else was built in and has stopped answering.
 */
function lostDisk(context: CheckContext, sightings: readonly Sighting[], known: readonly KnownDevice[]) {
  const newcomers = sightings.filter(
    (seen) => !seen.blind && seen.evidence?.hotplug !== true && !known.some(({ id }) => id === seen.id),
  );
  const here = context.platform === 'linux' ? disksHere(context.root) : new Set();
  return ({ evidence, status }: KnownDevice): DeviceVerdict | null => {
    if (here.has(evidence.identity)) return { status: 'unknown', reasons: [reason('smartctl_no_longer_lists')] };
    const { hotplug } = evidence;
    if (hotplug === true || (hotplug === null && status === 'ok') || newcomers.pop()) return null;
    return { status: 'warning', reasons: [reason('disk_gone')] };
  };
}
