/**
 * Limits the active series of an endpoint. A tag of high cardinality would fill the store for all endpoints; names that are
 * no longer used are forgotten after an hour or two, so that normal change never reaches the limit.
 */
import type { Metric } from '../../shared/report.ts';

const generationMs = 3_600_000;

interface KnownSeries {
  current: Set<number>;
  previous: Set<number>;
}

export interface SeriesCap {
  /** False when this measurement with these tags is new and the endpoint is at its limit. */
  allows(endpoint: string, metric: Pick<Metric, 'name' | 'tags'>): boolean;
}

export function createSeriesCap(limit: number, monotonic: () => number): SeriesCap {
  const endpoints = new Map<string, KnownSeries>();
  let turnedAt = monotonic();

  function turn(now: number): void {
    turnedAt = now;
    for (const [endpoint, known] of endpoints) {
      if (known.current.size === 0) endpoints.delete(endpoint);
      else endpoints.set(endpoint, { current: new Set(), previous: known.current });
    }
  }

  return {
    allows(endpoint, metric) {
      const key = hash(metric);
      // Nearly always known: the time is looked at only for what is new.
      if (endpoints.get(endpoint)?.current.has(key)) return true;
      const now = monotonic();
      if (now - turnedAt > generationMs) turn(now);
      let known = endpoints.get(endpoint);
      if (!known) {
        known = { current: new Set(), previous: new Set() };
        endpoints.set(endpoint, known);
      }
      if (!known.previous.has(key) && known.current.size >= limit) return false;
      known.current.add(key);
      return true;
    },
  };
}

/** FNV-1a in 30 bits: kept as a small integer. Two series falling together cost one place less, nothing else. */
function hash(metric: Pick<Metric, 'name' | 'tags'>): number {
  let value = mix(0x811c9dc5, metric.name);
  for (const tag in metric.tags) value = mix(mix(value, tag) ^ 0x3d, metric.tags[tag] as string);
  return value >>> 2;
}

function mix(value: number, text: string): number {
  let mixed = value;
  for (let i = 0; i < text.length; i++) mixed = Math.imul(mixed ^ text.charCodeAt(i), 0x01000193);
  return mixed;
}
