/**
 * Hardware and system ids of a machine, as hashes: the collector can see that two are equal, but not what they are.
 * Sent at enrolment, so that a machine that was installed anew is recognised, and when they are others at a start, so that a copy
 * is. Values that are the same on many machines do not count.
 */
import { networkInterfaces } from 'node:os';
import type { Fingerprint } from '../shared/api.ts';
import type { RunProgram } from './checks/check.ts';
import { looseJson } from './checks/parse.ts';
import { readContainer } from './platform/container.ts';
import { firstLine, listNames, readLink, readText } from './platform/read.ts';
import { powershellArgs } from './platform/windows.ts';
import { readTrusted } from './trusted-path.ts';

/** As read; null where it is missing or not readable. */
export interface FingerprintParts {
  /** Of the mainboard's firmware: strong. */
  uuid: string | null;
  serial: string | null;
  /** Of the board, and of the installed system: weak. */
  board: string | null;
  machine: string | null;
  macs: readonly string[];
}

const nothing: FingerprintParts = { uuid: null, serial: null, board: null, machine: null, macs: [] };

/** Placeholders that makers leave in: the same on thousands of machines. */
const unfilled =
  /^(|-|none|unknown|n\/a|na|null|default( string)?|to be filled by o\.?e\.?m\.?|not (specified|applicable|available|provided)|system[ -]?serial( number)?|(base|main) ?board serial number|serial( number)?|o\.?e\.?m\.?|invalid|uninitialized|0123456789|123456789|1234567890|03000200-0400-0500-0006-000700080009|00020003-0004-0005-0006-000700080009|12345678-1234-5678-90ab-cddeefaabbcc)$/;

/** In one spelling, or null when it is a placeholder. */
export function usableId(text: string | null | undefined): string | null {
  const plain = (text ?? '').slice(0, 256).trim().toLowerCase();
  const letters = new Set(plain.replaceAll(/[^a-z0-9]/g, ''));
  // 0000…, ffff…, xxxx…, and what has no letter or digit at all.
  return unfilled.test(plain) || letters.size < 2 ? null : plain;
}

/** Pure but for the hash. Each part is hashed with its name and an application key, as machine-id(5) requires. */
export function fingerprintOf(parts: FingerprintParts): Fingerprint {
  const { createHmac } = process.getBuiltinModule('node:crypto');
  const hash = (name: string, value: string) =>
    createHmac('sha256', 'evenkeel machine fingerprint 1').update(`${name}:${value}`).digest('hex').slice(0, 16);
  const print: Fingerprint = {};
  for (const name of ['uuid', 'serial', 'board', 'machine'] as const) {
    const value = usableId(parts[name]);
    if (value !== null) print[name] = hash(name, value);
  }
  const macs = [...new Set(parts.macs.flatMap((mac) => usableId(mac) ?? []))].sort().slice(0, 8);
  if (macs.length > 0) print.macs = macs.map((mac) => hash('mac', mac));
  return print;
}

/**
 * Changes with the machine. Without node:crypto, which is 2.4 MB for a process that runs for months: what may be another machine
 * is compared by hashes, in a process of its own.
 */
export function markOf(machine: MachineParts): string {
  let mark = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(JSON.stringify(machine)))
    mark = BigInt.asUintN(64, (mark ^ BigInt(byte)) * 0x100000001b3n);
  return mark.toString(16).padStart(16, '0');
}

/** What the agent's user can read, and what root has left for it. */
export interface MachineParts {
  parts: FingerprintParts;
  left: Fingerprint;
}

export const printOf = ({ parts, left }: MachineParts): Fingerprint => ({ ...fingerprintOf(parts), ...left });

/** Serial numbers are root's to read: its unit leaves hashes of them here, for the service that has no rights. */
const leftPath = '/run/evenkeel-identity/hardware.json';
const hashed = ['uuid', 'serial', 'board'] as const;

function readLeft(): Fingerprint {
  const left: Fingerprint = {};
  try {
    const found = JSON.parse(readTrusted(leftPath).toString('utf8')) as Record<string, unknown>;
    for (const name of hashed) {
      const hash = found[name];
      if (typeof hash === 'string' && /^[0-9a-f]{16}$/.test(hash)) left[name] = hash;
    }
  } catch {
    // Not installed with it, or somebody else could have written it: what this process reads itself has to do.
  }
  return left;
}

export async function readMachine(run: RunProgram): Promise<MachineParts> {
  const { platform } = process;
  const parts = await readParts(platform, '', run);
  return { parts, left: platform === 'linux' && readContainer('') === null ? readLeft() : {} };
}

/** For the agent of this machine, by root: mode 0640 in a folder of its group. */
export const leftBy = ({ parts }: MachineParts): Fingerprint =>
  Object.fromEntries(Object.entries(fingerprintOf(parts)).filter(([name]) => hashed.some((one) => one === name)));

/** @param root before each path of Linux, for captured trees */
export async function readParts(platform: NodeJS.Platform, root: string, run: RunProgram): Promise<FingerprintParts> {
  try {
    if (platform === 'linux') return readLinux(root);
    if (platform === 'darwin') return await readMac(run);
    if (platform === 'win32') return await readWindows(run);
  } catch {
    // A tool that is missing or forbidden: enrolment goes on without, and a person can still say which machine it is.
  }
  return nothing;
}

function readLinux(root: string): FingerprintParts {
  // What a container shows is its host's, or of an image that many are made of.
  if (readContainer(root) !== null) return nothing;
  const dmi = (name: string) => firstLine(root, `/sys/class/dmi/id/${name}`);
  // Boards without firmware tables, such as the Raspberry Pi; it ends with a NUL.
  const tree = readText(root, '/proc/device-tree/serial-number')?.replaceAll('\0', '') ?? null;
  return {
    uuid: dmi('product_uuid'),
    serial: usableId(dmi('product_serial')) ?? tree,
    board: dmi('board_serial'),
    machine: firstLine(root, '/etc/machine-id') ?? firstLine(root, '/var/lib/dbus/machine-id'),
    macs: listNames(root, '/sys/class/net')
      // Bridges, tunnels and the like have no device below them.
      .filter((name) => readLink(root, `/sys/class/net/${name}/device`) !== null)
      .flatMap((name) => firstLine(root, `/sys/class/net/${name}/address`) ?? []),
  };
}

/** Addresses of the system's own list: of real cards, as far as their names show. */
const macsOf = (real: RegExp) =>
  Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    real.test(name) ? addresses.map(({ mac }) => mac) : [],
  );

async function readMac(run: RunProgram): Promise<FingerprintParts> {
  const { stdout } = await run('/usr/sbin/ioreg', ['-rd1', '-c', 'IOPlatformExpertDevice'], { timeoutMs: 10_000 });
  const value = (name: string) => new RegExp(`"${name}" = "([^"]{1,64})"`).exec(stdout)?.[1] ?? null;
  return {
    ...nothing,
    uuid: value('IOPlatformUUID'),
    serial: value('IOPlatformSerialNumber'),
    macs: macsOf(/^en\d+$/),
  };
}

const windowsScript = `$p = Get-CimInstance Win32_ComputerSystemProduct; $b = Get-CimInstance Win32_BIOS; $m = Get-CimInstance Win32_BaseBoard;
$n = @(Get-CimInstance Win32_NetworkAdapter -Filter 'PhysicalAdapter = TRUE' | ForEach-Object { [string]$_.MACAddress });
$g = (Get-ItemProperty 'HKLM:\\SOFTWARE\\Microsoft\\Cryptography').MachineGuid;
@{ uuid = [string]$p.UUID; serial = [string]$b.SerialNumber; board = [string]$m.SerialNumber; machine = [string]$g; macs = $n } | ConvertTo-Json -Compress`;

async function readWindows(run: RunProgram): Promise<FingerprintParts> {
  const { stdout } = await run('powershell.exe', powershellArgs(windowsScript), { timeoutMs: 30_000 });
  const answer = (looseJson(stdout) ?? {}) as Record<string, unknown>;
  const text = (name: string) => (typeof answer[name] === 'string' ? (answer[name] as string) : null);
  const macs = [answer.macs].flat().filter((mac) => typeof mac === 'string');
  return { uuid: text('uuid'), serial: text('serial'), board: text('board'), machine: text('machine'), macs };
}
