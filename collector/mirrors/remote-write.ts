/**
 * Prometheus remote write 1.0: a protobuf message `prometheus.WriteRequest` in a snappy block. Names and labels are those of
 * `/metrics/hosts`, so dashboards and rules work on both. https://prometheus.io/docs/specs/prw/remote_write_spec/
 *
 *   WriteRequest { repeated TimeSeries = 1 }   TimeSeries { repeated Label = 1; repeated Sample = 2 }
 *   Label { string name = 1; string value = 2 }   Sample { double value = 1; int64 timestamp = 2 (ms) }
 */
import { prometheusLabels, prometheusName } from '../../shared/metrics-prometheus.ts';
import type { EndpointNow, MirroredSample, MirrorFormat, MirrorKind, MirrorNames } from './mirror.ts';
import { fieldBytes, ProtobufWriter, varintBytes } from './protobuf.ts';
import { snappyLiterals } from './snappy.ts';

type SeriesLabels = readonly (readonly [name: string, value: string])[];
type TimedValue = Pick<MirroredSample, 'value' | 'at'>;

const length = (text: string) => Buffer.byteLength(text);
const byName = ([a]: readonly [string, string], [b]: readonly [string, string]) => (a < b ? -1 : 1);
const byTime = (a: TimedValue, b: TimedValue) => a.at - b.at;

/** A time series: its labels sorted by name, as receivers may demand, its samples in the order of time. */
function addSeries(to: ProtobufWriter, given: SeriesLabels, values: readonly TimedValue[]): void {
  const labels = given
    .map(([name, value]) => [name, value.toWellFormed()] as const)
    .sort(byName)
    .map(([name, value]) => ({ name, value, of: [length(name), length(value)] as const }));
  const labelBytes = labels.map(({ of: [name, value] }) => fieldBytes(name) + fieldBytes(value));
  // A double takes nine bytes, a time its key and a varint.
  const valueBytes = values.map(({ at }) => 10 + varintBytes(at));
  const total = [...labelBytes, ...valueBytes].reduce((sum, bytes) => sum + fieldBytes(bytes), 0);
  to.reserve(fieldBytes(total));
  to.head(1, total);
  labels.forEach(({ name, value, of }, n) => {
    to.head(1, labelBytes[n] as number);
    to.text(1, name, of[0]);
    to.text(2, value, of[1]);
  });
  for (const { at, value } of values.length > 1 ? values.toSorted(byTime) : values) {
    to.head(2, 10 + varintBytes(at));
    to.double(1, value);
    to.byte(2 << 3);
    to.varint(at);
  }
}

function format({ dictionary, ownerOf }: MirrorNames): MirrorFormat {
  return {
    headers: {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
    },
    target: (url) => url,
    encode(samples) {
      const bySeries = new Map<number, MirroredSample[]>();
      for (const sample of samples) {
        // Ids of lines stay far below this.
        const key = sample.endpoint * 2 ** 28 + sample.line;
        const own = bySeries.get(key);
        if (own) own.push(sample);
        else bySeries.set(key, [sample]);
      }
      const to = new ProtobufWriter();
      for (const own of bySeries.values()) {
        const { endpoint, line: id } = own[0] as MirroredSample;
        const line = dictionary.line(id);
        const named = line && prometheusName(line.metric);
        const owner = dictionary.endpointName(endpoint);
        if (!line || !named || owner === undefined) continue;
        const values = own.map(({ at, value }) => ({ at, value: named.scale(value) }));
        addSeries(to, [['__name__', named.name], ...prometheusLabels(ownerOf(owner), line.tags)], values);
      }
      const bytes = to.take();
      return bytes.length === 0 ? null : snappyLiterals(bytes);
    },
    encodeNow(endpoints, at) {
      const to = new ProtobufWriter();
      for (const one of endpoints) addNow(to, one, at);
      return snappyLiterals(to.take());
    },
    refusal(said) {
      if (/out of bounds|too old|too far in the past/i.test(said)) return { is: 'order', reason: 'too_old' };
      if (/out of order|out-of-order|duplicate sample/i.test(said)) return { is: 'order', reason: 'out_of_order' };
      return { is: 'content' };
    },
  };
}

/** Those of `/metrics/hosts` that are no samples. */
function addNow(to: ProtobufWriter, { isOnline, alerts, ...owner }: EndpointNow, at: number): void {
  const gauge = (name: string, tags: Record<string, string>, value: number) =>
    addSeries(to, [['__name__', name], ...prometheusLabels(owner, tags)], [{ at, value }]);
  gauge('evenkeel_endpoint_up', {}, isOnline ? 1 : 0);
  for (const severity of ['critical', 'warning', 'info'] as const)
    gauge('evenkeel_endpoint_alerts', { severity }, alerts[severity]);
}

export const remoteWrite: MirrorKind = { kind: 'remote_write', tokenScheme: 'Bearer', format };
