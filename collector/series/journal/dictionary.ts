/**
 * Names as small numbers. A line is a metric with its tags, shared by all endpoints that have it; a series is an
 * endpoint and a line. A series group is what one metric of a report looks like: its tags, and its fields as lines.
 * Reports of one machine look alike, so a group is found by comparing, not by building keys.
 */

import { seriesKey } from '../../../shared/metrics.ts';
import type { Metric } from '../../../shared/report.ts';
import type { SeriesId, SeriesLineId, SeriesNames } from './names.ts';

export type { SeriesLineId } from './names.ts';

export interface SeriesGroup {
  name: string;
  tagNames: readonly string[];
  tagValues: readonly string[];
  fields: readonly string[];
  /** Line ids, one for each of `fields`. */
  lines: readonly number[];
  /** Of the last metric that looked like it. */
  shape: object | undefined;
}

/** Rows that the journal does not have yet: they go into the commit that first uses them. */
export interface Fresh {
  endpoints: { id: number; name: string }[];
  lines: SeriesLineId[];
  /** That are new, or come again. */
  series: SeriesId[];
}

/**
 * More characters than this in keys of series groups are dropped and learned again: an endpoint can send its fields in ever
 * new orders. Lines stay, and a group that is in use stays with its user.
 */
const maxGroupText = 4_000_000;

export interface Dictionary {
  endpoint(name: string): number;
  /** The id, if the endpoint has ever reported. */
  findEndpoint(name: string): number | undefined;
  endpointName(id: number): string | undefined;
  endpointIds(): number[];
  endpointNames(): string[];
  /** The endpoint and those that it goes on for. */
  namesOf(name: string): string[];
  /** All ids whose samples belong to the endpoint. */
  idsOf(name: string): number[];
  adopt(from: string, to: string): void;
  adoptedBy(name: string): string | undefined;
  line(id: number): SeriesLineId | undefined;
  /** `measurement.field` names of all lines. */
  metrics(): string[];
  /** Lines of a metric that come, whatever their endpoint. */
  coming(metric: string): SeriesLineId[];
  /** Lines of a metric that one of the endpoints has or had, whose tags include `tags`. */
  linesOf(endpoints: readonly number[], metric: string, tags: Readonly<Record<string, string>>): SeriesLineId[];
  groupOf(metric: Metric): SeriesGroup;
  /** The endpoint has samples of the line, which it had not before or not for long. */
  comes(series: SeriesId): void;
  /** Lines of which this says no leave memory; they are found again in the journal. */
  keepOnly(isLive: (line: number) => boolean): void;
  /** Whether memory holds it. */
  holds(line: number): boolean;
  /** What is new since the last `saved`. */
  readonly fresh: Fresh;
  /** The first rows of `fresh`, as many as given, are durable. */
  saved(endpoints: number, lines: number, series: number): void;
}

export function createDictionary(
  known: { endpoints: (Fresh['endpoints'][number] & { partOf?: string | null })[] },
  stored: Pick<SeriesNames, 'lastLine' | 'line' | 'find' | 'metrics' | 'coming' | 'ofEndpoints'>,
): Dictionary {
  const endpoints = new Map(known.endpoints.map(({ id, name }) => [name, id]));
  const names: string[] = [];
  for (const { id, name } of known.endpoints) names[id] = name;
  /** From endpoints that were replaced to those that replaced them. */
  const partOf = new Map(known.endpoints.flatMap(({ name, partOf: to }) => (to ? [[name, to] as const] : [])));
  /** Those that come, and what was looked up since the last `keepOnly`. */
  const lines = new Map<number, SeriesLineId>();
  const byKey = new Map<string, SeriesLineId>();
  const groups = new Map<string, SeriesGroup>();
  let groupText = 0;
  const fresh: Fresh = { endpoints: [], lines: [], series: [] };
  let lastEndpoint = known.endpoints.reduce((most, { id }) => Math.max(most, id), 0);
  let lastLine = stored.lastLine;

  const learn = (line: SeriesLineId, key = seriesKey(line.metric, line.tags)) => {
    lines.set(line.id, line);
    byKey.set(key, line);
    return line;
  };
  const lineOf = (id: number): SeriesLineId | undefined => {
    const found = lines.get(id);
    if (found) return found;
    const line = stored.line(id);
    return line && learn(line);
  };
  const lineId = (metric: string, tags: Readonly<Record<string, string>>): number => {
    const key = seriesKey(metric, tags);
    const found = byKey.get(key) ?? stored.find(metric, tags);
    if (found) return learn(found, key).id;
    const line = { id: ++lastLine, metric, tags };
    fresh.lines.push(line);
    return learn(line, key).id;
  };
  const newGroup = ({ name, tags, fields }: Metric): SeriesGroup => {
    const names = Object.keys(fields);
    // One object for all its lines.
    const own = { ...tags };
    return {
      name,
      tagNames: Object.keys(tags),
      tagValues: Object.values(tags),
      fields: names,
      lines: names.map((field) => lineId(`${name}.${field}`, own)),
      shape: undefined,
    };
  };
  const isOf = (endpoints: readonly number[], metric: string): SeriesLineId[] => {
    const found = new Map(stored.ofEndpoints(endpoints, metric).map((line) => [line.id, line]));
    for (const { endpoint, line: id } of fresh.series) {
      const line = endpoints.includes(endpoint) ? lines.get(id) : undefined;
      if (line?.metric === metric) found.set(id, line);
    }
    return [...found.values()];
  };

  const namesOf = (name: string) => [name, ...[...partOf].flatMap(([from, to]) => (to === name ? from : []))];

  return {
    endpoint(name) {
      let id = endpoints.get(name);
      if (id === undefined) {
        id = ++lastEndpoint;
        endpoints.set(name, id);
        names[id] = name;
        fresh.endpoints.push({ id, name });
      }
      return id;
    },
    findEndpoint: (name) => endpoints.get(name),
    endpointName: (id) => names[id],
    endpointIds: () => [...endpoints.values()],
    endpointNames: () => [...endpoints.keys()],
    namesOf,
    idsOf: (name) => namesOf(name).flatMap((one) => endpoints.get(one) ?? []),
    adopt(from, to) {
      for (const [name, target] of partOf) if (target === from) partOf.set(name, to);
      partOf.set(from, to);
    },
    adoptedBy: (name) => partOf.get(name),
    line: lineOf,
    metrics: () => [...new Set([...stored.metrics(), ...fresh.lines.map(({ metric }) => metric)])],
    coming: (metric) => [...stored.coming(metric), ...fresh.lines.filter((line) => line.metric === metric)],
    linesOf: (endpoints, metric, tags) =>
      isOf(endpoints, metric).filter((line) =>
        Object.entries(tags).every(([name, value]) => line.tags[name] === value),
      ),
    groupOf(metric) {
      const key = `${seriesKey(metric.name, metric.tags)} ${Object.keys(metric.fields).join(' ')}`;
      let group = groups.get(key);
      if (!group) {
        groupText += key.length;
        if (groupText > maxGroupText) {
          groups.clear();
          groupText = key.length;
        }
        group = newGroup(metric);
        groups.set(key, group);
      }
      return group;
    },
    comes: (series) => void fresh.series.push(series),
    keepOnly(isLive) {
      const isNew = new Set(fresh.lines.map(({ id }) => id));
      for (const [key, { id }] of byKey) {
        if (isLive(id) || isNew.has(id)) continue;
        byKey.delete(key);
        lines.delete(id);
      }
      // They name lines that may be gone.
      groups.clear();
      groupText = 0;
    },
    holds: (line) => lines.has(line),
    fresh,
    saved(endpointRows, lineRows, seriesRows) {
      fresh.endpoints.splice(0, endpointRows);
      fresh.lines.splice(0, lineRows);
      fresh.series.splice(0, seriesRows);
    },
  };
}

/** True when the metric looks exactly like the series group, field order included. */
export function looksLike(group: SeriesGroup, metric: Metric): boolean {
  if (group.name !== metric.name) return false;
  let i = 0;
  for (const name in metric.tags) {
    if (group.tagNames[i] !== name || group.tagValues[i] !== metric.tags[name]) return false;
    i += 1;
  }
  if (i !== group.tagNames.length) return false;
  i = 0;
  for (const field in metric.fields) if (group.fields[i++] !== field) return false;
  return i === group.fields.length;
}
