/** Section `hardware`, by systeminformation. Heavy: it runs in a process of its own, so its memory goes with it. */
import { networkInterfaces } from 'node:os';
import type { Hardware } from '../../shared/inventory.ts';
import type { Check } from './check.ts';
import { leadsSomewhere } from './network.ts';

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

export function hardware(): Check {
  return {
    name: 'hardware',
    every: 24 * 3_600_000,
    heavy: true,
    reads: 'systeminformation: board, processor, disks; serial numbers need root or administrator',
    async run() {
      const si = await import('systeminformation');
      // One by one: together they would start fifty processes at once.
      const board = await si.system();
      const processor = await si.cpu();
      const memory = await si.mem();
      const layout = await si.diskLayout();
      const section: Hardware = {
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
        interfaces: interfaces().slice(0, 256),
      };
      return { sections: { hardware: section } };
    },
  };
}
