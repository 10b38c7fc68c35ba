/**
 * The catalogue: one row a field. Names and units are Telegraf's wherever it has the field, so that an InfluxDB filled
 * by us fits the dashboards people already have. JSON Schema, `/metrics` help lines, units of charts and the
 * documentation come out of these rows. Adding a metric is adding a row, and its name under `metric` in shared/words.
 */
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
export type Kind = 'gauge' | 'counter';

export interface Field {
  measurement: string;
  field: string;
  unit: Unit;
  kind: Kind;
  /** node_exporter's name of the same thing, where one exists. */
  node?: string;
  /** OpenTelemetry's name of the same thing, where one exists. */
  otel?: string;
}

type Row = [field: string, unit: Unit, kind: Kind, node?: string | undefined, otel?: string];

const rows: Record<string, Row[]> = {
  cpu: [
    ['usage_active', 'percent', 'gauge', undefined, 'system.cpu.utilization'],
    ['usage_user', 'percent', 'gauge', 'node_cpu_seconds_total{mode="user"}'],
    ['usage_nice', 'percent', 'gauge', 'node_cpu_seconds_total{mode="nice"}'],
    ['usage_system', 'percent', 'gauge', 'node_cpu_seconds_total{mode="system"}'],
    ['usage_idle', 'percent', 'gauge', 'node_cpu_seconds_total{mode="idle"}'],
    ['usage_iowait', 'percent', 'gauge', 'node_cpu_seconds_total{mode="iowait"}'],
    ['usage_irq', 'percent', 'gauge', 'node_cpu_seconds_total{mode="irq"}'],
    ['usage_softirq', 'percent', 'gauge', 'node_cpu_seconds_total{mode="softirq"}'],
    ['usage_steal', 'percent', 'gauge', 'node_cpu_seconds_total{mode="steal"}'],
    ['usage_core_max', 'percent', 'gauge'],
  ],
  mem: [
    ['total', 'bytes', 'gauge', 'node_memory_MemTotal_bytes', 'system.memory.limit'],
    ['available', 'bytes', 'gauge', 'node_memory_MemAvailable_bytes'],
    ['used', 'bytes', 'gauge', undefined, 'system.memory.usage'],
    ['free', 'bytes', 'gauge', 'node_memory_MemFree_bytes'],
    ['cached', 'bytes', 'gauge', 'node_memory_Cached_bytes'],
    ['buffered', 'bytes', 'gauge', 'node_memory_Buffers_bytes'],
    ['used_percent', 'percent', 'gauge', undefined, 'system.memory.utilization'],
    ['available_percent', 'percent', 'gauge'],
    ['commit_percent', 'percent', 'gauge'],
    ['pressure_level', 'number', 'gauge'],
  ],
  swap: [
    ['total', 'bytes', 'gauge', 'node_memory_SwapTotal_bytes'],
    ['used', 'bytes', 'gauge'],
    ['free', 'bytes', 'gauge', 'node_memory_SwapFree_bytes'],
    ['used_percent', 'percent', 'gauge'],
    ['in', 'bytes', 'counter', 'node_vmstat_pswpin'],
    ['out', 'bytes', 'counter', 'node_vmstat_pswpout'],
  ],
  pressure: [
    ['avg10', 'percent', 'gauge'],
    ['avg60', 'percent', 'gauge'],
    ['avg300', 'percent', 'gauge'],
    ['total', 'ms', 'counter', 'node_pressure_waiting_seconds_total'],
  ],
  kernel_vmstat: [['oom_kill', 'count', 'counter', 'node_vmstat_oom_kill']],
  disk: [
    ['total', 'bytes', 'gauge', 'node_filesystem_size_bytes'],
    ['used', 'bytes', 'gauge', undefined, 'system.filesystem.usage'],
    ['free', 'bytes', 'gauge', 'node_filesystem_avail_bytes'],
    ['used_percent', 'percent', 'gauge', undefined, 'system.filesystem.utilization'],
    ['inodes_total', 'count', 'gauge', 'node_filesystem_files'],
    ['inodes_free', 'count', 'gauge', 'node_filesystem_files_free'],
    ['inodes_used_percent', 'percent', 'gauge'],
    ['read_only', 'bool', 'gauge', 'node_filesystem_readonly'],
    ['errors', 'count', 'gauge'],
  ],
  // tag name as of smart; the kernel's own (vda) for a disk without serial number
  diskio: [
    ['reads', 'count', 'counter', 'node_disk_reads_completed_total'],
    ['writes', 'count', 'counter', 'node_disk_writes_completed_total'],
    ['read_bytes', 'bytes', 'counter', 'node_disk_read_bytes_total', 'system.disk.io'],
    ['write_bytes', 'bytes', 'counter', 'node_disk_written_bytes_total', 'system.disk.io'],
    ['io_util', 'percent', 'gauge'],
    ['io_await', 'ms', 'gauge'],
    ['iops_in_progress', 'count', 'gauge', 'node_disk_io_now'],
  ],
  net: [
    ['bytes_recv', 'bytes', 'counter', 'node_network_receive_bytes_total', 'system.network.io'],
    ['bytes_sent', 'bytes', 'counter', 'node_network_transmit_bytes_total', 'system.network.io'],
    ['packets_recv', 'count', 'counter', 'node_network_receive_packets_total'],
    ['packets_sent', 'count', 'counter', 'node_network_transmit_packets_total'],
    ['err_in', 'count', 'counter', 'node_network_receive_errs_total'],
    ['err_out', 'count', 'counter', 'node_network_transmit_errs_total'],
    ['drop_in', 'count', 'counter', 'node_network_receive_drop_total'],
    ['drop_out', 'count', 'counter', 'node_network_transmit_drop_total'],
  ],
  system: [
    ['load1', 'load', 'gauge', 'node_load1'],
    ['load5', 'load', 'gauge', 'node_load5'],
    ['load15', 'load', 'gauge', 'node_load15'],
    ['load15_per_cpu', 'load', 'gauge'],
    ['n_cpus', 'count', 'gauge'],
    ['n_users', 'count', 'gauge'],
    ['uptime', 'seconds', 'gauge'],
  ],
  processes: [
    ['total', 'count', 'gauge'],
    ['running', 'count', 'gauge', 'node_procs_running'],
    ['sleeping', 'count', 'gauge'],
    ['blocked', 'count', 'gauge', 'node_procs_blocked'],
    ['zombies', 'count', 'gauge'],
  ],
  // Only the largest few by CPU and by memory, summed by name
  procstat: [
    ['cpu_usage', 'percent', 'gauge'],
    ['memory_rss', 'bytes', 'gauge'],
    ['num_procs', 'count', 'gauge'],
  ],
  temp: [['temp', 'celsius', 'gauge', 'node_hwmon_temp_celsius', 'hw.temperature']],
  check: [
    ['ok', 'bool', 'gauge', 'node_scrape_collector_success'],
    ['duration', 'ms', 'gauge', 'node_scrape_collector_duration_seconds'],
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
    ['reboot_required', 'bool', 'gauge', 'node_reboot_required'],
    ['reboot_required_age_s', 'seconds', 'gauge'],
    ['end_of_life_days', 'days', 'gauge'],
    ['unclean_shutdowns', 'count', 'counter'],
    ['time_offset_s', 'seconds', 'gauge', 'node_timex_offset_seconds'],
    ['time_synced', 'bool', 'gauge', 'node_timex_sync_status'],
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
  service: [['running', 'bool', 'gauge', 'node_systemd_unit_state']],
  battery: [
    ['health_percent', 'percent', 'gauge'],
    ['charge_percent', 'percent', 'gauge', 'node_power_supply_capacity'],
    ['cycles', 'count', 'gauge', 'node_power_supply_cyclecount'],
  ],
  // tag path is what is encrypted, or "system"; 1 good, 0 not; absent means unknown
  posture: [
    ['encrypted', 'bool', 'gauge'],
    ['firewall', 'bool', 'gauge'],
    ['antivirus', 'bool', 'gauge'],
  ],
  cert: [['days_left', 'days', 'gauge']],
  // A check configured on the endpoint. status 0 ok, 1 warning, 2 critical, 3 unknown
  custom: [
    ['status', 'number', 'gauge'],
    ['value', 'number', 'gauge'],
    ['warn', 'number', 'gauge'],
    ['crit', 'number', 'gauge'],
  ],
};

/** The tags by which the series of a measurement differ, with their values where there are no others. */
export const tagsOf: Readonly<Record<string, Readonly<Record<string, readonly string[] | null>>>> = {
  cpu: { cpu: ['cpu-total'] },
  pressure: { resource: ['cpu', 'memory', 'io'], type: ['some', 'full'] },
  disk: { path: null, device: null, fstype: null },
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
  custom: { check: null, label: null },
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
};

/** What a field can be at all; a limit outside of it can never be passed. */
export function rangeOf({ measurement, field, unit }: Pick<Field, 'measurement' | 'field' | 'unit'>) {
  return rangeOfField[`${measurement}.${field}`] ?? rangeOfUnit[unit];
}

export const catalogue: readonly Field[] = Object.entries(rows).flatMap(([measurement, fields]) =>
  fields.map(([field, unit, kind, node, otel]) => ({
    measurement,
    field,
    unit,
    kind,
    ...(node === undefined ? {} : { node }),
    ...(otel === undefined ? {} : { otel }),
  })),
);

const byName = new Map(catalogue.map((row) => [`${row.measurement}.${row.field}`, row]));

/** The row of `measurement.field`, such as `cpu.usage_active`; undefined when the catalogue has none. */
export function fieldOf(metric: string): Field | undefined {
  return byName.get(metric);
}

/** One line a series: `disk.used_percent{device=/dev/sda1,path=/}`. Tags are sorted, so equal series have equal keys. */
export function seriesKey(metric: string, tags: Readonly<Record<string, string>>): string {
  const names = Object.keys(tags).sort();
  return names.length === 0 ? metric : `${metric}{${names.map((name) => `${name}=${tags[name]}`).join(',')}}`;
}

/** Numbers that are neither good nor bad: that it cannot be told (5, 3), and that a run which is not over yet goes on (3). */
const openValues: Readonly<Record<string, readonly number[]>> = { 'backup.result': [3, 5], 'custom.status': [3] };

/** Whether this number says neither that all is well nor that it is not. */
export function isOpen(measurement: string, field: string, value: number): boolean {
  if (measurement !== 'backup' && measurement !== 'custom') return false;
  return openValues[`${measurement}.${field}`]?.includes(value) ?? false;
}
