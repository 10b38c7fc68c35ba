/**
 * Limits the series of an endpoint, by number and by the length of their names. A tag of high cardinality would fill the
 * store for all endpoints; names that are no longer used are forgotten after a day or two, as they leave memory elsewhere.
 */
import type { Metric } from '../../shared/report.ts';

const generationMs = 86_400_000;
/** Characters of names and tags, for each field: 2,000 disks with five fields and paths of 100 have half of it. */
export const maxSeriesText = 2_000_000;

interface KnownSeries {
  /** With the length of their names. */
  current: Map<number, number>;
  previous: ReadonlyMap<number, number>;
  /** Of `current`. */
  text: number;
}

/** What is the same of all metrics with these names, tags and fields. */
export interface MetricTraits {
  /** The catalogue has it, with all its fields. */
  isKnown: boolean;
  /** Of its name and tags. */
  hash: number;
}

export interface SeriesCap {
  /** Hashes of what the endpoint has sent lately: that is allowed. */
  known(endpoint: string): { has(hash: number): boolean } | undefined;
  /** False when this measurement with these tags is new and the endpoint is at its limit. */
  allows(endpoint: string, metric: Pick<Metric, 'name' | 'tags' | 'fields'>): boolean;
}

/** Most endpoints have none of a day before. */
const none: ReadonlyMap<number, number> = new Map();

export function createSeriesCap(limit: number, monotonic: () => number): SeriesCap {
  const endpoints = new Map<string, KnownSeries>();
  let turnedAt = monotonic();

  function turn(now: number): void {
    turnedAt = now;
    for (const [endpoint, known] of endpoints) {
      if (known.current.size === 0) endpoints.delete(endpoint);
      else endpoints.set(endpoint, { current: new Map(), previous: known.current, text: 0 });
    }
  }

  return {
    known: (endpoint) => endpoints.get(endpoint)?.current,
    allows(endpoint, metric) {
      const key = hashOf(metric);
      // Nearly always known: the time is looked at only for what is new.
      if (endpoints.get(endpoint)?.current.has(key)) return true;
      const now = monotonic();
      if (now - turnedAt > generationMs) turn(now);
      let known = endpoints.get(endpoint);
      if (!known) {
        known = { current: new Map(), previous: none, text: 0 };
        endpoints.set(endpoint, known);
      }
      const text = known.previous.get(key) ?? textOf(metric);
      const isFull = known.current.size >= limit || known.text + text > maxSeriesText;
      if (isFull && !known.previous.has(key)) return false;
      known.current.set(key, text);
      known.text += text;
      return true;
    },
  };
}

function textOf({ name, tags, fields }: Pick<Metric, 'name' | 'tags' | 'fields'>): number {
  let text = name.length;
  for (const tag in tags) text += tag.length + (tags[tag] as string).length;
  return text * Object.keys(fields).length;
}

/** FNV-1a in 30 bits: kept as a small integer. Two series falling together cost one place less, nothing else. */
export function hashOf(metric: Pick<Metric, 'name' | 'tags'>): number {
  let value = mix(0x811c9dc5, metric.name);
  for (const tag in metric.tags) value = mix(mix(value, tag) ^ 0x3d, metric.tags[tag] as string);
  return value >>> 2;
}

function mix(value: number, text: string): number {
  let mixed = value;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed;
}
