/**
 * Blocks of the journal as points of InfluxDB, in Telegraf's form: the measurement, its own tags, `host`. `endpoint` is
 * our id, because two machines may have the same name. Pure.
 *
 * What InfluxDB would refuse, split or store wrongly is changed here; the journal keeps the original names.
 */
import type { IPoint } from 'influx';
import { seriesKey } from '../../../shared/metrics.ts';
import type { Dictionary, SeriesLineId } from '../journal/dictionary.ts';
import { eachRecord, eachSample, type JournalBlock } from '../journal/record.ts';

export type Tags = Record<string, string>;

/** Ours, and a word that InfluxDB reserves. A metric's own tag or field of that name gets a `_` appended. */
const reserved = new Set(['endpoint', 'host', 'site', 'time']);
export const safeName = (name: string): string => (reserved.has(name) ? `${name}_` : name);
/** The name of which that was made. */
export const givenName = (name: string): string =>
  reserved.has(name.slice(0, -1)) && name.endsWith('_') ? name.slice(0, -1) : name;
const safeField = (name: string): string => (name === 'time' ? 'time_' : name);

/** Without characters that end a line early; '' where nothing is left, and then the tag must be left out. */
export function safeValue(text: string): string {
  return (
    text
      .toWellFormed()
      // biome-ignore lint/suspicious/noControlCharactersInRegex: a newline would begin another point
      .replace(/[\u0000-\u001f\u007f]/g, '\ufffd')
      // At the end it would escape what follows; before a ' the package doubles it.
      .replace(/\\+(?='|$)/g, '')
  );
}

export function safeTags(tags: Readonly<Tags>): Tags {
  const safe: Tags = {};
  for (const [name, value] of Object.entries(tags)) {
    const text = safeValue(value);
    if (text !== '') safe[safeName(name)] = text;
  }
  return safe;
}

/** A line as InfluxDB has it. */
export interface StoredLine {
  measurement: string;
  field: string;
  tags: Tags;
  /** The same for all fields of one point. */
  pointKey: string;
}

export function storedLine(metric: string, tags: Readonly<Tags>): StoredLine {
  const dot = metric.indexOf('.');
  const measurement = metric.slice(0, dot);
  const safe = safeTags(tags);
  return { measurement, field: safeField(metric.slice(dot + 1)), tags: safe, pointKey: seriesKey(measurement, safe) };
}

export interface PointBatch {
  points: IPoint[];
  /** For each endpoint id the times of its points. */
  touched: Map<number, number[]>;
  /** Samples that InfluxDB cannot hold: older than its retention, or not finite. */
  left: number;
}

export interface PointParts {
  dictionary: Pick<Dictionary, 'line' | 'endpointName'>;
  /** `host` and any other tags of an endpoint's points, such as `site`. */
  tagsOf(endpoint: string): Tags;
}

/** More lines than this are dropped and looked up again. */
const maxLines = 20_000;

/** Turns blocks into points; remembers what lines look like. */
export function createPoints({ dictionary, tagsOf }: PointParts) {
  const lines = new Map<number, StoredLine | null>();
  const lineOf = (id: number): StoredLine | null => {
    let found = lines.get(id);
    if (found === undefined) {
      if (lines.size >= maxLines) lines.clear();
      const line: SeriesLineId | undefined = dictionary.line(id);
      found = line ? storedLine(line.metric, line.tags) : null;
      lines.set(id, found);
    }
    return found;
  };

  /** @param oldest samples before it (ms UTC) are left out */
  return (block: JournalBlock, batch: PointBatch, oldest: number): void => {
    eachRecord(block, (head, offset) => {
      if (head.groups === null) return;
      const name = dictionary.endpointName(head.endpoint) ?? '';
      const own = { ...ownTags(tagsOf(name)), endpoint: safeValue(name) };
      const times = batch.touched.get(head.endpoint) ?? [];
      batch.touched.set(head.endpoint, times);
      let key = '';
      let open: { fields: Record<string, number>; at: number } | null = null;
      eachSample(block, offset, (id, at, value) => {
        const line = lineOf(id);
        // InfluxDB takes a time of 0 for "now".
        if (!line || at < oldest || at <= 0 || !Number.isFinite(value)) {
          batch.left += 1;
          return;
        }
        if (!open || open.at !== at || key !== line.pointKey || line.field in open.fields) {
          open = { fields: {}, at };
          key = line.pointKey;
          const { measurement, tags } = line;
          batch.points.push({ measurement, tags: { ...tags, ...own }, fields: open.fields, timestamp: new Date(at) });
          if (times.at(-1) !== at) times.push(at);
        }
        open.fields[line.field] = value;
      });
    });
  };
}

/** Tags of our own choice: their names are ours, their values are not. */
export function ownTags(tags: Readonly<Tags>): Tags {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([name, value]) => (safeValue(value) === '' ? [] : [[name, safeValue(value)]])),
  );
}
