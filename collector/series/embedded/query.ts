/** Translates names to ids, asks the worker, translates back. User input ends here: the worker gets numbers only. */
import type { Clock } from '../../../shared/clock.ts';
import { fieldOf } from '../../../shared/metrics.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import type { Aggregate, SeriesQuery, SeriesResult } from '../series.ts';
import { type SeriesRetention, spanFor } from '../span.ts';
import type { WorkerClient } from './worker-client.ts';

export function createQuery(parts: {
  dictionary: Dictionary;
  client: WorkerClient;
  clock: Clock;
  retention: SeriesRetention;
}) {
  const { dictionary, client, clock, retention } = parts;

  return async (query: SeriesQuery): Promise<SeriesResult> => {
    const span = spanFor(query.from, query.to, query.step, retention, clock.now());
    const endpoints = dictionary.idsOf(query.endpoint);
    const lines = [...new Set(query.metrics)].flatMap((metric) => {
      const agg = query.agg ?? usual(metric);
      return dictionary.linesOf(endpoints, metric, query.tags ?? {}).map((line) => ({ line: line.id, agg }));
    });
    if (endpoints.length === 0 || lines.length === 0 || span.to <= span.from) return { ...span, series: [] };
    const { lines: found } = await client.ask('query', { ...span, endpoints, lines });
    const aggs = new Map(lines.map(({ line, agg }) => [line, agg]));
    const series = found.flatMap(({ line: id, points }) => {
      const line = dictionary.line(id);
      const agg = aggs.get(id);
      return line && agg ? [{ metric: line.metric, tags: { ...line.tags }, agg, points }] : [];
    });
    return { ...span, series };
  };
}

/** The absolute value of a counter has no meaning. */
function usual(metric: string): Aggregate {
  return fieldOf(metric)?.kind === 'counter' ? 'rate' : 'mean';
}
