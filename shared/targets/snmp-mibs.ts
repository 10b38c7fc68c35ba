/** What is read of the standard MIBs, as metrics. Pure but for the reader that is handed in. */
import type { TargetSeen } from './kind.ts';

type TargetMetrics = NonNullable<TargetSeen['more']>;
type SnmpColumn = ReadonlyMap<string, number | string>;

export interface SnmpRead {
  /** null for what the device does not have. */
  get(oids: readonly string[]): Promise<(number | string | null)[]>;
  /** A column of a table: by index. @param most further rows are not read */
  walk(oid: string, most: number): Promise<SnmpColumn>;
}

/** A core switch has some hundred; a report takes no more series. */
const interfacesAtMost = 128;
const suppliesAtMost = 32;

const numberIn = (column: SnmpColumn, index: string) => {
  const value = column.get(index);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
};
/** Only what is known. */
const known = (fields: Record<string, number | null>): Record<string, number> =>
  Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, number] => entry[1] !== null));
const tagOf = (text: string) =>
  [...text]
    .filter((one) => one >= ' ' && one !== '\u007f')
    .join('')
    .slice(0, 200);

/** IF-MIB: ifXTable has counters of 64 bits, ifTable the state and the errors. */
export async function readInterfaces({ walk }: SnmpRead): Promise<TargetMetrics> {
  const column = (oid: string) => walk(oid, interfacesAtMost);
  const names = await column('1.3.6.1.2.1.31.1.1.1.1');
  const states = await column('1.3.6.1.2.1.2.2.1.8');
  const wanted = await column('1.3.6.1.2.1.2.2.1.7');
  const received = await column('1.3.6.1.2.1.31.1.1.1.6');
  const sent = await column('1.3.6.1.2.1.31.1.1.1.10');
  const errorsIn = await column('1.3.6.1.2.1.2.2.1.14');
  const errorsOut = await column('1.3.6.1.2.1.2.2.1.20');
  return [...names].slice(0, interfacesAtMost).flatMap(([index, name]) => {
    // Switched off by its administrator: that it is down says nothing.
    if (numberIn(wanted, index) === 2) return [];
    const state = numberIn(states, index);
    const fields = known({
      up: state === null ? null : state === 1 ? 1 : 0,
      bytes_recv: numberIn(received, index),
      bytes_sent: numberIn(sent, index),
      err_in: numberIn(errorsIn, index),
      err_out: numberIn(errorsOut, index),
    });
    return [{ name: 'target_interface', tags: { interface: tagOf(String(name)) || index }, fields }];
  });
}

/** UPS-MIB (RFC 1628). */
export async function readUps({ get, walk }: SnmpRead): Promise<TargetMetrics> {
  const [battery, onBattery, minutes, charge, source] = (
    await get([
      '1.3.6.1.2.1.33.1.2.1.0',
      '1.3.6.1.2.1.33.1.2.2.0',
      '1.3.6.1.2.1.33.1.2.3.0',
      '1.3.6.1.2.1.33.1.2.4.0',
      '1.3.6.1.2.1.33.1.4.1.0',
    ])
  ).map((value) => (typeof value === 'number' ? value : null));
  const loads = [...(await walk('1.3.6.1.2.1.33.1.4.4.1.5', 12)).values()].filter((one) => typeof one === 'number');
  const fields = known({
    // upsOutputSource 5: battery; without it, the seconds on battery say so.
    on_battery: source != null ? (source === 5 ? 1 : 0) : onBattery == null ? null : onBattery > 0 ? 1 : 0,
    // upsBatteryStatus: 1 unknown, 2 normal, 3 low, 4 depleted
    battery_low: battery == null || battery === 1 ? null : battery >= 3 ? 1 : 0,
    left_s: minutes == null ? null : minutes * 60,
    charge_percent: charge ?? null,
    load_percent: loads.length === 0 ? null : Math.max(...loads),
  });
  return Object.keys(fields).length === 0 ? [] : [{ name: 'target_ups', tags: {}, fields }];
}

/** Host-Resources-MIB has the state of the device, Printer-MIB (RFC 3805) supplies and pages. */
export async function readPrinter({ walk }: SnmpRead): Promise<TargetMetrics> {
  const states = [...(await walk('1.3.6.1.2.1.25.3.5.1.2', 4)).values()];
  const pages = [...(await walk('1.3.6.1.2.1.43.10.2.1.4', 4)).values()].filter((one) => typeof one === 'number');
  const names = await walk('1.3.6.1.2.1.43.11.1.1.6', suppliesAtMost);
  const most = await walk('1.3.6.1.2.1.43.11.1.1.8', suppliesAtMost);
  const left = await walk('1.3.6.1.2.1.43.11.1.1.9', suppliesAtMost);
  const device = known({
    trouble: states.length === 0 ? null : states.some(isTrouble) ? 1 : 0,
    pages: pages.length === 0 ? null : pages.reduce((sum, one) => sum + one, 0),
  });
  const supplies = [...names].flatMap(([index, name]) => {
    const [capacity, level] = [numberIn(most, index), numberIn(left, index)];
    // Negative ones are codes: no limit, unknown, some left.
    if (capacity === null || level === null || capacity <= 0 || level < 0) return [];
    const fields = { supply_percent: Math.min(100, Math.round((level / capacity) * 1000) / 10) };
    return [{ name: 'target_printer', tags: { supply: tagOf(String(name)) || index }, fields }];
  });
  return [
    ...(Object.keys(device).length === 0 ? [] : [{ name: 'target_printer', tags: {}, fields: device }]),
    ...supplies,
  ];
}

/**
 * hrPrinterDetectedErrorState: bits from the left: low paper, no paper, low toner, no toner, door open, jammed, offline,
 * service requested. What is merely low is told by the supplies.
 */
function isTrouble(state: number | string): boolean {
  const first = typeof state === 'string' ? state.charCodeAt(0) : state;
  return Number.isFinite(first) && (first & 0b0101_1111) !== 0;
}
