/** Whether the machine runs on its battery: then nothing heavy is started. */
import type { RunLimits, RunResult } from '../checks/check.ts';
import { parsePower } from './macos.ts';
import { firstLine, listNames } from './read.ts';

/** Linux: no mains is online and a battery of the machine discharges. Unknown counts as mains. */
function linuxOnBattery(root: string): boolean {
  const base = '/sys/class/power_supply';
  const supplies = listNames(root, base).map((name) => ({
    type: firstLine(root, `${base}/${name}/type`),
    online: firstLine(root, `${base}/${name}/online`),
    status: firstLine(root, `${base}/${name}/status`),
    scope: firstLine(root, `${base}/${name}/scope`),
  }));
  if (supplies.some((supply) => supply.type !== 'Battery' && supply.online === '1')) return false;
  return supplies.some((s) => s.type === 'Battery' && s.scope !== 'Device' && s.status === 'Discharging');
}

export async function onBattery(
  platform: NodeJS.Platform,
  root: string,
  run: (file: string, args: readonly string[], limits: RunLimits) => Promise<RunResult>,
): Promise<boolean> {
  if (platform === 'linux') return linuxOnBattery(root);
  if (platform !== 'darwin') return false;
  try {
    return parsePower((await run('pmset', ['-g', 'batt'], { timeoutMs: 5000 })).stdout).onBattery === true;
  } catch {
    // No pmset: no battery to spare.
    return false;
  }
}
