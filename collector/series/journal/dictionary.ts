/**
 * Names as small numbers. A line is a metric with its tags, shared by all endpoints that have it; a series is an
 * endpoint and a line. A series group is what one metric of a report looks like: its tags, and its fields as lines.
 * Reports of one machine look alike, so a group is found by comparing, not by building keys.
 */

import { seriesKey } from '../../../shared/metrics.ts';
import type { Metric } from '../../../shared/report.ts';

export interface SeriesLineId {
  id: number;
  metric: string;
  tags: Readonly<Record<string, string>>;
}

export interface SeriesGroup {
  name: string;
  tagNames: readonly string[];
  tagValues: readonly string[];
  fields: readonly string[];
  /** Line ids, one for each of `fields`. */
  lines: readonly number[];
}

/** Rows that the journal does not have yet: they go into the commit that first uses them. */
export interface Fresh {
  endpoints: { id: number; name: string }[];
  lines: SeriesLineId[];
}

/**
 * More series groups than this are dropped and learned again: an endpoint can send its fields in ever new orders. Lines
 * stay, and a group that is in use stays with its user.
 */
const maxGroups = 20_000;

export interface Dictionary {
  endpoint(name: string): number;
  /** The id, if the endpoint has ever reported. */
  findEndpoint(name: string): number | undefined;
  endpointName(id: number): string | undefined;
  /** The endpoint and those that it goes on for. */
  namesOf(name: string): string[];
  /** All ids whose samples belong to the endpoint. */
  idsOf(name: string): number[];
  adopt(from: string, to: string): void;
  line(id: number): SeriesLineId | undefined;
  /** `measurement.field` names of all lines. */
  metrics(): string[];
  /** All lines of a metric whose tags include `tags`. */
  linesOf(metric: string, tags: Readonly<Record<string, string>>): SeriesLineId[];
  groupOf(metric: Metric): SeriesGroup;
  /** What is new since the last `saved`. */
  readonly fresh: Fresh;
  /** The first rows of `fresh`, as many as given, are durable. */
  saved(endpoints: number, lines: number): void;
}

export function createDictionary(known: {
  endpoints: (Fresh['endpoints'][number] & { partOf?: string | null })[];
  lines: Fresh['lines'];
}): Dictionary {
  const endpoints = new Map(known.endpoints.map(({ id, name }) => [name, id]));
  const names: string[] = [];
  for (const { id, name } of known.endpoints) names[id] = name;
  /** From endpoints that were replaced to those that replaced them. */
  const partOf = new Map(known.endpoints.flatMap(({ name, partOf: to }) => (to ? [[name, to] as const] : [])));
  const lines: SeriesLineId[] = [];
  const byKey = new Map<string, SeriesLineId>();
  const byMetric = new Map<string, SeriesLineId[]>();
  const groups = new Map<string, SeriesGroup>();
  const fresh: Fresh = { endpoints: [], lines: [] };
  let lastEndpoint = known.endpoints.reduce((most, { id }) => Math.max(most, id), 0);
  let lastLine = known.lines.reduce((most, { id }) => Math.max(most, id), 0);

  const learn = (line: SeriesLineId) => {
    lines[line.id] = line;
    byKey.set(seriesKey(line.metric, line.tags), line);
    const others = byMetric.get(line.metric);
    if (others) others.push(line);
    else byMetric.set(line.metric, [line]);
  };
  for (const line of known.lines) learn(line);

  const lineId = (metric: string, tags: Readonly<Record<string, string>>): number => {
    const found = byKey.get(seriesKey(metric, tags));
    if (found) return found.id;
    const line = { id: ++lastLine, metric, tags: { ...tags } };
    learn(line);
    fresh.lines.push(line);
    return line.id;
  };
  const newGroup = ({ name, tags, fields }: Metric): SeriesGroup => {
    const names = Object.keys(fields);
    return {
      name,
      tagNames: Object.keys(tags),
      tagValues: Object.values(tags),
      fields: names,
      lines: names.map((field) => lineId(`${name}.${field}`, tags)),
    };
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
    namesOf,
    idsOf: (name) => namesOf(name).flatMap((one) => endpoints.get(one) ?? []),
    adopt(from, to) {
      for (const [name, target] of partOf) if (target === from) partOf.set(name, to);
      partOf.set(from, to);
    },
    line: (id) => lines[id],
    metrics: () => [...byMetric.keys()],
    linesOf: (metric, tags) =>
      (byMetric.get(metric) ?? []).filter((line) =>
        Object.entries(tags).every(([name, value]) => line.tags[name] === value),
      ),
    groupOf(metric) {
      const key = `${seriesKey(metric.name, metric.tags)} ${Object.keys(metric.fields).join(' ')}`;
      let group = groups.get(key);
      if (!group) {
        if (groups.size >= maxGroups) groups.clear();
        group = newGroup(metric);
        groups.set(key, group);
      }
      return group;
    },
    fresh,
    saved(endpointRows, lineRows) {
      fresh.endpoints.splice(0, endpointRows);
      fresh.lines.splice(0, lineRows);
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
