/** Which disk it is. The letter in `sda` is assigned anew at each boot, in the order in which the disks answered. */
import { basename } from 'node:path';
import { firstLine, listNames, readLink } from './read.ts';

/** Placeholders of makers that give no number: the same on every disk, so they identify none. */
const noSerial =
  /^(|-|unknown|none|n\/a|default string|to be filled by o\.?e\.?m\.?|not specified|0+|f+|0?123456789abcdef)$/i;

/** The serial number or WWN as written, in one form; null when it identifies nothing. */
export function serialOf(text: string | null | undefined): string | null {
  const plain = (text ?? '').trim().replace(/\s+/g, ' ').slice(0, 200);
  return noSerial.test(plain) ? null : plain;
}

/** FNV-1a in seven characters: enough to distinguish the disks of one machine, and node:crypto costs 1 MB. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return hash.toString(36).padStart(7, '0');
}

/**
 * A disk's tag `name`: the model, for people, and a hash of its identity, so that the series follows the disk to another
 * letter. The serial number itself is no tag (ids never are: they would be in every label); the inventory has it.
 */
export function diskLabel(model: string | null, identity: string): string {
  const plain = (model ?? 'disk')
    .trim()
    .replace(/[^\x20-\x7e]/g, '')
    .replace(/\s+/g, ' ')
    .slice(0, 60);
  return `${plain || 'disk'} ${shortHash(identity)}`;
}

export interface BlockDevice {
  model: string | null;
  /** WWN or serial number; null when the kernel has neither (most virtual disks). */
  identity: string | null;
  /** On a bus for removable disks: its absence alone is no trouble. */
  hotplug: boolean;
}

/** What sysfs has about a whole disk by its present name; also `nvme0`, the controller that smartctl asks. */
export function readBlockDevice(root: string, name: string): BlockDevice {
  const folder = /^nvme\d+$/.test(name) ? `/sys/class/nvme/${name}` : `/sys/block/${name}`;
  const read = (file: string) => firstLine(root, `${folder}/${file}`);
  const device = /^nvme\d+$/.test(name) ? '' : 'device/';
  const at = `${readLink(root, folder) ?? ''}/${readLink(root, `${folder}/device`) ?? ''}`;
  return {
    model: serialOf(read(`${device}model`)),
    identity:
      serialOf(read(`${device}wwid`)) ??
      serialOf(read('wwid')) ??
      serialOf(read(`${device}serial`)) ??
      serialOf(read('serial')),
    hotplug: read('removable') === '1' || /\/(usb|fw)\d|\/mmc_host\/|\/virtual\//.test(at),
  };
}

/** The whole disk of a partition: `sda` of `sda1`; the name itself when it is no partition, or not there. */
export function wholeDisk(root: string, name: string): string {
  const link = readLink(root, `/sys/class/block/${name}`);
  if (link === null || firstLine(root, `/sys/class/block/${name}/partition`) === null) return name;
  return basename(link.slice(0, link.lastIndexOf('/')));
}

/** Identities of all disks that the kernel has now. */
export function disksHere(root: string): Set<string> {
  const found = listNames(root, '/sys/block').map((name) => readBlockDevice(root, name).identity);
  return new Set(found.filter((identity) => identity !== null));
}
