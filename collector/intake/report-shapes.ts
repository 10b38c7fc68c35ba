/**
 * Reads a report beside the shapes of its endpoint's last ones: all but the numbers is compared byte by byte, the numbers are
 * read where they must be. What it gives back is exactly what `decodePlain` would; at any difference it gives nothing, and the
 * report is parsed and checked as a whole. Only shapes of reports that passed that check are kept.
 *
 * A shape is the JSON text of one metric without its numbers. Endpoints share them, because most metrics are named alike.
 */
import type { Metric, Report } from '../../shared/report.ts';
import { JsonBytes } from './json-bytes.ts';
import type { MetricTraits } from './series-cap.ts';

export interface MetricShape {
  name: string;
  tags: Metric['tags'];
  fields: readonly string[];
  /** Where its text begins in `texts`, and where each part of it ends: before each number, and at the end. */
  start: number;
  ends: readonly number[];
  /** Of admission, which asks once for all metrics of this shape. */
  traits: MetricTraits | null;
}

/** A report whose metrics have the shapes at the same places. */
export interface ShapedReport {
  report: Report;
  shapes: readonly MetricShape[];
}

interface EndpointShapes {
  epoch: string;
  /** In the order of its reports; a slow check is passed over in those without it. */
  shapes: MetricShape[];
  /** Bytes of reports from which it may still learn. */
  room: number;
}

export interface ReportShapes {
  /** @returns undefined where the report must be parsed */
  read(endpoint: string, plain: Uint8Array): ShapedReport | undefined;
  /** From the bytes of a report that passed the check as a whole. */
  learn(endpoint: string, plain: Uint8Array, report: Report): void;
}

/** Text of shapes, with what an object of each takes beside it. */
const bytesAtMost = 64 * 1024 * 1024;
const shapeBytes = 512;
const shapesAtMost = 512;
/** Whoever never sends the same twice, or writes JSON in another form, does not fill the memory of the others. */
const roomAtMost = 256 * 1024;
const roomPerMatch = 32;
const lookAhead = 32;
/** As in the schema of a report. */
const metricsAtMost = 2000;
const epochLength = 32;
const epochPattern = /^[0-9a-f]{32}$/;
const latestInstant = 8.64e15;
const leastIntervalS = 0.1;
const mostIntervalS = 86_400;

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'utf8'));
const headText = bytesOf('{"v":1,"epoch":"');
const seqText = bytesOf('","seq":');
const atText = bytesOf(',"at":');
const intervalText = bytesOf(',"interval_s":');
const metricsText = bytesOf(',"metrics":[');
const endText = bytesOf(']}');
const commaText = bytesOf(',');

/** @param most bytes of all shapes; beyond, all are learned again */
export function createReportShapes(most = bytesAtMost): ReportShapes {
  let texts = new Uint8Array(64 * 1024);
  let used = 0;
  const known = new Map<string, MetricShape>();
  const endpoints = new Map<string, EndpointShapes>();
  const values = new Float64Array(128);
  const reader = new JsonBytes();

  function readEpoch(last: string): string | undefined {
    if (reader.passesText(last)) return last;
    const epoch = reader.take(epochLength);
    return epochPattern.test(epoch) ? epoch : undefined;
  }

  function readMetric({ name, tags, fields: names, start, ends }: MetricShape): Metric | undefined {
    let from = start;
    for (let i = 0; i < names.length; i++) {
      const end = ends[i] as number;
      if (!reader.passes(texts, from, end)) return undefined;
      const value = reader.number();
      if (!Number.isFinite(value)) return undefined;
      values[i] = value;
      from = end;
    }
    const end = ends[names.length] as number;
    if (!reader.passes(texts, from, end)) return undefined;
    const timestamp = reader.whole(0, latestInstant);
    if (Number.isNaN(timestamp) || !reader.passes(texts, end, ends[names.length + 1] as number)) return undefined;
    const fields: Metric['fields'] = {};
    for (let i = 0; i < names.length; i++) fields[names[i] as string] = values[i] as number;
    return { name, tags, fields, timestamp };
  }

  function readMetrics(shapes: readonly MetricShape[], found: MetricShape[]): Metric[] | undefined {
    const metrics: Metric[] = [];
    let next = 0;
    while (metrics.length < metricsAtMost) {
      const begin = reader.at;
      const last = Math.min(shapes.length, next + lookAhead);
      let metric: Metric | undefined;
      while (next < last && !metric) {
        reader.at = begin;
        metric = readMetric(shapes[next++] as MetricShape);
      }
      if (!metric) return undefined;
      metrics.push(metric);
      found.push(shapes[next - 1] as MetricShape);
      if (!reader.passesAll(commaText)) return reader.passesAll(endText) && reader.isAtEnd ? metrics : undefined;
    }
    return undefined;
  }

  function readReport(own: EndpointShapes, found: MetricShape[]): Report | undefined {
    if (!reader.passesAll(headText)) return undefined;
    const epoch = readEpoch(own.epoch);
    if (epoch === undefined || !reader.passesAll(seqText)) return undefined;
    own.epoch = epoch;
    const seq = reader.whole(1, Number.MAX_SAFE_INTEGER);
    if (Number.isNaN(seq) || !reader.passesAll(atText)) return undefined;
    const made = reader.whole(0, latestInstant);
    if (Number.isNaN(made)) return undefined;
    if (!reader.passesAll(intervalText)) {
      const metrics = reader.passesAll(metricsText) ? readMetrics(own.shapes, found) : undefined;
      return metrics && { v: 1, epoch, seq, at: made, metrics };
    }
    const interval = reader.number();
    if (!(interval >= leastIntervalS && interval <= mostIntervalS) || !reader.passesAll(metricsText)) return undefined;
    const metrics = readMetrics(own.shapes, found);
    return metrics && { v: 1, epoch, seq, at: made, interval_s: interval, metrics };
  }

  function keepText(text: Uint8Array): void {
    if (used + text.length > texts.length) {
      const grown = new Uint8Array(Math.max(texts.length * 2, used + text.length));
      grown.set(texts.subarray(0, used));
      texts = grown;
    }
    texts.set(text, used);
    used += text.length;
  }

  function shapeOf(metric: Metric): MetricShape {
    const parts = textParts(metric);
    const key = parts.join('0');
    const found = known.get(key);
    if (found) return found;
    const start = used;
    const ends = parts.map((part) => {
      keepText(bytesOf(part));
      return used;
    });
    const made = { name: metric.name, tags: Object.freeze({ ...metric.tags }), fields: Object.keys(metric.fields) };
    const shape = { ...made, start, ends, traits: null };
    known.set(key, shape);
    return shape;
  }

  /** New ones where they stand in the report, so that the order stays that of all reports together. */
  function add(own: EndpointShapes, metrics: readonly Metric[]): void {
    let next = 0;
    for (const metric of metrics) {
      const shape = shapeOf(metric);
      const found = own.shapes.indexOf(shape, next);
      if (found >= 0 && found < next + lookAhead) next = found + 1;
      else own.shapes.splice(next++, 0, shape);
    }
  }

  return {
    read(endpoint, bytes) {
      const own = endpoints.get(endpoint);
      if (!own) return undefined;
      reader.start(bytes);
      const shapes: MetricShape[] = [];
      const report = readReport(own, shapes);
      if (!report) return undefined;
      if (own.room < roomAtMost) own.room += roomPerMatch;
      return { report, shapes };
    },
    learn(endpoint, bytes, report) {
      let own = endpoints.get(endpoint);
      if (!own) {
        own = { epoch: report.epoch, shapes: [], room: roomAtMost };
        endpoints.set(endpoint, own);
      }
      if (own.room < bytes.length || report.metrics.length > shapesAtMost) return;
      own.room -= bytes.length;
      if (used + known.size * shapeBytes > most) {
        used = 0;
        known.clear();
        endpoints.clear();
        return;
      }
      if (own.shapes.length + report.metrics.length > shapesAtMost) own.shapes = [];
      add(own, report.metrics);
    },
  };
}

/** The text of a metric as agents write it, cut where its numbers are. */
function textParts({ name, tags, fields }: Metric): string[] {
  const parts = Object.keys(fields).map((field, n) => `${n === 0 ? '' : ','}${JSON.stringify(field)}:`);
  const before = `{"name":${JSON.stringify(name)},"tags":${JSON.stringify(tags)},"fields":{`;
  const [first, ...rest] = [...parts, '},"timestamp":'];
  return [before + first, ...rest, '}'];
}
