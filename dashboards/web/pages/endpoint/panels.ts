import type { EndpointDetail } from '../../../../shared/api.ts';

/**
 * The charts of an endpoint, as a table: adding a chart is adding a row. Titles and units come with the data, from the
 * catalogue; a name here is only the title of the panel.
 */
export const panels = [
  {
    name: 'cpu',
    metrics: [
      'cpu.usage_user',
      'cpu.usage_nice',
      'cpu.usage_system',
      'cpu.usage_iowait',
      'cpu.usage_irq',
      'cpu.usage_softirq',
      'cpu.usage_steal',
    ],
    stacked: true,
    whole: 'cpu.usage_active',
  },
  { name: 'memory', metrics: ['mem.used_percent', 'swap.used_percent'] },
  { name: 'disks', metrics: ['disk.used_percent'], tag: 'path' },
  { name: 'diskio', metrics: ['diskio.read_bytes', 'diskio.write_bytes'], tag: 'name', rate: true },
  { name: 'diskbusy', metrics: ['diskio.io_util'], tag: 'name' },
  { name: 'network', metrics: ['net.bytes_recv', 'net.bytes_sent'], tag: 'interface', rate: true },
  { name: 'load', metrics: ['system.load1', 'system.load5', 'system.load15'] },
  { name: 'pressure', metrics: ['pressure.avg60'], tag: 'resource' },
  { name: 'processCpu', metrics: ['procstat.cpu_usage'], tag: 'process_name' },
  { name: 'processMemory', metrics: ['procstat.memory_rss'], tag: 'process_name' },
  { name: 'processes', metrics: ['processes.total', 'processes.running', 'processes.blocked'] },
  { name: 'temperature', metrics: ['temp.temp'], tag: 'sensor' },
  { name: 'diskHeat', metrics: ['smart.temperature'], tag: 'name', sometimes: true },
  { name: 'backupSize', metrics: ['backup.bytes'], tag: 'job', sometimes: true },
  { name: 'updates', metrics: ['patches.pending', 'patches.pending_security'], tag: 'manager', sometimes: true },
] as const satisfies readonly Panel[];

export interface Panel {
  name: string;
  metrics: readonly string[];
  /** Parts of one whole, drawn on top of each other. */
  stacked?: boolean;
  /** The metric that the whole stack is: the limits of its rules belong here. */
  whole?: string;
  /** The tag that distinguishes the lines of one metric. */
  tag?: string;
  /** Counters, shown as their rate. */
  rate?: boolean;
  /** Named only where the endpoint has such values; of the others is said that they have none. */
  sometimes?: boolean;
  /** Instead of the panel's title: a name given on the endpoint. */
  title?: string;
  /** Only the series with these tags. */
  tags?: Readonly<Record<string, string>>;
  limit?: number | null;
}

type LatestMetric = EndpointDetail['latest'][number];

/** The fixed panels that fit this endpoint, then one per value of its custom checks, with its limit; and those that never had a value. */
export function panelsOf(latest: readonly LatestMetric[]): { drawn: Panel[]; never: Panel[] } {
  const present = new Set(latest.map(({ metric }) => metric));
  const has = (panel: Panel) => panel.metrics.some((metric) => present.has(metric));
  const never = panels.filter((panel: Panel) => !panel.sometimes && !has(panel));
  const limitOf = ({ tags }: LatestMetric, name: string) =>
    latest.find((one) => one.metric === name && one.tags.check === tags.check && one.tags.label === tags.label)?.value;
  const own = latest
    .filter(({ metric }) => metric === 'custom.value')
    .map((value) => ({
      name: `own:${value.tags.check}:${value.tags.label}`,
      title: [value.tags.check, value.tags.label].filter(Boolean).join(': '),
      metrics: ['custom.value'],
      tags: value.tags,
      limit: limitOf(value, 'custom.warn') ?? limitOf(value, 'custom.crit') ?? null,
    }));
  return { drawn: [...panels.filter(has), ...own], never };
}

/** Everything else that the endpoint reports, to be chosen: names of the catalogue, in its order. */
export function otherMetrics(latest: readonly LatestMetric[], shown: readonly Panel[]): string[] {
  const drawn = new Set(shown.flatMap(({ metrics }) => metrics));
  return [...new Set(latest.map(({ metric }) => metric))].filter((metric) => !drawn.has(metric)).sort();
}

export type PanelName = (typeof panels)[number]['name'];

/** What distinguishes a line of a chart: the metric's title, a tag, or both. */
export function lineLabel(panel: Panel, title: string, tags: Readonly<Record<string, string>>, alone: boolean): string {
  const { tag } = panel;
  // A metric that was chosen by hand has no tag in the table: all its tags distinguish its lines.
  const value = tag ? tags[tag] : panel.name === 'chosen' ? Object.values(tags).join(', ') || undefined : undefined;
  if (value === undefined) return title;
  return panel.metrics.length === 1 || alone ? value : `${value}: ${title}`;
}

/**
 * A prefix shared by all labels of one chart is redundant: `CPU, user` and `CPU, system` become `User` and `System`.
 * Only whole words are taken away, and never a whole label.
 */
export function withoutCommon(labels: readonly string[]): string[] {
  const [first = '', ...others] = labels;
  if (others.length === 0) return [...labels];
  const shared = [...first.matchAll(/,? /g)]
    .map((found) => first.slice(0, found.index + found[0].length))
    .filter((start) => others.every((label) => label.startsWith(start) && label.length > start.length))
    .at(-1);
  if (!shared) return [...labels];
  return labels.map((label) => label.charAt(shared.length).toUpperCase() + label.slice(shared.length + 1));
}
