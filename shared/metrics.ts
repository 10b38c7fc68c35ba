/**
 * The catalogue: one row a field. Names and units are Telegraf's wherever it has the field, so that an InfluxDB filled
 * by us fits the dashboards people already have. JSON Schema, `/metrics` help lines, chart titles and units and the
 * documentation come out of these rows. Adding a metric is adding a row.
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
  en: string;
  ja: string;
  /** node_exporter's name of the same thing, where one exists. */
  node?: string;
  /** OpenTelemetry's name of the same thing, where one exists. */
  otel?: string;
}

type Row = [field: string, unit: Unit, kind: Kind, en: string, ja: string, node?: string | undefined, otel?: string];

const rows: Record<string, Row[]> = {
  cpu: [
    ['usage_active', 'percent', 'gauge', 'CPU in use', 'CPU 使用率', undefined, 'system.cpu.utilization'],
    ['usage_user', 'percent', 'gauge', 'CPU, user', 'CPU ユーザー', 'node_cpu_seconds_total{mode="user"}'],
    ['usage_nice', 'percent', 'gauge', 'CPU, low priority', 'CPU 低優先度', 'node_cpu_seconds_total{mode="nice"}'],
    ['usage_system', 'percent', 'gauge', 'CPU, system', 'CPU システム', 'node_cpu_seconds_total{mode="system"}'],
    ['usage_idle', 'percent', 'gauge', 'CPU, idle', 'CPU アイドル', 'node_cpu_seconds_total{mode="idle"}'],
    [
      'usage_iowait',
      'percent',
      'gauge',
      'CPU, waiting for disks',
      'CPU ディスク待ち',
      'node_cpu_seconds_total{mode="iowait"}',
    ],
    ['usage_irq', 'percent', 'gauge', 'CPU, interrupts', 'CPU 割り込み', 'node_cpu_seconds_total{mode="irq"}'],
    [
      'usage_softirq',
      'percent',
      'gauge',
      'CPU, soft interrupts',
      'CPU ソフト割り込み',
      'node_cpu_seconds_total{mode="softirq"}',
    ],
    [
      'usage_steal',
      'percent',
      'gauge',
      'CPU, taken by the host',
      'CPU ホストによる占有',
      'node_cpu_seconds_total{mode="steal"}',
    ],
    ['usage_core_max', 'percent', 'gauge', 'Busiest core', '最も忙しいコア'],
  ],
  mem: [
    ['total', 'bytes', 'gauge', 'Memory, total', 'メモリ合計', 'node_memory_MemTotal_bytes', 'system.memory.limit'],
    ['available', 'bytes', 'gauge', 'Memory, available', '利用可能メモリ', 'node_memory_MemAvailable_bytes'],
    ['used', 'bytes', 'gauge', 'Memory, used', '使用メモリ', undefined, 'system.memory.usage'],
    ['free', 'bytes', 'gauge', 'Memory, free', '空きメモリ', 'node_memory_MemFree_bytes'],
    ['cached', 'bytes', 'gauge', 'Memory, cache', 'キャッシュ', 'node_memory_Cached_bytes'],
    ['buffered', 'bytes', 'gauge', 'Memory, buffers', 'バッファ', 'node_memory_Buffers_bytes'],
    ['used_percent', 'percent', 'gauge', 'Memory in use', 'メモリ使用率', undefined, 'system.memory.utilization'],
    ['available_percent', 'percent', 'gauge', 'Memory available', '利用可能メモリ率'],
    ['commit_percent', 'percent', 'gauge', 'Memory, committed', 'コミット率'],
    ['pressure_level', 'number', 'gauge', 'Memory pressure level', 'メモリ圧迫レベル'],
  ],
  swap: [
    ['total', 'bytes', 'gauge', 'Swap, total', 'スワップ合計', 'node_memory_SwapTotal_bytes'],
    ['used', 'bytes', 'gauge', 'Swap, used', 'スワップ使用量'],
    ['free', 'bytes', 'gauge', 'Swap, free', 'スワップ空き', 'node_memory_SwapFree_bytes'],
    ['used_percent', 'percent', 'gauge', 'Swap in use', 'スワップ使用率'],
    ['in', 'bytes', 'counter', 'Swap, read in', 'スワップイン', 'node_vmstat_pswpin'],
    ['out', 'bytes', 'counter', 'Swap, written out', 'スワップアウト', 'node_vmstat_pswpout'],
  ],
  pressure: [
    ['avg10', 'percent', 'gauge', 'Pressure, 10 s', '圧迫 10 秒'],
    ['avg60', 'percent', 'gauge', 'Pressure, 60 s', '圧迫 60 秒'],
    ['avg300', 'percent', 'gauge', 'Pressure, 5 min', '圧迫 5 分'],
    ['total', 'ms', 'counter', 'Time under pressure', '圧迫時間合計', 'node_pressure_waiting_seconds_total'],
  ],
  kernel_vmstat: [
    [
      'oom_kill',
      'count',
      'counter',
      'Processes killed for lack of memory',
      'メモリ不足による強制終了',
      'node_vmstat_oom_kill',
    ],
  ],
  disk: [
    ['total', 'bytes', 'gauge', 'Disk size', 'ディスク容量', 'node_filesystem_size_bytes'],
    ['used', 'bytes', 'gauge', 'Disk, used', 'ディスク使用量', undefined, 'system.filesystem.usage'],
    ['free', 'bytes', 'gauge', 'Disk, available', 'ディスク空き', 'node_filesystem_avail_bytes'],
    ['used_percent', 'percent', 'gauge', 'Disk in use', 'ディスク使用率', undefined, 'system.filesystem.utilization'],
    ['inodes_total', 'count', 'gauge', 'Inodes', 'inode 合計', 'node_filesystem_files'],
    ['inodes_free', 'count', 'gauge', 'Inodes, free', 'inode 空き', 'node_filesystem_files_free'],
    ['inodes_used_percent', 'percent', 'gauge', 'Inodes in use', 'inode 使用率'],
    [
      'read_only',
      'bool',
      'gauge',
      'Read-only though it should be writable',
      '想定外の読み取り専用',
      'node_filesystem_readonly',
    ],
    ['errors', 'count', 'gauge', 'File system errors', 'ファイルシステムエラー'],
  ],
  // tag name as of smart; the kernel's own (vda) for a disk without serial number
  diskio: [
    ['reads', 'count', 'counter', 'Disk reads', 'ディスク読み取り回数', 'node_disk_reads_completed_total'],
    ['writes', 'count', 'counter', 'Disk writes', 'ディスク書き込み回数', 'node_disk_writes_completed_total'],
    [
      'read_bytes',
      'bytes',
      'counter',
      'Disk, read',
      'ディスク読み取り量',
      'node_disk_read_bytes_total',
      'system.disk.io',
    ],
    [
      'write_bytes',
      'bytes',
      'counter',
      'Disk, written',
      'ディスク書き込み量',
      'node_disk_written_bytes_total',
      'system.disk.io',
    ],
    ['io_util', 'percent', 'gauge', 'Disk busy', 'ディスクビジー率'],
    ['io_await', 'ms', 'gauge', 'Disk response time', 'ディスク応答時間'],
    ['iops_in_progress', 'count', 'gauge', 'Disk requests waiting', 'ディスク待ち要求', 'node_disk_io_now'],
  ],
  net: [
    [
      'bytes_recv',
      'bytes',
      'counter',
      'Network, received',
      'ネットワーク受信',
      'node_network_receive_bytes_total',
      'system.network.io',
    ],
    [
      'bytes_sent',
      'bytes',
      'counter',
      'Network, sent',
      'ネットワーク送信',
      'node_network_transmit_bytes_total',
      'system.network.io',
    ],
    ['packets_recv', 'count', 'counter', 'Packets received', '受信パケット', 'node_network_receive_packets_total'],
    ['packets_sent', 'count', 'counter', 'Packets sent', '送信パケット', 'node_network_transmit_packets_total'],
    ['err_in', 'count', 'counter', 'Receive errors', '受信エラー', 'node_network_receive_errs_total'],
    ['err_out', 'count', 'counter', 'Send errors', '送信エラー', 'node_network_transmit_errs_total'],
    ['drop_in', 'count', 'counter', 'Receive drops', '受信破棄', 'node_network_receive_drop_total'],
    ['drop_out', 'count', 'counter', 'Send drops', '送信破棄', 'node_network_transmit_drop_total'],
  ],
  system: [
    ['load1', 'load', 'gauge', 'Load, 1 min', '負荷 1 分', 'node_load1'],
    ['load5', 'load', 'gauge', 'Load, 5 min', '負荷 5 分', 'node_load5'],
    ['load15', 'load', 'gauge', 'Load, 15 min', '負荷 15 分', 'node_load15'],
    ['load15_per_cpu', 'load', 'gauge', 'Load a core, 15 min', 'コア当たり負荷 15 分'],
    ['n_cpus', 'count', 'gauge', 'Cores', 'コア数'],
    ['n_users', 'count', 'gauge', 'Users logged in', 'ログイン中のユーザー'],
    ['uptime', 'seconds', 'gauge', 'Time since start', '稼働時間'],
  ],
  processes: [
    ['total', 'count', 'gauge', 'Processes', 'プロセス数'],
    ['running', 'count', 'gauge', 'Processes, running', '実行中プロセス', 'node_procs_running'],
    ['sleeping', 'count', 'gauge', 'Processes, sleeping', '待機中プロセス'],
    ['blocked', 'count', 'gauge', 'Processes, blocked', 'ブロック中プロセス', 'node_procs_blocked'],
    ['zombies', 'count', 'gauge', 'Processes, zombies', 'ゾンビプロセス'],
  ],
  // Only the largest few by CPU and by memory, summed by name
  procstat: [
    ['cpu_usage', 'percent', 'gauge', 'Process CPU (of one core)', 'プロセス CPU (1 コア比)'],
    ['memory_rss', 'bytes', 'gauge', 'Process memory', 'プロセスメモリ'],
    ['num_procs', 'count', 'gauge', 'Processes of that name', '同名プロセス数'],
  ],
  temp: [['temp', 'celsius', 'gauge', 'Temperature', '温度', 'node_hwmon_temp_celsius', 'hw.temperature']],
  check: [
    ['ok', 'bool', 'gauge', 'Check succeeded', 'チェック成功', 'node_scrape_collector_success'],
    ['duration', 'ms', 'gauge', 'Check took', 'チェック所要時間', 'node_scrape_collector_duration_seconds'],
  ],
  agent: [
    ['spool_reports', 'count', 'gauge', 'Reports waiting at the agent', 'エージェントの未送信レポート'],
    ['spool_bytes', 'bytes', 'gauge', 'Spool size', 'スプールサイズ'],
    ['rss', 'bytes', 'gauge', 'Agent memory', 'エージェントのメモリ'],
    ['cpu_ms', 'ms', 'counter', 'Agent CPU time', 'エージェントの CPU 時間'],
    ['late_ms', 'ms', 'gauge', 'Largest delay of the fast loop', '計測ループの最大遅延'],
  ],
  // By the collector, of machines that report under one credential
  identity: [['machines', 'count', 'gauge', 'Machines under one identity', '同一 ID を使うマシン数']],
  backup: [
    ['age_s', 'seconds', 'gauge', 'Age of the last good backup', '最終成功バックアップからの経過'],
    ['run_age_s', 'seconds', 'gauge', 'Time since the last backup run', '最終バックアップ実行からの経過'],
    [
      'result',
      'number',
      'gauge',
      'Last backup result (0 ok, 1 warning, 2 failed, 3 running, 4 never, 5 unknown)',
      '最終バックアップ結果',
    ],
    ['bytes', 'bytes', 'gauge', 'Backup size', 'バックアップサイズ'],
    ['duration_s', 'seconds', 'gauge', 'Backup duration', 'バックアップ所要時間'],
    // By the collector, which knows the runs before.
    [
      'age_percent',
      'percent',
      'gauge',
      'Age of the last good backup against its rhythm',
      '最終成功バックアップの経過（周期比）',
    ],
    ['overdue_s', 'seconds', 'gauge', 'Backup overdue by', 'バックアップの遅延'],
    ['size_percent', 'percent', 'gauge', 'Backup size against its usual size', '通常サイズに対するバックアップサイズ'],
    ['files', 'count', 'gauge', 'Files in the backup', 'バックアップのファイル数'],
    // By the collector, which also knows the restores that people tried out.
    ['verified_age_s', 'seconds', 'gauge', 'Time since the last good restore test', '最終の復元テスト成功からの経過'],
    [
      'verify_result',
      'number',
      'gauge',
      'Last restore test (0 good, 1 failed)',
      '直近の復元テスト結果（0 成功、1 失敗）',
    ],
  ],
  patches: [
    ['pending', 'count', 'gauge', 'Updates pending', '未適用の更新'],
    ['pending_security', 'count', 'gauge', 'Security updates pending', '未適用のセキュリティ更新'],
    [
      'oldest_security_age_s',
      'seconds',
      'gauge',
      'Age of the oldest security update pending',
      '最も古い未適用セキュリティ更新の経過',
    ],
    [
      'oldest_security_age_at_least',
      'bool',
      'gauge',
      'Age of the oldest security update is a lower bound',
      '最も古い未適用セキュリティ更新の経過は下限値',
    ],
    ['metadata_age_s', 'seconds', 'gauge', 'Age of the update lists', '更新情報の経過時間'],
    ['scan_ok', 'bool', 'gauge', 'Update scan succeeded', '更新スキャン成功'],
  ],
  os: [
    ['reboot_required', 'bool', 'gauge', 'Reboot required', '再起動が必要', 'node_reboot_required'],
    ['reboot_required_age_s', 'seconds', 'gauge', 'Reboot required since', '再起動待ちの経過'],
    ['end_of_life_days', 'days', 'gauge', 'Days until the operating system’s end of life', 'OS サポート終了までの日数'],
    ['unclean_shutdowns', 'count', 'counter', 'Unclean shutdowns seen', '異常終了の回数'],
    ['time_offset_s', 'seconds', 'gauge', 'Clock offset', '時刻のずれ', 'node_timex_offset_seconds'],
    ['time_synced', 'bool', 'gauge', 'Clock is synchronised', '時刻同期', 'node_timex_sync_status'],
  ],
  // tag name is model and a hash of the serial number, which stay when the letter changes; severity 0 ok, 1 warning, 2 critical
  smart: [
    ['severity', 'number', 'gauge', 'Disk health (0 ok, 1 warning, 2 critical)', 'ディスク健全性'],
    ['temperature', 'celsius', 'gauge', 'Disk temperature', 'ディスク温度'],
    ['reallocated', 'count', 'gauge', 'Sectors reallocated', '代替処理済みセクタ'],
    ['pending', 'count', 'gauge', 'Sectors pending', '保留中セクタ'],
    ['uncorrectable', 'count', 'gauge', 'Sectors unreadable', '回復不能セクタ'],
    ['wear_percent', 'percent', 'gauge', 'Disk wear', 'ディスク消耗度'],
    ['spare_percent', 'percent', 'gauge', 'Spare blocks left', '予備ブロック残量'],
    ['media_errors', 'count', 'gauge', 'Media errors', 'メディアエラー'],
    ['power_on_hours', 'count', 'gauge', 'Hours powered on', '通電時間'],
  ],
  // severity as above
  array: [
    ['severity', 'number', 'gauge', 'Disk array health (0 ok, 1 warning, 2 critical)', 'アレイ健全性'],
    ['devices_missing', 'count', 'gauge', 'Disks missing from the array', 'アレイの欠落ディスク'],
    ['errors', 'count', 'gauge', 'Errors in the array', 'アレイのエラー'],
    ['used_percent', 'percent', 'gauge', 'Pool in use', 'プール使用率'],
  ],
  service: [['running', 'bool', 'gauge', 'Service runs', 'サービス稼働', 'node_systemd_unit_state']],
  battery: [
    ['health_percent', 'percent', 'gauge', 'Battery health', 'バッテリー健全度'],
    ['charge_percent', 'percent', 'gauge', 'Battery charge', 'バッテリー残量', 'node_power_supply_capacity'],
    ['cycles', 'count', 'gauge', 'Battery cycles', 'バッテリー充放電回数', 'node_power_supply_cyclecount'],
  ],
  // tag path is what is encrypted, or "system"; 1 good, 0 not; absent means unknown
  posture: [
    ['encrypted', 'bool', 'gauge', 'Disk encrypted', 'ディスク暗号化'],
    ['firewall', 'bool', 'gauge', 'Firewall on', 'ファイアウォール有効'],
    ['antivirus', 'bool', 'gauge', 'Antivirus on and current', 'ウイルス対策有効'],
  ],
  cert: [['days_left', 'days', 'gauge', 'Days until the certificate expires', '証明書の残り日数']],
  // A check configured on the endpoint. status 0 ok, 1 warning, 2 critical, 3 unknown
  custom: [
    ['status', 'number', 'gauge', 'Own check (0 ok, 1 warning, 2 critical, 3 unknown)', '独自チェック'],
    ['value', 'number', 'gauge', 'Own check, value', '独自チェックの値'],
    ['warn', 'number', 'gauge', 'Own check, warning above', '独自チェックの警告値'],
    ['crit', 'number', 'gauge', 'Own check, critical above', '独自チェックの危険値'],
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
  fields.map(([field, unit, kind, en, ja, node, otel]) => ({
    measurement,
    field,
    unit,
    kind,
    en,
    ja,
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
