/**
 * The edge: validates an untrusted payload. An invalid part is dropped and counted, and the rest is stored; a payload that
 * is invalid as a whole throws and ends in quarantine.
 */
import { fail } from '../../shared/errors.ts';
import { catalogue } from '../../shared/metrics.ts';
import type { Metric, Report } from '../../shared/report.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { createRefusedParts, type PartlyRefused, type RefusedParts } from './refused-parts.ts';
import type { MetricShape } from './report-shapes.ts';
import { createSeriesCap, hashOf, type MetricTraits, maxSeriesText } from './series-cap.ts';
import { aheadMs, type ClockTrack, correctionOf, createTrack, fit, observe } from './times.ts';

export interface Admitted {
  report: Report;
  /** Endpoint clock minus collector clock as far as it is known, ms. */
  clockOffsetMs: number | null;
  /** It had samples, and none was valid. */
  isEmptied: boolean;
  /** What was dropped or moved, by cause. */
  refused: readonly PartlyRefused[];
  corrected: boolean;
}

export interface Admission {
  /** @param shapes of its metrics, where they are known */
  admit(
    endpoint: Pick<Endpoint, 'id' | 'clockOffsetMs'>,
    live: boolean,
    report: Report,
    receivedAt: number,
    shapes?: readonly MetricShape[],
  ): Admitted;
}

const nothing: readonly PartlyRefused[] = [];

const fieldsOf: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  [...Map.groupBy(catalogue, (row) => row.measurement)].map(([name, rows]) => [
    name,
    new Set(rows.map((row) => row.field)),
  ]),
);

/** @param rule raw retention in ms, most series of one endpoint */
export function createAdmission(rule: { retentionMs: number; maxSeries: number; monotonic: () => number }): Admission {
  const cap = createSeriesCap(rule.maxSeries, rule.monotonic);
  const tracks = new Map<string, ClockTrack>();

  function trackOf({ id, clockOffsetMs }: Pick<Endpoint, 'id' | 'clockOffsetMs'>): ClockTrack {
    const known = tracks.get(id);
    if (known) return known;
    const track = createTrack(clockOffsetMs);
    tracks.set(id, track);
    return track;
  }

  /** True when nothing has to be corrected, as in nearly every report. */
  function isFine(
    endpoint: string,
    { at, metrics }: Report,
    receivedAt: number,
    shapes?: readonly MetricShape[],
  ): boolean {
    const oldest = receivedAt - rule.retentionMs;
    const newest = receivedAt + aheadMs;
    if (at > newest) return false;
    const known = cap.known(endpoint);
    for (let n = 0; n < metrics.length; n++) {
      const metric = metrics[n] as Metric;
      if (metric.timestamp > newest || metric.timestamp < oldest) return false;
      const { isKnown, hash } = traitsOf(metric, shapes?.[n]);
      if (!isKnown || !(known?.has(hash) || cap.allows(endpoint, metric))) return false;
    }
    return true;
  }

  const tooMany = (endpoint: string) => () =>
    fail('TOO_MANY_SERIES', { endpoint, limit: rule.maxSeries, text: maxSeriesText });

  function repair(endpoint: string, report: Report, correction: number, receivedAt: number) {
    const refused = createRefusedParts();
    const oldest = receivedAt - rule.retentionMs;
    const metrics: Metric[] = [];
    for (const [n, metric] of report.metrics.entries()) {
      const path = `message.metrics.${n}`;
      const fields = knownFields(metric, path, refused);
      const time = fit(metric.timestamp, correction, receivedAt, oldest);
      if (!time) refused.add('time', path, metric, () => badTime(metric, oldest, receivedAt));
      else if (time.clipped)
        refused.add('time', `${path}.timestamp`, metric.timestamp, () => badTime(metric, oldest, receivedAt));
      if (!fields || !time) continue;
      if (cap.allows(endpoint, { ...metric, fields })) metrics.push({ ...metric, fields, timestamp: time.at });
      else refused.add('cap', path, metric, tooMany(endpoint));
    }
    const at = Math.min(receivedAt, Math.max(0, Math.round(report.at - correction)));
    return { report: { ...report, at, metrics }, refused: refused.all() };
  }

  return {
    admit(endpoint, live, report, receivedAt, shapes) {
      const track = trackOf(endpoint);
      if (live) observe(track, madeOf(report), receivedAt);
      const clockOffsetMs = track.offset;
      const correction = correctionOf(clockOffsetMs, live ? report.at - receivedAt : null);
      if (correction === 0 && isFine(endpoint.id, report, receivedAt, shapes))
        return { clockOffsetMs, report, refused: nothing, corrected: false, isEmptied: false };
      const repaired = repair(endpoint.id, report, correction, receivedAt);
      const isEmptied = report.metrics.length > 0 && repaired.report.metrics.length === 0;
      return { clockOffsetMs, ...repaired, corrected: correction !== 0, isEmptied };
    },
  };
}

function traitsOf(metric: Metric, shape?: MetricShape): MetricTraits {
  if (shape?.traits) return shape.traits;
  const fields = fieldsOf.get(metric.name);
  const isKnown = fields !== undefined && Object.keys(metric.fields).every((field) => fields.has(field));
  const traits = { isKnown, hash: hashOf(metric) };
  if (shape) shape.traits = traits;
  return traits;
}

/** Without the metrics, because one is kept per endpoint. */
const madeOf = ({ epoch, seq, at, interval_s = 0 }: Report) => ({ epoch, seq, at, intervalMs: interval_s * 1000 });

function knownFields(metric: Metric, path: string, refused: RefusedParts): Metric['fields'] | undefined {
  const known = fieldsOf.get(metric.name);
  const fields: Metric['fields'] = {};
  let some = false;
  for (const [field, value] of Object.entries(metric.fields)) {
    if (known?.has(field)) {
      fields[field] = value;
      some = true;
    } else {
      const name = `${metric.name}.${field}`;
      refused.add(name, `${path}.fields.${field}`, value, () => fail('UNKNOWN_METRIC', { metric: name }));
    }
  }
  if (!known && Object.keys(metric.fields).length === 0)
    refused.add(metric.name, path, metric, () => fail('UNKNOWN_METRIC', { metric: metric.name }));
  return some ? fields : undefined;
}

const badTime = (metric: Metric, oldest: number, receivedAt: number) =>
  fail('BAD_TIMESTAMP', {
    where: metric.name,
    value: new Date(metric.timestamp).toISOString(),
    from: new Date(oldest).toISOString(),
    to: new Date(receivedAt).toISOString(),
  });
