/** Linux software RAID from /proc/mdstat. The word `active` also stands before a degraded array: the counts decide. */
import { type CheckContext, NoData } from '../check.ts';
import { fileText } from '../files.ts';
import { linesOf, numberOf } from '../loose.ts';
import { type HealthReading, type HealthSource, item, metric, minute, type Status, severityOf } from './source.ts';

export interface MdSync {
  action: string;
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
}

/** Null when the text is not /proc/mdstat; an empty list when there is no array. */
export function parseMdstat(text: string): MdArray[] | null {
  if (!/^Personalities\s*:/m.test(text)) return null;
  const arrays: MdArray[] = [];
  for (const line of linesOf(text)) {
    const head = /^(md\S*) : (\S+)(.*)$/.exec(line);
    const current = arrays.at(-1);
    if (head) arrays.push(headOf(head));
    else if (current && /^\s/.test(line)) addLine(current, line);
  }
  return arrays.map((array) => ({ ...array, degraded: degradedOf(array) }));
}

function headOf([, name = '', state = '', rest = '']: string[]): MdArray {
  const level = /\s(raid\d+|linear|multipath|faulty|container)\b/.exec(rest)?.[1] ?? null;
  const marks = (mark: string) => [...rest.matchAll(new RegExp(`\\[\\d+\\](?:\\([A-Z]\\))*\\(${mark}\\)`, 'g'))].length;
  return {
    name,
    state,
    autoReadOnly: rest.includes('(auto-read-only)'),
    readOnly: rest.includes('(read-only)'),
    level,
    disksExpected: null,
    disksUp: null,
    failed: marks('F'),
    spare: marks('S'),
    degraded: null,
    sync: null,
  };
}

function addLine(array: MdArray, line: string): void {
  const counts = /\[(\d+)\/(\d+)\]/.exec(line);
  if (counts && /blocks/.test(line)) {
    array.disksExpected = Number(counts[1]);
    array.disksUp = Number(counts[2]);
  }
  const sync = /(resync|recovery|reshape|check|repair)\s*=\s*(?:(PENDING|DELAYED|REMOTE)|\s*([\d.]+)%)/.exec(line);
  if (!sync) return;
  array.sync = {
    action: sync[1] ?? '',
    pending: sync[2] !== undefined,
    percent: numberOf(sync[3] ?? null),
    finishMinutes: numberOf(/finish=([\d.]+)min/.exec(line)?.[1] ?? null),
    speedKBps: numberOf(/speed=(\d+)K/.exec(line)?.[1] ?? null),
  };
}

/** raid0 and linear have no spare part: they are whole, or not there. */
function degradedOf(array: MdArray): boolean | null {
  if (array.disksExpected !== null && array.disksUp !== null) return array.disksUp < array.disksExpected;
  if (array.state !== 'active') return null;
  return array.level === 'raid0' || array.level === 'linear' ? array.failed > 0 : null;
}

export function judgeMd(array: MdArray): { status: Status; reason: string } {
  const { sync } = array;
  const work = sync === null ? '' : `, ${sync.action} ${sync.pending ? 'pending' : `at ${sync.percent ?? '?'} %`}`;
  if (array.state !== 'active' && array.level !== 'container' && array.spare === 0)
    return { status: 'critical', reason: `the array is ${array.state}` };
  if (array.degraded === true)
    return {
      status: 'critical',
      reason: `${array.disksUp ?? '?'} of ${array.disksExpected ?? '?'} disks are up${work}`,
    };
  if (array.failed > 0) return { status: 'warning', reason: `${array.failed} failed disks are still listed${work}` };
  if (sync?.pending && sync.action === 'resync') return { status: 'warning', reason: 'a resync is pending' };
  if (array.degraded === null && array.level !== 'container')
    return { status: 'unknown', reason: 'the number of disks is not told' };
  return { status: 'ok', reason: `all disks are up${work}` };
}

export interface MdDetail {
  device: string | null;
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
  const value = (key: string) => new RegExp(`^\\s*${key}\\s*:\\s*(.*?)\\s*$`, 'm').exec(text)?.[1] ?? null;
  const count = (key: string) => numberOf(value(key));
  const state = (value('State') ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
  const raidDevices = count('Raid Devices');
  const active = count('Active Devices');
  const short = raidDevices === null || active === null ? null : active < raidDevices;
  return {
    device: /^(\/dev\/\S+):\s*$/m.exec(text)?.[1] ?? null,
    level: value('Raid Level'),
    state,
    raidDevices,
    active,
    working: count('Working Devices'),
    failed: count('Failed Devices'),
    spare: count('Spare Devices'),
    degraded: state.length === 0 && short === null ? null : state.includes('degraded') || short === true,
    faultyDevices: [...text.matchAll(/\bfaulty\b.*?(\/dev\/\S+)\s*$/gm)].map((match) => match[1] ?? ''),
    rebuildPercent: numberOf(/^\s*(?:Rebuild|Resync|Check|Reshape) Status\s*:\s*(\d+)%/m.exec(text)?.[1] ?? null),
  };
}

export const md: HealthSource = {
  name: 'md',
  every: 5 * minute,
  reads: '/proc/mdstat, and mdadm --detail for an array in trouble; no root for the first',
  platforms: ['linux'],
  read,
};

async function read(context: CheckContext): Promise<HealthReading> {
  const text = await fileText(context, '/proc/mdstat');
  const arrays = text === null ? null : parseMdstat(text);
  if (arrays === null || arrays.length === 0) throw new NoData('this machine has no software RAID');
  const now = context.clock.now();
  const reading: HealthReading = { items: [], metrics: [] };
  for (const array of arrays) {
    const { status, reason } = judgeMd(array);
    const faulty = status === 'ok' ? [] : await faultyOf(context, array.name);
    const missing = array.disksExpected === null || array.disksUp === null ? null : array.disksExpected - array.disksUp;
    const details = {
      level: array.level,
      state: array.state,
      disks: array.disksExpected,
      up: array.disksUp,
      failed: array.failed,
      faulty: faulty.join(', ') || null,
    };
    reading.items.push(item('md', array.name, status, reason, details, now));
    const fields = { severity: severityOf(status), devices_missing: missing };
    reading.metrics.push(...metric('array', { name: array.name, kind: 'md' }, fields, now));
  }
  return reading;
}

/** Which disk it is, for the person who goes to pull it. Only asked in trouble, and only a help. */
async function faultyOf(context: CheckContext, name: string): Promise<string[]> {
  try {
    const answer = await context.run('mdadm', ['--detail', `/dev/${name}`], { timeoutMs: 20_000 });
    return parseMdadmDetail(answer.stdout).faultyDevices;
  } catch (thrown) {
    if (thrown instanceof NoData) return [];
    throw thrown;
  }
}
