/**
 * What a published dashboard for Telegraf asks of an InfluxDB: "Telegraf system dashboard", number 928 on grafana.com, as far as
 * the processor, memory, disks, network and the system. Facts of its queries, not its text: measurement, fields, condition, grouping.
 */
export interface DashboardQuery {
  panel: string;
  statement: string;
}

const of = (panel: string, fields: string, measurement: string, more = '', group = '"host"'): DashboardQuery => ({
  panel,
  statement: `SELECT ${fields} FROM "${measurement}" WHERE "host" = '$server'${more} AND $timeFilter GROUP BY time($interval), ${group}`,
});
const means = (...fields: string[]) => fields.map((field) => `mean("${field}") AS "${field}"`).join(', ');
const rates = (...fields: string[]) =>
  fields.map((field) => `non_negative_derivative(mean("${field}"), 1s) AS "${field}"`).join(', ');
const total = ` AND "cpu" = 'cpu-total'`;
const each = ' AND "interface" =~ /$netif/';
const disk = ' AND "name" =~ /$disk$/';
const mounted = ' AND "path" =~ /^$mountpoint$/';
const modes = ['user', 'system', 'softirq', 'steal', 'nice', 'irq', 'iowait', 'guest', 'guest_nice'];

/** Where its lists of choices come from. */
export const dashboardChoices: Readonly<Record<string, string>> = {
  server: 'SHOW TAG VALUES FROM "system" WITH KEY = "host"',
  mountpoint: `SHOW TAG VALUES FROM "disk" WITH KEY = "path" WHERE "host" = '$server'`,
  cpu: `SHOW TAG VALUES FROM "cpu" WITH KEY = "cpu" WHERE "host" = '$server'`,
  disk: `SHOW TAG VALUES FROM "diskio" WITH KEY = "name" WHERE "host" = '$server'`,
  netif: `SHOW TAG VALUES FROM "net" WITH KEY = "interface" WHERE "host" = '$server'`,
};

export const dashboardQueries: readonly DashboardQuery[] = [
  of('Uptime', 'last("uptime")', 'system'),
  of('Load', 'last("load5")', 'system'),
  of('Zombies', 'last("zombies")', 'processes'),
  of('Processes', 'last("total")', 'processes'),
  of('CPU usage', 'last("usage_idle") * -1 + 100', 'cpu', total),
  of('RAM usage', 'last("used_percent")', 'mem'),
  of('Swap usage', 'last("used_percent")', 'swap'),
  of('RootFS used', 'last("used_percent")', 'disk', ` AND "path" = '/'`),
  of('IOWait', 'last("usage_iowait")', 'cpu', total),
  of('CPU modes', means(...modes.map((mode) => `usage_${mode}`)), 'cpu', total, '*'),
  of('Load averages', means('load1', 'load5', 'load15'), 'system', '', '*'),
  of('Process states', means('running', 'blocked', 'sleeping', 'stopped', 'zombies', 'paging', 'unknown'), 'processes'),
  of('Memory usage', means('total', 'used', 'cached', 'free', 'buffered', 'available'), 'mem'),
  of('Network in', `${rates('bytes_recv')}`, 'net', each, '*'),
  of('Network out', `${rates('bytes_sent')}`, 'net', each, '*'),
  of('Network errors', rates('err_in', 'err_out'), 'net', each, '"host", "interface"'),
  of('Network drops', rates('drop_in', 'drop_out'), 'net', each, '"host", "interface"'),
  of('Swap I/O', 'non_negative_derivative(mean("in")) AS "in", non_negative_derivative(mean("out")) AS "out"', 'swap'),
  of('Swap bytes', means('used', 'total'), 'swap'),
  of('Disk requests', rates('reads', 'writes'), 'diskio', disk, '*'),
  of('Disk bytes', rates('read_bytes', 'write_bytes'), 'diskio', disk, '*'),
  of('Disk usage', means('total', 'used'), 'disk', mounted, '"host", "path"'),
  of('Disk inodes free', means('inodes_free'), 'disk', mounted, '"host", "path"'),
];

/** What it asks beside, and we do not measure: each with the reason. */
export const unanswered: readonly (DashboardQuery & { why: string })[] = [
  {
    ...of('CPU usage of a core', means('usage_user'), 'cpu', ` AND "cpu" = 'cpu0'`, '*'),
    why: 'the total alone is kept, and the busiest core',
  },
  { ...of('Threads', 'last("total_threads")', 'processes'), why: 'not measured' },
  {
    ...of('Disk I/O time', rates('read_time', 'write_time'), 'diskio', disk, '*'),
    why: 'io_await and io_util are, in their place',
  },
  {
    ...of('Disk inodes used', means('inodes_used'), 'disk', mounted, '"host", "path"'),
    why: 'inodes_total, inodes_free and inodes_used_percent are',
  },
  { ...of('Context switches and forks', rates('context_switches', 'processes_forked'), 'kernel'), why: 'not measured' },
  { ...of('File descriptors', means('file-nr', 'file-max'), 'linux_sysctl_fs'), why: 'not measured' },
  { ...of('TCP connections', means('tcp_established'), 'netstat'), why: 'not measured' },
  { ...of('TCP handshakes', rates('tcp_activeopens'), 'net'), why: 'not measured' },
];
