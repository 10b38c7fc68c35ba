/** Battery wear: what it can hold beside what it could hold when new. */
import { type Reason, reason } from '../../../shared/reason.ts';
import { type CheckContext, NoData } from '../check.ts';
import { fileText, namesIn } from '../files.ts';
import { type Loose, numberOf, textOf } from '../parse.ts';
import { type HealthReading, type HealthSource, type HealthStatus, hour, item, metric } from './source.ts';

export interface Battery {
  name: string;
  healthPercent: number | null;
  chargePercent: number | null;
  cycles: number | null;
  state: string | null;
}

/** New batteries hold a little more than their makers promise; much more is two different units. */
const most = 130;

const atMost100 = (percent: number | null) =>
  percent === null || percent < 0 || percent > most ? null : Math.min(100, Math.round(percent * 10) / 10);

const percentOf = (part: number | null, whole: number | null) =>
  part === null || whole === null || whole <= 0 ? null : atMost100((part / whole) * 100);

/** Files of /sys/class/power_supply/NAME, by name. */
function batteryOf(name: string, files: Readonly<Record<string, string | null>>): Battery {
  const value = (key: string) => numberOf(files[key]?.trim());
  const full = value('energy_full') ?? value('charge_full');
  const design = value('energy_full_design') ?? value('charge_full_design');
  const cycles = value('cycle_count');
  return {
    name,
    healthPercent: percentOf(full, design),
    chargePercent: atMost100(value('capacity')),
    // Firmware that does not count reports 0.
    cycles: cycles === 0 ? null : cycles,
    state: textOf(files.status?.trim()),
  };
}

/** `ioreg -rn AppleSmartBattery`; null without one. */
export function parseIoregBattery(text: string): Battery | null {
  // Up to the end of its line: a number that was cut off is another number.
  const value = (key: string) => numberOf(new RegExp(`"${key}" ?= ?(\\d{1,9})[\\s,}]`).exec(text)?.[1]);
  const design = value('DesignCapacity');
  if (design === null) return null;
  // Since Big Sur MaxCapacity is a percentage, and the raw value stands beside it.
  const raw = value('AppleRawMaxCapacity') ?? value('NominalChargeCapacity') ?? value('MaxCapacity');
  const current = value('AppleRawCurrentCapacity') ?? value('CurrentCapacity');
  return {
    name: 'internal',
    healthPercent: percentOf(raw, design),
    chargePercent: percentOf(current, raw),
    cycles: value('CycleCount'),
    state: /"IsCharging"\s*=\s*Yes/.test(text) ? 'Charging' : null,
  };
}

/** Windows: root\wmi BatteryFullChargedCapacity and BatteryStaticData, joined by the script. */
export function windowsBattery(record: Loose, index: number): Battery {
  return {
    name: textOf(record.DeviceName) ?? `battery ${index}`,
    healthPercent: percentOf(numberOf(record.FullChargedCapacity), numberOf(record.DesignedCapacity)),
    chargePercent: atMost100(numberOf(record.EstimatedChargeRemaining)),
    cycles: numberOf(record.CycleCount) || null,
    state: null,
  };
}

/** Makers replace batteries below 80 % within the warranty; below 50 % a laptop lasts no longer than a meeting. */
export function judgeBattery(battery: Battery): { status: HealthStatus; why: Reason } {
  const health = battery.healthPercent;
  if (health === null) return { status: 'unknown', why: reason('battery_capacity_not_told') };
  const why = reason('battery_holds', { left_percent: health });
  return { status: health < 50 ? 'critical' : health < 70 ? 'warning' : 'ok', why };
}

export function batteryReading(batteries: readonly Battery[], now: number): HealthReading {
  const reading: HealthReading = { items: [], metrics: [] };
  for (const battery of batteries) {
    const { status, why } = judgeBattery(battery);
    reading.items.push(
      item('battery', battery.name, status, why, { cycles: battery.cycles, state: battery.state }, now),
    );
    const fields = {
      health_percent: battery.healthPercent,
      charge_percent: battery.chargePercent,
      cycles: battery.cycles,
    };
    reading.metrics.push(...metric('battery', { name: battery.name }, fields, now));
  }
  return reading;
}

export const battery: HealthSource = {
  name: 'battery',
  every: hour,
  reads: '/sys/class/power_supply; macOS: ioreg. No root. Windows: see windows',
  platforms: ['linux', 'darwin'],
  read,
};

const files = [
  'type',
  'scope',
  'status',
  'capacity',
  'cycle_count',
  'energy_full',
  'energy_full_design',
  'charge_full',
  'charge_full_design',
];

async function read(context: CheckContext): Promise<HealthReading> {
  const now = context.clock.now();
  if (context.platform === 'darwin') {
    const found = parseIoregBattery(
      (await context.run('/usr/sbin/ioreg', ['-rn', 'AppleSmartBattery'], { timeoutMs: 15_000 })).stdout,
    );
    if (found === null) throw new NoData(reason('no_battery'));
    return batteryReading([found], now);
  }
  const batteries: Battery[] = [];
  for (const name of await namesIn(context, '/sys/class/power_supply')) {
    const texts = await Promise.all(files.map((file) => fileText(context, `/sys/class/power_supply/${name}/${file}`)));
    const values = Object.fromEntries(files.map((file, index) => [file, texts[index] ?? null]));
    // Batteries of mice and headsets have the scope "Device".
    if (values.type?.trim() === 'Battery' && values.scope?.trim() !== 'Device') batteries.push(batteryOf(name, values));
  }
  if (batteries.length === 0) throw new NoData(reason('no_battery'));
  return batteryReading(batteries, now);
}
