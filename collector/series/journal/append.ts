/** One report into the journal, once. This is the hot path: no keys are built and nothing is serialised twice. */
import { fail } from '../../../shared/errors.ts';
import type { Metric, Report } from '../../../shared/report.ts';
import type { Arrival, SeriesStore, Stored } from '../series.ts';
import type { Commit } from './commit.ts';
import type { Dictionary } from './dictionary.ts';
import type { EndpointSeries } from './endpoint-series.ts';
import type { Epoch, Epochs } from './epochs.ts';
import type { LatestValues } from './latest.ts';
import { maxRanges } from './receipt.ts';

/** A sample further than this after its arrival would be in a file that retention never reaches. */
const maxAheadMs = 86_400_000;

export interface Append extends Pick<SeriesStore, 'accept' | 'append' | 'note'> {
  readonly duplicates: number;
  close(): void;
}

export function createAppend(parts: {
  commit: Commit;
  dictionary: Dictionary;
  epochs: Epochs;
  latest: LatestValues;
}): Append {
  const { commit, dictionary, epochs, latest } = parts;
  let duplicates = 0;
  let closed = false;
  /** Of the metric at hand: each is read from its report once, which makes a number of its own on the heap. */
  const values: number[] = [];

  const write = (arrival: Arrival, series: EndpointSeries, epoch: Epoch): number => {
    const { writer } = commit;
    let samples = 0;
    writer.begin(series.id, epoch.id, arrival.report.seq, arrival.digest);
    series.rewind();
    const { metrics } = arrival.report;
    for (let n = 0; n < metrics.length; n++) {
      const metric = metrics[n] as Metric;
      const { lines } = series.take(metric, dictionary, values, arrival.shapes?.[n]);
      writer.group(metric.timestamp, lines, values);
      samples += lines.length;
    }
    writer.finish();
    for (const { epoch: name, from, to } of arrival.report.lost ?? []) {
      const lossy = epochs.of(series.id, name, arrival.receivedAt);
      writer.loss(series.id, lossy.id, from, to);
      commit.expectLoss(lossy, from, to);
    }
    return samples;
  };

  const accept: SeriesStore['accept'] = (arrival, settled) => {
    if (closed) throw fail('CONFLICT', { problem: 'the collector is stopping' });
    const { report, receivedAt, digest } = arrival;
    const series = latest.seriesOf(arrival.endpoint);
    const epoch = epochs.of(series.id, report.epoch, receivedAt);
    const first = epoch.inFlight.get(report.seq);
    if (first || epoch.receipt.has(report.seq)) {
      if (first ? first.digest !== digest : !epochs.isSame(epoch, report.seq, digest)) return 'conflict';
      duplicates += 1;
      // The same report again while the first is being committed: wire.md, Delivery 3.
      if (first) first.repeats.push(settled);
      else settled(null);
      return 'duplicate';
    }
    const problem = refusal(report, receivedAt, epoch);
    if (problem) throw problem;
    const samples = write(arrival, series, epoch);
    commit.expect(samples, { epoch, seq: report.seq, digest, settled, repeats: [] });
    return 'new';
  };

  return {
    accept,
    note({ endpoint, report }) {
      const series = latest.seriesOf(endpoint);
      series.rewind();
      for (const metric of report.metrics) series.take(metric, dictionary, values);
    },
    append: (arrival) =>
      new Promise((resolve, reject) => {
        // A duplicate may be settled before `accept` returns.
        let answer: Stored = 'duplicate';
        const taken = accept(arrival, (problem) => (problem ? reject(problem) : resolve(answer)));
        if (taken === 'new') answer = 'stored';
        if (taken === 'conflict') resolve(taken);
      }),
    get duplicates() {
      return duplicates;
    },
    close() {
      closed = true;
    },
  };
}

/** Why the report can never be stored; null when it can. */
function refusal(report: Report, receivedAt: number, epoch: Epoch): Error | null {
  if (epoch.receipt.full && epoch.receipt.isApart(report.seq)) {
    return fail('TOO_MANY_GAPS', { epoch: epoch.epoch, limit: maxRanges });
  }
  const to = receivedAt + maxAheadMs;
  for (const { name, timestamp } of report.metrics) {
    if (timestamp > to || !(timestamp >= 0))
      return fail('BAD_TIMESTAMP', { where: name, value: timestamp, from: 0, to });
  }
  return null;
}
