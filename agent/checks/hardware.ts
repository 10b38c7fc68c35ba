/**
 * Section `hardware`. On Linux from /proc and /sys: systeminformation would start eight shells and fifteen programs for
 * the same facts. Elsewhere by systeminformation; heavy, because it runs in a process of its own, so its memory goes with it.
 */
import { networkInterfaces } from 'node:os';
import type { Hardware } from '../../shared/inventory.ts';
import { readContainer } from '../platform/container.ts';
import { readBlockDevice, serialOf } from '../platform/disks.ts';
import { firstLine, listNames, readNumber, readText } from '../platform/read.ts';
import type { Check, CheckContext } from './check.ts';
import { leadsSomewhere } from './network.ts';
import { countCpuList } from './system.ts';

/** Placeholders of systeminformation for "unknown", and of boards whose maker filled in nothing. */
const empty =
  /^(|-|unknown|none|n\/a|default string|to be filled by o\.e\.m\.?|not specified|system (product name|manufacturer|serial number)|0+)$/i;

/** The text, or null when it is empty or a placeholder. */
export function filledIn(text: unknown): string | null {
  const plain = typeof text === 'string' ? text.trim().slice(0, 256) : '';
  return empty.test(plain) ? null : plain;
}

const positive = (value: unknown) => (typeof value === 'number' && value > 0 ? value : null);

function interfaces(): Hardware['interfaces'] {
  return Object.entries(networkInterfaces())
    .filter(([name]) => leadsSomewhere(name))
    .map(([name, addresses = []]) => ({
      name: name.slice(0, 256),
      mac: filledIn(addresses[0]?.mac),
      addresses: addresses.map(({ address }) => address).slice(0, 32),
    }));
}

type Board = Pick<Hardware, 'manufacturer' | 'model' | 'serial'>;
type Disk = Hardware['disks'][number];

/** `Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz` → `Intel Xeon CPU E5-2680 v4`; null where it is not named (ARM). */
export function parseCpuModel(text: string): string | null {
  const named = /^(?:model name|cpu model|cpu)[ \t]*:[ \t]*(\S.*)$/im.exec(text)?.[1] ?? null;
  return named === null
    ? null
    : filledIn(
        named
          .replace(/\((?:R|TM)\)/gi, '')
          .replace(/\s+@.*$/, '')
          .replace(/\s+/g, ' '),
      );
}

/** `lscpu`, asked only where /proc/cpuinfo has numbers in place of a name. */
export const parseLscpuModel = (text: string): string | null => filledIn(/^Model name:[ \t]*(\S.*)$/m.exec(text)?.[1]);

/** A page of SCSI's vital product data: four bytes of header, then the serial number. */
export const parseSerialPage = (page: string | null): string | null =>
  page === null ? null : serialOf(page.slice(4).replace(/[^\x20-\x7e]/g, ''));

function readBoard(root: string): Board {
  // What a container shows of a board is its host's.
  const container = readContainer(root);
  if (container !== null)
    return { manufacturer: null, model: `${container.name} container`.slice(0, 256), serial: null };
  const dmi = (name: string) => filledIn(firstLine(root, `/sys/class/dmi/id/${name}`));
  // Boards without firmware tables, such as the Raspberry Pi; it ends with a NUL.
  const tree = (name: string) => filledIn(readText(root, `/proc/device-tree/${name}`)?.replaceAll('\0', ''));
  return {
    manufacturer: dmi('sys_vendor'),
    model: dmi('product_name') ?? tree('model'),
    serial: dmi('product_serial') ?? tree('serial-number'),
  };
}

/** Virtual disks call themselves rotating, whatever they lie on. */
function diskKind(root: string, name: string): string | null {
  if (name.startsWith('nvme')) return 'NVMe';
  const rotates = /^x?vd/.test(name) ? null : readNumber(root, `/sys/block/${name}/queue/rotational`);
  return rotates === null ? null : rotates === 1 ? 'HD' : 'SSD';
}

function readDisk(root: string, name: string): Disk {
  const at = `/sys/block/${name}`;
  const serial = serialOf(firstLine(root, `${at}/device/serial`)) ?? serialOf(firstLine(root, `${at}/serial`));
  // In units of 512 bytes, whatever the disk's own sectors are.
  const sectors = readNumber(root, `${at}/size`);
  return {
    name: `/dev/${name}`,
    model: readBlockDevice(root, name).model,
    serial: serial ?? parseSerialPage(readText(root, `${at}/device/vpd_pg80`)),
    bytes: positive(sectors === null ? null : sectors * 512),
    kind: diskKind(root, name),
  };
}

async function onLinux({ root, run }: CheckContext): Promise<Omit<Hardware, 'interfaces'>> {
  const memory = /^MemTotal:\s+(\d+) kB/m.exec(readText(root, '/proc/meminfo') ?? '')?.[1];
  const processor = parseCpuModel(readText(root, '/proc/cpuinfo') ?? '');
  const byTool = async () => parseLscpuModel((await run('lscpu', [], { timeoutMs: 10_000 })).stdout);
  const isDisk = (name: string) => !/^(sr|fd)\d/.test(name) && listNames(root, `/sys/block/${name}/device`).length > 0;
  return {
    ...readBoard(root),
    cpu: {
      model: processor ?? (await byTool().catch(() => null)),
      cores: countCpuList(readText(root, '/sys/devices/system/cpu/online') ?? ''),
    },
    memory_bytes: memory === undefined ? null : Number(memory) * 1024,
    disks: listNames(root, '/sys/block')
      .filter(isDisk)
      .map((name) => readDisk(root, name))
      .filter(({ bytes }) => bytes !== null)
      .slice(0, 256),
  };
}

async function elsewhere(): Promise<Omit<Hardware, 'interfaces'>> {
  const si = await import('systeminformation');
  // One by one: together they would start fifty processes at once.
  const board = await si.system();
  const processor = await si.cpu();
  const memory = await si.mem();
  const layout = await si.diskLayout();
  return {
    manufacturer: filledIn(board.manufacturer),
    model: filledIn(board.model),
    serial: filledIn(board.serial),
    cpu: { model: filledIn(`${processor.manufacturer} ${processor.brand}`), cores: positive(processor.cores) },
    memory_bytes: positive(memory.total),
    disks: layout.slice(0, 256).map((disk) => ({
      name: filledIn(disk.device) ?? filledIn(disk.name) ?? 'disk',
      model: filledIn(disk.name),
      serial: filledIn(disk.serialNum),
      bytes: positive(disk.size),
      kind: filledIn(disk.type),
    })),
  };
}

export function hardware(): Check {
  return {
    name: 'hardware',
    every: 24 * 3_600_000,
    heavy: true,
    reads: '/proc and /sys (Linux; serial numbers need root), systeminformation (Windows, macOS)',
    async run(context) {
      const facts = await (context.platform === 'linux' ? onLinux(context) : elsewhere());
      return { sections: { hardware: { ...facts, interfaces: interfaces().slice(0, 256) } } };
    },
  };
}
