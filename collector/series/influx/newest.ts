/** The newest value of each series that InfluxDB has, for the start. */
import { seriesKey } from '../../../shared/metrics.ts';
import type { Newest } from '../backend.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import type { InfluxClient, InfluxPlace } from './client.ts';
import { safeTags, storedLine } from './points.ts';
import { quoted } from './prepare.ts';
import { ownTags } from './query.ts';

/** Statements in one request. */
const together = 10;

export interface NewestParts {
  client: Pick<InfluxClient, 'query'>;
  dictionary: Pick<Dictionary, 'metrics' | 'coming' | 'findEndpoint'>;
  place: InfluxPlace;
}

/** @throws InfluxError */
export async function readNewest(
  { client, dictionary, place }: NewestParts,
  since: number,
  note: (values: Newest) => void,
): Promise<void> {
  const metrics = dictionary.metrics();
  for (let i = 0; i < metrics.length; i += together) {
    const some = metrics.slice(i, i + together);
    const statements = some.map((metric) => {
      const { measurement, field } = storedLine(metric, {});
      // `last` of one field alone gives the true time of its value.
      return (
        `select last(${quoted(field)}) from ${quoted(measurement)}` +
        ` where time >= ${Math.max(0, since)}ms group by *`
      );
    });
    const answers = await client.query(statements, place);
    some.forEach((metric, k) => {
      const lines = new Map(dictionary.coming(metric).map(({ id, tags }) => [seriesKey('', safeTags(tags)), id]));
      const rows = (answers[k] ?? []).flatMap(({ tags = {}, values }) => {
        const endpoint = dictionary.findEndpoint(tags.endpoint ?? '');
        const line = lines.get(seriesKey('', ownTags(tags)));
        const [at, value] = values[0] ?? [];
        if (endpoint === undefined || line === undefined || typeof at !== 'number' || typeof value !== 'number')
          return [];
        return [{ endpoint, line, at, value }];
      });
      const pack = (name: 'endpoint' | 'line' | 'at' | 'value') => Float64Array.from(rows, (row) => row[name]);
      note({ endpoint: pack('endpoint'), line: pack('line'), at: pack('at'), value: pack('value') });
    });
  }
}
