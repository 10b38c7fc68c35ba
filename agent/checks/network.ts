/** Traffic, errors and drops of each network interface that leads somewhere. */
import { reason } from '../../shared/reason.ts';
import { readText } from '../platform/read.ts';
import { type Check, type CheckContext, NoData } from './check.ts';
import { metric } from './reading.ts';

export interface InterfaceCounters {
  name: string;
  bytesRecv: number;
  packetsRecv: number;
  errIn: number;
  dropIn: number;
  bytesSent: number;
  packetsSent: number;
  errOut: number;
  dropOut: number;
}

/** Loopback, and the inside of container and machine hosts: they only repeat what the outer interfaces count. */
const inner =
  /^(lo\d*|veth|docker|br-|virbr|vnet|tap|ifb|cali|cni|flannel|lxc|kube|podman|dummy|sit|ip6tnl|tunl|gre|erspan|nodelocaldns|bonding_masters|p2p|awdl|llw|utun|anpi|gif|stf|bridge)/;

const [kept, other] = ['[ \\t]+(\\d{1,20})', '[ \\t]+\\d+'];
/** The first four of the eight numbers of what comes, and of the eight of what goes. A first number may follow its colon at once. */
const interfaceLine = new RegExp(
  `^[ \\t]*([^\\s:]+):[ \\t]*(\\d{1,20})${kept.repeat(3)}${other.repeat(4)}${kept.repeat(4)}${other.repeat(4)}(?!\\S)`,
  'gm',
);

/** `/proc/net/dev`. Total. */
export function parseNetDev(text: string): InterfaceCounters[] {
  const found: InterfaceCounters[] = [];
  for (const [, name = '', ...words] of text.matchAll(interfaceLine)) {
    const [bytesRecv, packetsRecv, errIn, dropIn, bytesSent, packetsSent, errOut, dropOut] = words.map(Number) as [
      ...[number, number, number, number, number, number, number, number],
    ];
    found.push({ name, bytesRecv, packetsRecv, errIn, dropIn, bytesSent, packetsSent, errOut, dropOut });
  }
  return found;
}

export const leadsSomewhere = (name: string) => !inner.test(name);

/** systeminformation's answer in the same form; -1 and null stand for "unknown". */
async function readElsewhere(): Promise<InterfaceCounters[]> {
  const { networkStats } = await import('systeminformation');
  const stats = await networkStats('*');
  return stats.map((s) => ({
    name: s.iface,
    bytesRecv: s.rx_bytes,
    packetsRecv: Number.NaN,
    errIn: s.rx_errors,
    dropIn: s.rx_dropped,
    bytesSent: s.tx_bytes,
    packetsSent: Number.NaN,
    errOut: s.tx_errors,
    dropOut: s.tx_dropped,
  }));
}

async function read(context: CheckContext): Promise<InterfaceCounters[]> {
  if (context.platform !== 'linux') return readElsewhere();
  return parseNetDev(readText(context.root, '/proc/net/dev') ?? '');
}

export function network(platform: NodeJS.Platform = process.platform): Check {
  return {
    name: 'network',
    // Elsewhere each reading starts a process.
    every: platform === 'linux' ? 10_000 : 120_000,
    reads: '/proc/net/dev (Linux), systeminformation (Windows, macOS); no rights needed',
    async run(context) {
      const found = (await read(context)).filter((one) => leadsSomewhere(one.name));
      if (found.length === 0) throw new NoData(reason('no_network_interface'));
      const now = context.clock.now();
      const count = (value: number) => (value >= 0 ? value : null);
      return {
        metrics: found.flatMap((one) =>
          metric(
            'net',
            { interface: one.name },
            {
              bytes_recv: count(one.bytesRecv),
              bytes_sent: count(one.bytesSent),
              packets_recv: count(one.packetsRecv),
              packets_sent: count(one.packetsSent),
              err_in: count(one.errIn),
              err_out: count(one.errOut),
              drop_in: count(one.dropIn),
              drop_out: count(one.dropOut),
            },
            now,
          ),
        ),
      };
    },
  };
}
