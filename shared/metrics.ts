/**
 * The catalogue: one row per field. Names and units are Telegraf's wherever it has the field, so that an InfluxDB
 * filled by us fits the dashboards people already have. What intake stores, what rules may name, `/metrics/hosts` and
 * the units of charts come out of these rows. Adding a metric is adding a row, and its name under `metric` in
 * shared/words.
 */
import { targetKinds } from './target.ts';

export type Unit =
  | 'percent'
  | 'bytes'
  | 'count'
  | 'seconds'
  | 'ms'
  | 'celsius'
  | 'load'
  | 'bool'
  | 'per_second'
  | 'days'
  | 'number';
/** A counter only grows, and starts again after a reboot: show its rate, never its value. */
export type MetricKind = 'gauge' | 'counter';

export interface Field {
  measurement: string;
  field: string;
  unit: Unit;
  kind: MetricKind;
}

type CatalogueEntry = [field: string, unit: Unit, kind: MetricKind];

const rows: Record<string, CatalogueEntry[]> = {
  cpu: [
    ['usage_active', 'percent', 'gauge'],
    ['usage_user', 'percent', 'gauge'],
    ['usage_nice', 'percent', 'gauge'],
    ['usage_system', 'percent', 'gauge'],
    ['usage_idle', 'percent', 'gauge'],
    ['usage_iowait', 'percent', 'gauge'],
    ['usage_irq', 'percent', 'gauge'],
    ['usage_softirq', 'percent', 'gauge'],
    ['usage_steal', 'percent', 'gauge'],
    ['usage_core_max', 'percent', 'gauge'],
  ],
  mem: [
    ['total', 'bytes', 'gauge'],
    ['available', 'bytes', 'gauge'],
    ['used', 'bytes', 'gauge'],
    ['free', 'bytes', 'gauge'],
    ['cached', 'bytes', 'gauge'],
    ['buffered', 'bytes', 'gauge'],
    ['used_percent', 'percent', 'gauge'],
    ['available_percent', 'percent', 'gauge'],
    ['commit_percent', 'percent', 'gauge'],
    ['pressure_level', 'number', 'gauge'],
  ],
  swap: [
    ['total', 'bytes', 'gauge'],
    ['used', 'bytes', 'gauge'],
    ['free', 'bytes', 'gauge'],
    ['used_percent', 'percent', 'gauge'],
    ['in', 'bytes', 'counter'],
    ['out', 'bytes', 'counter'],
  ],
  pressure: [
    ['avg10', 'percent', 'gauge'],
    ['avg60', 'percent', 'gauge'],
    ['avg300', 'percent', 'gauge'],
    ['total', 'ms', 'counter'],
  ],
  kernel_vmstat: [['oom_kill', 'count', 'counter']],
  disk: [
    ['total', 'bytes', 'gauge'],
    ['used', 'bytes', 'gauge'],
    ['free', 'bytes', 'gauge'],
    ['used_percent', 'percent', 'gauge'],
    ['inodes_total', 'count', 'gauge'],
    ['inodes_free', 'count', 'gauge'],
    ['inodes_used_percent', 'percent', 'gauge'],
    ['read_only', 'bool', 'gauge'],
    ['errors', 'count', 'gauge'],
  ],
  // By the collector, each night
  disk_forecast: [
    ['full_in_days', 'days', 'gauge'],
    ['full_in_days_low', 'days', 'gauge'],
    ['full_in_days_high', 'days', 'gauge'],
    ['history_days', 'days', 'gauge'],
    ['free_percent', 'percent', 'gauge'],
  ],
  // tag name as of smart; the kernel's own (vda) for a disk without serial number
  diskio: [
    ['reads', 'count', 'counter'],
    ['writes', 'count', 'counter'],
    ['read_bytes', 'bytes', 'counter'],
    ['write_bytes', 'bytes', 'counter'],
    ['io_util', 'percent', 'gauge'],
    ['io_await', 'ms', 'gauge'],
    ['iops_in_progress', 'count', 'gauge'],
  ],
  net: [
    ['bytes_recv', 'bytes', 'counter'],
    ['bytes_sent', 'bytes', 'counter'],
    ['packets_recv', 'count', 'counter'],
    ['packets_sent', 'count', 'counter'],
    ['err_in', 'count', 'counter'],
    ['err_out', 'count', 'counter'],
    ['drop_in', 'count', 'counter'],
    ['drop_out', 'count', 'counter'],
  ],
  system: [
    ['load1', 'load', 'gauge'],
    ['load5', 'load', 'gauge'],
    ['load15', 'load', 'gauge'],
    ['load15_per_cpu', 'load', 'gauge'],
    ['n_cpus', 'count', 'gauge'],
    ['n_users', 'count', 'gauge'],
    ['uptime', 'seconds', 'gauge'],
  ],
  processes: [
    ['total', 'count', 'gauge'],
    ['running', 'count', 'gauge'],
    ['sleeping', 'count', 'gauge'],
    ['blocked', 'count', 'gauge'],
    ['zombies', 'count', 'gauge'],
  ],
  // Only the largest few by CPU and by memory, summed by name
  procstat: [
    ['cpu_usage', 'percent', 'gauge'],
    ['memory_rss', 'bytes', 'gauge'],
    ['num_procs', 'count', 'gauge'],
  ],
  temp: [['temp', 'celsius', 'gauge']],
  check: [
    ['ok', 'bool', 'gauge'],
    ['duration', 'ms', 'gauge'],
  ],
  agent: [
    ['spool_reports', 'count', 'gauge'],
    ['spool_bytes', 'bytes', 'gauge'],
    ['rss', 'bytes', 'gauge'],
    ['cpu_ms', 'ms', 'counter'],
    ['late_ms', 'ms', 'gauge'],
  ],
  // By the collector, of machines that report under one credential
  identity: [['machines', 'count', 'gauge']],
  // By the collector, of an endpoint beyond a budget
  intake: [['held_percent', 'percent', 'gauge']],
  backup: [
    ['age_s', 'seconds', 'gauge'],
    ['run_age_s', 'seconds', 'gauge'],
    ['result', 'number', 'gauge'],
    ['bytes', 'bytes', 'gauge'],
    ['duration_s', 'seconds', 'gauge'],
    // By the collector, which knows the runs before.
    ['age_percent', 'percent', 'gauge'],
    ['overdue_s', 'seconds', 'gauge'],
    ['size_percent', 'percent', 'gauge'],
    ['files', 'count', 'gauge'],
    // By the collector, which also knows the restores that people tried out.
    ['verified_age_s', 'seconds', 'gauge'],
    ['verify_result', 'number', 'gauge'],
  ],
  patches: [
    ['pending', 'count', 'gauge'],
    ['pending_security', 'count', 'gauge'],
    ['oldest_security_age_s', 'seconds', 'gauge'],
    ['oldest_security_age_at_least', 'bool', 'gauge'],
    ['metadata_age_s', 'seconds', 'gauge'],
    ['scan_ok', 'bool', 'gauge'],
  ],
  os: [
    ['reboot_required', 'bool', 'gauge'],
    ['reboot_required_age_s', 'seconds', 'gauge'],
    ['end_of_life_days', 'days', 'gauge'],
    ['unclean_shutdowns', 'count', 'counter'],
    ['time_offset_s', 'seconds', 'gauge'],
    ['time_synced', 'bool', 'gauge'],
  ],
  // tag name is model and a hash of the serial number, which stay when the letter changes; severity 0 ok, 1 warning, 2 critical
  smart: [
    ['severity', 'number', 'gauge'],
    ['temperature', 'celsius', 'gauge'],
    ['reallocated', 'count', 'gauge'],
    ['pending', 'count', 'gauge'],
    ['uncorrectable', 'count', 'gauge'],
    ['wear_percent', 'percent', 'gauge'],
    ['spare_percent', 'percent', 'gauge'],
    ['media_errors', 'count', 'gauge'],
    ['power_on_hours', 'count', 'gauge'],
  ],
  // severity as above
  array: [
    ['severity', 'number', 'gauge'],
    ['devices_missing', 'count', 'gauge'],
    ['errors', 'count', 'gauge'],
    ['used_percent', 'percent', 'gauge'],
  ],
  service: [['running', 'bool', 'gauge']],
  battery: [
    ['health_percent', 'percent', 'gauge'],
    ['charge_percent', 'percent', 'gauge'],
    ['cycles', 'count', 'gauge'],
  ],
  // tag path is what is encrypted, or "system"; 1 good, 0 not; absent means unknown
  posture: [
    ['encrypted', 'bool', 'gauge'],
    ['firewall', 'bool', 'gauge'],
    ['antivirus', 'bool', 'gauge'],
  ],
  cert: [['days_left', 'days', 'gauge']],
  // What one watcher saw of a target; result: the codes of shared/target.ts. From `down` on by the collector, of all
  // watchers together: under the target itself.
  target: [
    ['up', 'bool', 'gauge'],
    ['result', 'number', 'gauge'],
    ['total_ms', 'ms', 'gauge'],
    ['dns_ms', 'ms', 'gauge'],
    ['connect_ms', 'ms', 'gauge'],
    ['tls_ms', 'ms', 'gauge'],
    ['first_byte_ms', 'ms', 'gauge'],
    ['status_code', 'number', 'gauge'],
    ['days_left', 'days', 'gauge'],
    ['uptime', 'seconds', 'gauge'],
    ['down', 'bool', 'gauge'],
    ['votes', 'count', 'gauge'],
    ['votes_down', 'count', 'gauge'],
    ['time_ms', 'ms', 'gauge'],
    ['certificate_days', 'days', 'gauge'],
    // Of a service, under the service itself.
    ['service_down', 'bool', 'gauge'],
  ],
  // Over SNMP: IF-MIB, UPS-MIB (RFC 1628), Printer-MIB (RFC 3805)
  target_interface: [
    ['up', 'bool', 'gauge'],
    ['bytes_recv', 'bytes', 'counter'],
    ['bytes_sent', 'bytes', 'counter'],
    ['err_in', 'count', 'counter'],
    ['err_out', 'count', 'counter'],
  ],
  target_ups: [
    ['on_battery', 'bool', 'gauge'],
    ['battery_low', 'bool', 'gauge'],
    ['charge_percent', 'percent', 'gauge'],
    ['left_s', 'seconds', 'gauge'],
    ['load_percent', 'percent', 'gauge'],
  ],
  target_printer: [
    ['trouble', 'bool', 'gauge'],
    ['supply_percent', 'percent', 'gauge'],
    ['pages', 'count', 'counter'],
  ],
  // A check configured on the endpoint. status 0 ok, 1 warning, 2 critical, 3 unknown
  custom: [
    ['status', 'number', 'gauge'],
    ['value', 'number', 'gauge'],
    ['warn', 'number', 'gauge'],
    ['crit', 'number', 'gauge'],
  ],
  // What checks.yaml of the endpoint counts in its logs. complete: all entries of the window were read
  log: [
    ['matches', 'count', 'gauge'],
    ['total', 'count', 'counter'],
    ['over', 'bool', 'gauge'],
    ['complete', 'bool', 'gauge'],
    ['newest_age_s', 'seconds', 'gauge'],
  ],
};

/** The tags by which the series of a measurement differ, with their values where there are no others. */
export const tagsOf: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>> = {
  cpu: { cpu: ['cpu-total'] },
  pressure: { resource: ['cpu', 'memory', 'io'], type: ['some', 'full'] },
  disk: { path: null, device: null, fstype: null },
  disk_forecast: { path: null, device: null, fstype: null },
  diskio: { name: null },
  net: { interface: null },
  procstat: { process_name: null },
  temp: { sensor: null },
  check: { check: null },
  backup: { job: null, product: null },
  patches: { manager: null },
  smart: { name: null },
  array: { name: null, kind: ['md', 'zfs', 'btrfs', 'lvm'] },
  service: { unit: null },
  battery: { name: null },
  posture: { path: null },
  cert: { path: null },
  target: { target: null, kind: targetKinds },
  target_interface: { target: null, interface: null },
  target_ups: { target: null },
  target_printer: { target: null, supply: null },
  custom: { check: null, label: null },
  log: { log: null },
};

const any = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY] as const;
const positive = [0, Number.POSITIVE_INFINITY] as const;
const rangeOfUnit: Readonly<Record<Unit, readonly [low: number, high: number]>> = {
  percent: [0, 100],
  bytes: positive,
  count: positive,
  seconds: positive,
  ms: positive,
  celsius: any,
  load: positive,
  bool: [0, 1],
  per_second: positive,
  days: any,
  number: any,
};
/** Where it is not that of the unit: codes, differences, and shares of something smaller than the whole. */
const rangeOfField: Readonly<Record<string, readonly [low: number, high: number]>> = {
  'mem.commit_percent': positive,
  'mem.pressure_level': [0, 4],
  // Of one core.
  'procstat.cpu_usage': positive,
  'os.time_offset_s': any,
  'backup.result': [0, 5],
  'backup.size_percent': positive,
  'backup.age_percent': positive,
  'backup.verify_result': [0, 1],
  'smart.severity': [0, 2],
  // NVMe counts on beyond the end of the guaranteed life.
  'smart.wear_percent': [0, 255],
  'array.severity': [0, 2],
  'battery.health_percent': positive,
  'custom.status': [0, 3],
  'target.result': [0, 1000],
  'target_ups.load_percent': positive,
};

/** What a field can be at all; a limit outside of it can never be passed. */
export function rangeOf({ measurement, field, unit }: Pick<Field, 'measurement' | 'field' | 'unit'>) {
  return rangeOfField[`${measurement}.${field}`] ?? rangeOfUnit[unit];
}

export const catalogue: readonly Field[] = Object.entries(rows).flatMap(([measurement, fields]) =>
  fields.map(([field, unit, kind]) => ({ measurement, field, unit, kind })),
);

const byName = new Map(catalogue.map((row) => [`${row.measurement}.${row.field}`, row]));

/** The row of `measurement.field`, such as `cpu.usage_active`; undefined when the catalogue has none. */
export function fieldOf(metric: string): Field | undefined {
  return byName.get(metric);
}

/**
 * One line per series: `disk.used_percent{device=/dev/sda1,path=/}`. Tags are sorted, so equal series have equal keys.
 */
export function seriesKey(metric: string, tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort();
  return names.length === 0 ? metric : `${metric}{${names.map((name) => `${name}=${tags[name]}`).join(',')}}`;
}

/** Numbers that are neither good nor bad: state unknown (5, 3), and a run that has not ended yet (3). */
const openValues: Readonly<Record<string, readonly number[]>> = { 'backup.result': [3, 5], 'custom.status': [3] };

/** Whether this number means neither good nor bad. */
export function isOpen(measurement: string, field: string, value: number): boolean {
  if (measurement !== 'backup' && measurement !== 'custom') return false;
  return openValues[`${measurement}.${field}`]?.includes(value) ?? false;
}
