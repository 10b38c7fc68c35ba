/** The dashboards of `dashboards/grafana`, and their queries as Grafana sends them: variables and macros put in. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const grafanaFolder = fileURLToPath(new URL('../../dashboards/grafana', import.meta.url));
export const dashboardSets = ['influxdb', 'prometheus'] as const;
export type DashboardSet = (typeof dashboardSets)[number];

export interface GrafanaTarget {
  refId: string;
  expr?: string;
  query?: string;
  instant?: boolean;
}
export interface GrafanaPanel {
  id: number;
  type: string;
  title: string;
  targets?: GrafanaTarget[];
}
export interface GrafanaVariable {
  name: string;
  type: string;
  multi: boolean;
  allValue?: string;
  query: string | { query: string };
}
export interface GrafanaDashboard {
  uid: string;
  title: string;
  panels: GrafanaPanel[];
  templating: { list: GrafanaVariable[] };
}

export function dashboardsOf(set: DashboardSet): { file: string; dashboard: GrafanaDashboard }[] {
  const folder = join(grafanaFolder, set);
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((file) => ({ file: `${set}/${file}`, dashboard: JSON.parse(readFileSync(join(folder, file), 'utf8')) }));
}

/** ms UTC. */
export interface GrafanaSpan {
  from: number;
  to: number;
  step: number;
}

/** A value of each variable; of those that take several, the one that stands for all. */
export const chosen = (
  { templating }: Pick<GrafanaDashboard, 'templating'>,
  one: Readonly<Record<string, string>>,
): Record<string, string> =>
  Object.fromEntries(
    templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, multi, allValue }) => [name, multi ? (allValue ?? '.*') : (one[name] ?? '')]),
  );

function withVariables(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\{(\w+)\}|(\w+))/g, (whole, braced, plain) => values[braced ?? plain] ?? whole);
}

/** InfluxQL: a span of ms, an interval, and the words that Grafana replaces. */
export const asInfluxQl = (query: string, values: Readonly<Record<string, string>>, span: GrafanaSpan): string =>
  withVariables(query, {
    ...values,
    timeFilter: `time >= ${span.from}ms and time <= ${span.to}ms`,
    __interval: `${span.step}ms`,
    __interval_ms: String(span.step),
    // As dashboards of Grafana before 5 have it.
    interval: `${span.step}ms`,
  });

/** @param scrapeMs interval of the data source; a rate looks back over four of them at least */
export const asPromQl = (
  expression: string,
  values: Readonly<Record<string, string>>,
  span: GrafanaSpan,
  scrapeMs: number,
): string =>
  withVariables(expression, {
    ...values,
    __interval: `${span.step}ms`,
    __rate_interval: `${Math.max(span.step + scrapeMs, 4 * scrapeMs)}ms`,
    __range: `${span.to - span.from}ms`,
  });
