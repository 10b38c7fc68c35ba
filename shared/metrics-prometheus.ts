/**
 * The catalogue under the names that Prometheus' conventions ask for: the unit last and in full, base units only (a share
 * from 0 to 1, seconds, bytes), `_total` on counters and on nothing else. `/metrics/hosts` and mirrors by remote write have
 * their names from here, so one dashboard fits both. https://prometheus.io/docs/practices/naming/
 */
import { catalogue, type Field, type Unit } from './metrics.ts';

export interface PrometheusName {
  /** Such as `evenkeel_disk_used_ratio`. */
  name: string;
  /** The value in the unit of the name. */
  scale(value: number): number;
}

const same = (value: number) => value;
const daySeconds = 86_400;

interface BaseUnit {
  /** At the end of the name; '' for a plain number. */
  suffix: string;
  scale(value: number): number;
}

// Divided where the factor has no exact binary form: 81.5 % is 0.815.
const baseUnit: Readonly<Record<Unit, BaseUnit>> = {
  percent: { suffix: 'ratio', scale: (value) => value / 100 },
  bytes: { suffix: 'bytes', scale: same },
  count: { suffix: '', scale: same },
  seconds: { suffix: 'seconds', scale: same },
  ms: { suffix: 'seconds', scale: (value) => value / 1000 },
  celsius: { suffix: 'celsius', scale: same },
  load: { suffix: '', scale: same },
  bool: { suffix: '', scale: same },
  per_second: { suffix: 'per_second', scale: same },
  days: { suffix: 'seconds', scale: (value) => value * daySeconds },
  number: { suffix: '', scale: same },
};

/** Telegraf's words for units, which the suffix replaces. */
const unitWords: Partial<Record<Unit, readonly string[]>> = {
  percent: ['percent'],
  bytes: ['bytes'],
  seconds: ['s'],
  ms: ['ms'],
  days: ['days'],
};

/** Where the rule would give a name that repeats itself, or that of a counter to a gauge. */
const particular: Readonly<Record<string, PrometheusName>> = {
  'disk.inodes_total': { name: 'evenkeel_disk_inodes', scale: same },
  'processes.total': { name: 'evenkeel_processes_all', scale: same },
  'log.total': { name: 'evenkeel_log_matches_total', scale: same },
  'log.matches': { name: 'evenkeel_log_matches_in_window', scale: same },
  'pressure.total': { name: 'evenkeel_pressure_stalled_seconds_total', scale: baseUnit.ms.scale },
  'temp.temp': { name: 'evenkeel_temperature_celsius', scale: same },
  'smart.power_on_hours': { name: 'evenkeel_smart_power_on_seconds', scale: (value) => value * 3600 },
};

function nameOf({ measurement, field, unit, kind }: Field): PrometheusName {
  const found = particular[`${measurement}.${field}`];
  if (found) return found;
  const { suffix, scale } = baseUnit[unit];
  const words = field.split('_').filter((word) => !unitWords[unit]?.includes(word));
  const parts = ['evenkeel', measurement, ...words, suffix, kind === 'counter' ? 'total' : ''];
  return { name: parts.filter((part) => part !== '').join('_'), scale };
}

const names = new Map(catalogue.map((field) => [`${field.measurement}.${field.field}`, nameOf(field)]));

/** Of `measurement.field`; undefined for what the catalogue does not have. */
export function prometheusName(metric: string): PrometheusName | undefined {
  return names.get(metric);
}

export interface MetricsOwner {
  id: string;
  name: string;
  kind: string;
  site: string | null;
}

/** Whose a series is, then its own tags; one that is named like a label of ours gets a prefix. None is empty. */
export function prometheusLabels(
  { id, name, kind, site }: MetricsOwner,
  tags: Readonly<Record<string, string>>,
): [name: string, value: string][] {
  const own: Readonly<Record<string, string>> = { endpoint: name, id, kind, site: site ?? '' };
  const pairs = Object.entries(own);
  for (const [tag, value] of Object.entries(tags))
    if (tag !== 'host') pairs.push([Object.hasOwn(own, tag) ? `tag_${tag}` : tag, value]);
  // An empty label and one that is not there are the same to Prometheus, and remote write refuses it.
  return pairs.filter(([, value]) => value !== '');
}
