/**
 * Prometheus remote write 1.0: a protobuf message `prometheus.WriteRequest` in a snappy block. Names and labels are those of
 * `/metrics/hosts`, so dashboards and rules work on both. https://prometheus.io/docs/specs/prw/remote_write_spec/
 *
 *   WriteRequest { repeated TimeSeries = 1 }   TimeSeries { repeated Label = 1; repeated Sample = 2 }
 *   Label { string name = 1; string value = 2 }   Sample { double value = 1; int64 timestamp = 2 (ms) }
 */
import { prometheusLabels, prometheusName } from '../../shared/metrics-prometheus.ts';
import type { EndpointNow, MirroredSample, MirrorFormat, MirrorKind, MirrorNames } from './mirror.ts';
import { snappyLiterals, varint } from './snappy.ts';

const lengthDelimited = 2;
const fixed64 = 1;
const key = (field: number, wire: number) => Buffer.from([(field << 3) | wire]);
const [first, second] = [key(1, lengthDelimited), key(2, lengthDelimited)];

const within = (field: Buffer, bytes: Buffer) => [field, varint(bytes.length), bytes];
const text = (field: Buffer, value: string) => within(field, Buffer.from(value.toWellFormed()));

function sampleBytes({ value, at }: Pick<MirroredSample, 'value' | 'at'>): Buffer {
  const number = Buffer.alloc(9);
  number[0] = (1 << 3) | fixed64;
  number.writeDoubleLE(value, 1);
  return Buffer.concat([number, key(2, 0), varint(at)]);
}

/** Sorted by name, as receivers may demand. */
const labelBytes = (labels: readonly [name: string, value: string][]): Buffer =>
  Buffer.concat(
    labels
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, value]) => within(first, Buffer.concat([...text(first, name), ...text(second, value)]))),
  );

/** In order of time, as the receiver takes them of one series. */
const seriesBytes = (labels: Buffer, samples: readonly Pick<MirroredSample, 'value' | 'at'>[]): Buffer =>
  Buffer.concat([
    labels,
    ...samples.toSorted((a, b) => a.at - b.at).flatMap((sample) => within(second, sampleBytes(sample))),
  ]);

const request = (series: readonly Buffer[]) =>
  snappyLiterals(Buffer.concat(series.flatMap((bytes) => within(first, bytes))));

function format({ dictionary, ownerOf }: MirrorNames): MirrorFormat {
  return {
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    target: (url) => url,
    encode(samples) {
      const bySeries = Map.groupBy(samples, ({ endpoint, line }) => `${endpoint} ${line}`);
      const series = [...bySeries.values()].flatMap((own) => {
        const { endpoint, line: id } = own[0] as MirroredSample;
        const line = dictionary.line(id);
        const named = line && prometheusName(line.metric);
        const owner = dictionary.endpointName(endpoint);
        if (!line || !named || owner === undefined) return [];
        const labels = labelBytes([['__name__', named.name], ...prometheusLabels(ownerOf(owner), line.tags)]);
        const scaled = own.map(({ at, value }) => ({ at, value: named.scale(value) }));
        return seriesBytes(labels, scaled);
      });
      return series.length === 0 ? null : request(series);
    },
    encodeNow: (endpoints, at) => request(endpoints.flatMap((one) => nowOf(one, at))),
    refusal(said) {
      if (/out of bounds|too old|too far in the past/i.test(said)) return { is: 'order', reason: 'too_old' };
      if (/out of order|out-of-order|duplicate sample/i.test(said)) return { is: 'order', reason: 'out_of_order' };
      return { is: 'content' };
    },
  };
}

/** Those of `/metrics/hosts` that are no samples. */
function nowOf({ isOnline, alerts, ...owner }: EndpointNow, at: number): Buffer[] {
  const gauge = (name: string, tags: Record<string, string>, value: number) =>
    seriesBytes(labelBytes([['__name__', name], ...prometheusLabels(owner, tags)]), [{ at, value }]);
  return [
    gauge('evenkeel_endpoint_up', {}, isOnline ? 1 : 0),
    ...(['critical', 'warning', 'info'] as const).map((severity) =>
      gauge('evenkeel_endpoint_alerts', { severity }, alerts[severity]),
    ),
  ];
}

export const remoteWrite: MirrorKind = { kind: 'remote_write', tokenScheme: 'Bearer', format };
