/** Server or workstation: guessed from the machine, with the reason, and changeable by people. */
import { type Reason, reason } from '../../shared/reason.ts';
import type { RunProgram } from '../checks/check.ts';
import { firstLine, listNames, readText } from './read.ts';

export type MachineKind = 'server' | 'workstation';
export interface Guess {
  kind: MachineKind;
  why: Reason;
}

/** What the guess is made from; null where the system does not report it. */
export interface Signs {
  platform: NodeJS.Platform;
  /** SMBIOS chassis type: 3 desktop, 9 laptop, 10 notebook, 17 main server chassis, 23 rack mount … */
  chassis: number | null;
  battery: boolean;
  /** A display manager is set up, or the machine boots to a graphical target. */
  graphical: boolean | null;
  /** Windows: WinNT is a workstation, ServerNT and LanmanNT are servers. */
  productType: string | null;
}

const portable = new Set([8, 9, 10, 11, 14, 30, 31, 32]);
const serverChassis = new Set([17, 23, 25, 28, 29]);

/** Pure. The first sign that is clear decides. */
export function guessKind(signs: Signs): Guess {
  if (signs.platform === 'darwin') return { kind: 'workstation', why: reason('kind_macos') };
  if (signs.platform === 'win32') {
    if (signs.productType === null) return { kind: 'workstation', why: reason('kind_windows_not_told') };
    return signs.productType === 'WinNT'
      ? { kind: 'workstation', why: reason('kind_windows_workstation') }
      : { kind: 'server', why: reason('kind_windows_server') };
  }
  if (signs.battery) return { kind: 'workstation', why: reason('kind_battery') };
  if (signs.chassis !== null && portable.has(signs.chassis))
    return { kind: 'workstation', why: reason('kind_portable') };
  if (signs.chassis !== null && serverChassis.has(signs.chassis))
    return { kind: 'server', why: reason('kind_server_chassis') };
  if (signs.graphical) return { kind: 'workstation', why: reason('kind_graphical') };
  return { kind: 'server', why: reason('kind_headless') };
}

/** Reads the signs. On Linux and macOS files only; on Windows one question to the registry. */
export async function readSigns(platform: NodeJS.Platform, root: string, run: RunProgram): Promise<Signs> {
  const chassis = Number(firstLine(root, '/sys/class/dmi/id/chassis_type') ?? Number.NaN);
  return {
    platform,
    chassis: Number.isInteger(chassis) ? chassis : null,
    battery: hasBattery(root),
    graphical: platform === 'linux' ? bootsToDesktop(root) : null,
    productType: platform === 'win32' ? await readProductType(run) : null,
  };
}

function hasBattery(root: string): boolean {
  const base = '/sys/class/power_supply';
  // Scope "Device" is the battery of a mouse or a UPS.
  return listNames(root, base).some(
    (name) =>
      firstLine(root, `${base}/${name}/type`) === 'Battery' && firstLine(root, `${base}/${name}/scope`) !== 'Device',
  );
}

function bootsToDesktop(root: string): boolean {
  const wants = ['/etc/systemd/system/display-manager.service', '/etc/X11/default-display-manager'];
  return wants.some((path) => readText(root, path) !== null);
}

async function readProductType(run: RunProgram): Promise<string | null> {
  const key = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\ProductOptions';
  try {
    const { stdout } = await run('reg', ['query', key, '/v', 'ProductType'], { timeoutMs: 10_000 });
    return /ProductType\s+REG_SZ\s+(\w+)/.exec(stdout)?.[1] ?? null;
  } catch {
    // The registry tool is forbidden by policy on some machines: `systeminfo` has the same, slowly.
    const { parseSystemInfo } = await import('./windows.ts');
    const result = await run('systeminfo', [], { timeoutMs: 60_000 }).catch(() => null);
    const role = result === null ? null : parseSystemInfo(result.stdout).role;
    return role === null ? null : role === 'workstation' ? 'WinNT' : 'ServerNT';
  }
}
