/** Last values of all series as Prometheus text, so that an existing Prometheus can read the fleet from one address. */
import type { EndpointRow } from '../../shared/api.ts';
import { type Field, fieldOf } from '../../shared/metrics.ts';
import { prometheusLabels, prometheusName } from '../../shared/metrics-prometheus.ts';
import { escapedLines } from '../../shared/safe-text.ts';
import { defaultLanguage } from '../../shared/words/index.ts';
import { metricTitle } from '../../shared/words/names.ts';
import type { LatestValue } from '../series/series.ts';

/** An older value is left out: Prometheus would show it as if it were current. */
const staleMs = 15 * 60_000;

/** The format has escapes of its own for these three only; other control characters become text. */
const escapeHelp = (text: string) => escapedLines(text).replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
const escapeLabel = (text: string) => escapeHelp(text).replaceAll('"', '\\"');

const labels = (row: EndpointRow, tags: Readonly<Record<string, string>>): string =>
  prometheusLabels(row, tags)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');

const number = (value: number) =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);

/** Exposition format 0.0.4: all lines of one metric together, with its help and type first. */
export function hostMetrics(
  rows: readonly EndpointRow[],
  latest: (id: string) => readonly LatestValue[],
  now: number,
): string {
  const families = new Map<string, { field: Field; lines: string[] }>();
  const up: string[] = [];
  const alerts: string[] = [];
  for (const row of rows) {
    up.push(`evenkeel_endpoint_up{${labels(row, {})}} ${row.state === 'online' ? 1 : 0}`);
    for (const severity of ['critical', 'warning', 'info'] as const)
      alerts.push(`evenkeel_endpoint_alerts{${labels(row, { severity })}} ${row.alerts[severity]}`);
    for (const { metric, tags, at, value } of latest(row.id)) {
      const field = fieldOf(metric);
      const named = prometheusName(metric);
      if (!field || !named || now - at > staleMs) continue;
      const { name, scale } = named;
      const family = families.get(name) ?? { field, lines: [] };
      family.lines.push(`${name}{${labels(row, tags)}} ${number(scale(value))}`);
      families.set(name, family);
    }
  }
  const text = [
    ...['# HELP evenkeel_endpoint_up The endpoint is online', '# TYPE evenkeel_endpoint_up gauge', ...up],
    ...['# HELP evenkeel_endpoint_alerts Alerts that fire', '# TYPE evenkeel_endpoint_alerts gauge', ...alerts],
  ];
  for (const [name, { field, lines }] of [...families].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const metric = `${field.measurement}.${field.field}`;
    text.push(
      // Rules and charts know it by the second name.
      `# HELP ${name} ${escapeHelp(`${metricTitle(defaultLanguage, metric)}; ${metric}`)}`,
      `# TYPE ${name} ${field.kind}`,
      ...lines,
    );
  }
  return `${text.join('\n')}\n`;
}
