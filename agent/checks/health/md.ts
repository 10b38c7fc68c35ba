/** Linux software RAID from /proc/mdstat. The word `active` also stands before a degraded array: the counts decide. */

import { basename } from 'node:path';
import { type Reason, ReasonedError, reason } from '../../../shared/reason.ts';
import { readBootId } from '../../platform/boot.ts';
import { disksHere, readBlockDevice, wholeDisk } from '../../platform/disks.ts';
import { firstLine, listNames, readLink, readText } from '../../platform/read.ts';
import { type CheckContext, NoData } from '../check.ts';
import { linesOf, numberOf } from '../parse.ts';
import { type DeviceVerdict, follow, type KnownDevice, knownOf, type Sighting } from './follow.ts';
import { type HealthReading, type HealthSource, minute } from './source.ts';

type MdAction = 'resync' | 'recovery' | 'reshape' | 'check' | 'repair';

export interface MdSync {
  action: MdAction;
  pending: boolean;
  percent: number | null;
  finishMinutes: number | null;
  speedKBps: number | null;
}

export interface MdArray {
  name: string;
  state: string;
  autoReadOnly: boolean;
  readOnly: boolean;
  level: string | null;
  disksExpected: number | null;
  disksUp: number | null;
  failed: number;
  spare: number;
  degraded: boolean | null;
  sync: MdSync | null;
  /** Names of its partitions or disks, as the kernel calls them now. */
  members: string[];
  /** In the kernel's blocks of 1 KiB; null in a text that is cut off before it. */
  blocks: number | null;
}

/** Null when the text is not /proc/mdstat; an empty list when there is no array. */
export function parseMdstat(text: string): MdArray[] | null {
  if (!/^Personalities[ \t]*:/m.test(text)) return null;
  const arrays: MdArray[] = [];
  const lines = linesOf(text);
  // A last line without its end may stop before the word that makes a container of an array.
  if (lines.at(-1) !== '' && !/^unused| super (?:\d+\.\d|external:[a-z/-]|non-persistent)/.test(lines.at(-1) ?? ''))
    lines.pop();
  for (const line of lines) {
    const head = /^(md\S*) : (\S+)(.*)$/.exec(line);
    const current = arrays.at(-1);
    if (head) arrays.push(headOf(head));
    else if (current && /^\s/.test(line)) addLine(current, line);
  }
  return arrays.map((array) => ({ ...array, degraded: degradedOf(array) }));
}

const levels = /^(raid\d+|linear|multipath|faulty|container)$/;

function headOf([, name = '', state = '', rest = '']: string[]): MdArray {
  const words = rest.trim().split(/\s+/);
  const members = words.filter((word) => /^\S+?\[\d+\]/.test(word));
  const marked = (mark: string) => members.filter((word) => word.includes(`(${mark})`)).length;
  return {
    name,
    state,
    autoReadOnly: words.includes('(auto-read-only)'),
    readOnly: words.includes('(read-only)'),
    level: words.find((word) => levels.test(word)) ?? null,
    disksExpected: null,
    disksUp: null,
    failed: marked('F'),
    spare: marked('S'),
    degraded: null,
    sync: null,
    members: members.map((word) => word.slice(0, word.indexOf('['))),
    blocks: null,
  };
}

function addLine(array: MdArray, line: string): void {
  const blocks = /(\d{1,20}) blocks\b/.exec(line);
  if (blocks) {
    array.blocks = Number(blocks[1]);
    // `external:imsm` and `external:ddf` hold the metadata of arrays whose own rows say `external:/md127/0`.
    if (/ super external:[a-z]/.test(line)) array.level = 'container';
    const counts = /\[(\d{1,9})\/(\d{1,9})\]/.exec(line);
    if (counts) {
      array.disksExpected = Number(counts[1]);
      array.disksUp = Number(counts[2]);
    }
  }
  const sync = /(resync|recovery|reshape|check|repair) *= *(?:(PENDING|DELAYED|REMOTE)|([\d.]{1,9})%)/.exec(line);
  if (!sync) return;
  array.sync = {
    action: sync[1] as MdAction,
    pending: sync[2] !== undefined,
    percent: numberOf(sync[3] ?? null),
    finishMinutes: numberOf(/finish=([\d.]{1,20})min/.exec(line)?.[1] ?? null),
    speedKBps: numberOf(/speed=(\d{1,20})K/.exec(line)?.[1] ?? null),
  };
}

/** raid0 and linear have no spare part: they are whole, or not there. */
function degradedOf(array: MdArray): boolean | null {
  if (array.disksExpected !== null && array.disksUp !== null) return array.disksUp < array.disksExpected;
  if (array.state !== 'active') return null;
  return array.level === 'raid0' || array.level === 'linear' ? array.failed > 0 : null;
}

export function judgeMd(array: MdArray): DeviceVerdict {
  const { sync } = array;
  const work = sync === null ? [] : [workOf(sync)];
  if (array.level === 'container') return { status: 'ok', reasons: [reason('array_container')] };
  // After a start that did not find all disks, those it found are all listed as spares.
  if (array.state === 'inactive' && array.blocks !== null)
    return { status: 'critical', reasons: [reason('array_not_started')] };
  if (array.state === 'broken') return { status: 'critical', reasons: [reason('array_broken')] };
  if (array.state !== 'active')
    return { status: 'unknown', reasons: [reason('array_state_unknown', { state: array.state })] };
  if (array.degraded === true)
    return {
      status: 'critical',
      reasons: [reason('disks_up', { up: array.disksUp, expected: array.disksExpected }), ...work],
    };
  if (array.failed > 0)
    return { status: 'warning', reasons: [reason('disks_failed', { disks: array.failed }), ...work] };
  if (sync?.pending && sync.action === 'resync') return { status: 'warning', reasons: work };
  if (array.degraded === null) return { status: 'unknown', reasons: [reason('disks_not_told')] };
  return { status: 'ok', reasons: [reason('disks_all_up'), ...work] };
}

const workOf = ({ action, pending, percent }: MdSync): Reason =>
  pending ? reason(`array_${action}_pending`) : reason(`array_${action}`, { done_percent: percent });

export interface MdDetail {
  device: string | null;
  uuid: string | null;
  level: string | null;
  state: string[];
  raidDevices: number | null;
  active: number | null;
  working: number | null;
  failed: number | null;
  spare: number | null;
  degraded: boolean | null;
  faultyDevices: string[];
  rebuildPercent: number | null;
}

/** `mdadm --detail DEVICE`. */
export function parseMdadmDetail(text: string): MdDetail {
  const lines = linesOf(text);
  const values = new Map<string, string>();
  for (const line of lines) {
    const at = line.indexOf(' : ');
    if (at > 0 && !values.has(line.slice(0, at).trim()))
      values.set(line.slice(0, at).trim(), line.slice(at + 3).trim());
  }
  const count = (key: string) => numberOf(values.get(key));
  const state = (values.get('State') ?? '').split(',').flatMap((word) => word.trim() || []);
  const raidDevices = count('Raid Devices');
  const active = count('Active Devices');
  const short = raidDevices === null || active === null ? null : active < raidDevices;
  const work = ['Rebuild', 'Resync', 'Check', 'Reshape'].map((word) => values.get(`${word} Status`)).find(Boolean);
  return {
    device: /^(\/dev\/\S+):$/.exec(lines.find((line) => line.startsWith('/dev/'))?.trimEnd() ?? '')?.[1] ?? null,
    uuid: uuidOf(values.get('UUID')),
    level: values.get('Raid Level') || null,
    state,
    raidDevices,
    active,
    working: count('Working Devices'),
    failed: count('Failed Devices'),
    spare: count('Spare Devices'),
    degraded: state.length === 0 && short === null ? null : state.includes('degraded') || short === true,
    faultyDevices: lines.flatMap((line) => {
      if (!line.includes('faulty')) return [];
      const words = line.trim().split(/\s+/);
      return words.includes('faulty') && words.at(-1)?.startsWith('/dev/') ? [words.at(-1) as string] : [];
    }),
    rebuildPercent: numberOf(/^(\d{1,3})%/.exec(work ?? '')?.[1]),
  };
}

const isName = (text: string) => /^md/.test(text);

/** 32 digits, however they are grouped: mdadm writes colons, sysfs and blkid dashes. */
function uuidOf(text: string | null | undefined): string | null {
  const digits = (text ?? '').split(' ', 1)[0]?.replace(/[:-]/g, '').toLowerCase() ?? '';
  return /^[0-9a-f]{32}$/.test(digits) && !/^0+$/.test(digits) ? digits : null;
}

export const md: HealthSource = {
  name: 'md',
  every: 5 * minute,
  reads: '/proc/mdstat, and mdadm --detail for an array in trouble; no root for the first',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const known = knownOf(context, md.name);
  const text = readText(context.root, '/proc/mdstat');
  // Without the module there is no file: so it is on machines without RAID, and where no array was found at the start.
  if (text === null && listNames(context.root, '/sys/block').some(isName))
    throw new ReasonedError(reason('file_unreadable', { path: '/proc/mdstat' }));
  const all = text === null ? [] : parseMdstat(text);
  if (all === null) throw new ReasonedError(reason('not_understood', { source: '/proc/mdstat' }));
  const arrays = all.filter((array) => array.level !== 'container');
  if (arrays.length === 0 && known.length === 0) throw new NoData(reason('no_software_raid'));
  const sightings: Sighting[] = [];
  for (const array of arrays) sightings.push(await sight(context, array, known));
  const newcomers = sightings.filter((seen) => !known.some((one) => one.id === seen.id));
  const cut = text !== null && !/^unused devices:/m.test(text);
  return follow(context, md.name, sightings, (lost) => {
    if (cut) return { status: 'unknown', reasons: [reason('array_list_cut')] };
    // Where the UUID is unknown, an array of the same shape under a new name counts as the same one.
    const renamed = isName(lost.id) && newcomers.some(({ evidence }) => evidence?.shape === lost.evidence.shape);
    return renamed ? null : lostArray(context, lost);
  });
}

/** The kernel numbers arrays in the order in which they came up; the UUID stays, and with it the name first seen. */
async function sight(context: CheckContext, array: MdArray, known: readonly KnownDevice[]): Promise<Sighting> {
  const { root } = context;
  const verdict = judgeMd(array);
  const detail = verdict.status === 'ok' ? null : await detailOf(context, array.name);
  const uuid = uuidOfArray(root, array.name) ?? detail?.uuid ?? null;
  const id = uuid ?? array.name;
  const name = known.find((one) => one.id === id)?.name ?? freeName(array.name, id, known);
  const disks = array.members.map((member) => readBlockDevice(root, wholeDisk(root, member)));
  const missing = array.disksExpected === null || array.disksUp === null ? null : array.disksExpected - array.disksUp;
  return {
    ...verdict,
    id,
    name,
    kind: 'md',
    details: {
      level: array.level,
      state: array.state,
      device: array.name,
      disks: array.disksExpected,
      up: array.disksUp,
      failed: array.failed,
      faulty: detail?.faultyDevices.join(', ') || null,
    },
    measurement: 'array',
    tags: { name, kind: 'md' },
    fields: { devices_missing: missing },
    evidence: {
      boot: readBootId(root),
      shape: `${array.level} ${array.disksExpected} ${array.blocks}`,
      members: array.members,
      disks: disks.flatMap(({ identity }) => identity ?? []),
      hotplug: disks.length > 0 && disks.every(({ hotplug }) => hotplug),
    },
  };
}

/** `md0`, unless another array is known by that name. */
const freeName = (name: string, id: string, known: readonly KnownDevice[]) =>
  known.some((one) => one.name === name) ? `${name} ${id.slice(0, 8)}` : name;

/** Newer kernels have the number in sysfs; else udev has made a link of it, once the array has started. */
function uuidOfArray(root: string, name: string): string | null {
  const byId = '/dev/disk/by-id';
  const link = listNames(root, byId).find(
    (entry) => entry.startsWith('md-uuid-') && basename(readLink(root, `${byId}/${entry}`) ?? '') === name,
  );
  return uuidOf(firstLine(root, `/sys/block/${name}/md/uuid`)) ?? uuidOf(link?.slice('md-uuid-'.length));
}

/**
 * An array that was running and is not listed. The kernel never drops a running one: within one boot it was stopped on
 * purpose, unless its disks disappeared. At a start it may not have been put together, or it has been deleted since.
 */
function lostArray(context: CheckContext, { id, evidence }: KnownDevice): DeviceVerdict | null {
  const { root } = context;
  const [members, disks] = [listOf(evidence.members), listOf(evidence.disks)];
  if (evidence.boot === readBootId(root)) {
    const gone = members.filter((member) => firstLine(root, `/sys/class/block/${member}/dev`) === null);
    if (gone.length === 0 || evidence.hotplug === true) return null;
    return { status: 'critical', reasons: [reason('array_gone', { disks: gone.join(', ') })] };
  }
  const owners = raidMembers(root);
  if (owners?.has(id)) return { status: 'critical', reasons: [reason('array_disks_there')] };
  if (evidence.hotplug === true) return null;
  const here = disksHere(root);
  // Wiped: the disks are there, or have no identity (virtual ones), and none of them carries an array of this number.
  if (owners !== null && !isName(id) && disks.every((disk) => here.has(disk))) return null;
  return { status: 'critical', reasons: [reason('array_missing')] };
}

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];

/** UUIDs of the arrays whose parts udev has found on any disk, started or not; null without udev. */
function raidMembers(root: string): Set<string> | null {
  const folder = '/run/udev/data';
  const names = listNames(root, folder).filter((name) => /^b\d+:\d+$/.test(name));
  if (names.length === 0) return null;
  const parts = names.map((name) => readText(root, `${folder}/${name}`) ?? '');
  return new Set(
    parts
      .filter((text) => text.includes('E:ID_FS_TYPE=linux_raid_member'))
      .flatMap((text) => uuidOf(/^E:ID_FS_UUID=(\S{1,64})$/m.exec(text)?.[1]) ?? []),
  );
}

/** Which disk it is, for the person who goes to pull it. Only asked in trouble, and only a help. */
async function detailOf(context: CheckContext, name: string): Promise<MdDetail | null> {
  try {
    return parseMdadmDetail((await context.run('mdadm', ['--detail', `/dev/${name}`], { timeoutMs: 20_000 })).stdout);
  } catch (thrown) {
    if (thrown instanceof NoData) return null;
    throw thrown;
  }
}
