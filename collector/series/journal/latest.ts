/** The newest value of every series, from memory. */
import type { LatestValue } from '../series.ts';
import type { Dictionary } from './dictionary.ts';
import { createSlotLists, EndpointSeries } from './endpoint-series.ts';
import type { SeriesId } from './names.ts';

export interface LatestValues {
  seriesOf(endpoint: string): EndpointSeries;
  note(endpoint: number, line: number, at: number, value: number): void;
  of(endpoint: string): LatestValue[];
  forget(endpoint: string, now: number): void;
  /** Values of `from` become those of `to`, where they are newer. */
  adopt(from: string, to: string): void;
  /** Series that have a value. */
  readonly count: number;
  has(endpoint: number, line: number): boolean;
  /** Series that have not come since `before` leave memory. @returns them, with the time of their last sample */
  prune(before: number): (SeriesId & { at: number })[];
}

export function createLatest(
  dictionary: Dictionary,
  known: readonly { id: number; name: string; forgottenAt: number }[],
): LatestValues {
  const byName = new Map<string, EndpointSeries>();
  const byId = new Map<number, EndpointSeries>();
  const keep = (name: string, series: EndpointSeries) => {
    byName.set(name, series);
    byId.set(series.id, series);
    return series;
  };
  const slotLists = createSlotLists();
  for (const { id, name, forgottenAt } of known) keep(name, new EndpointSeries(id, slotLists, forgottenAt));
  const seriesOf = (name: string) =>
    byName.get(name) ?? keep(name, new EndpointSeries(dictionary.endpoint(name), slotLists));

  return {
    seriesOf,
    note: (endpoint, line, at, value) => byId.get(endpoint)?.note(line, at, value),
    of(endpoint) {
      const series = byName.get(endpoint);
      if (!series) return [];
      return series.lines.flatMap((id, slot) => {
        const line = dictionary.line(id);
        const [at, value] = [series.at[slot], series.values[slot]];
        if (!line || at === undefined || value === undefined) return [];
        return [{ metric: line.metric, tags: { ...line.tags }, at, value }];
      });
    },
    adopt(from, to) {
      const source = byName.get(from);
      const target = seriesOf(to);
      source?.lines.forEach((line, slot) => {
        target.note(line, source.at[slot] as number, source.values[slot] as number);
      });
    },
    forget: (endpoint, now) => byName.get(endpoint)?.clear(now),
    has: (endpoint, line) => byId.get(endpoint)?.has(line) ?? false,
    prune(before) {
      const gone = [...byId.values()].flatMap((series) =>
        series.prune(before).map((one) => ({ endpoint: series.id, ...one })),
      );
      const live = new Set([...byId.values()].flatMap(({ lines }) => lines));
      dictionary.keepOnly((line) => live.has(line));
      return gone;
    },
    get count() {
      let sum = 0;
      for (const series of byName.values()) sum += series.lines.length;
      return sum;
    },
  };
}
