/** The newest value of each series that InfluxDB has, for the start. */
import { seriesKey } from '../../../shared/metrics.ts';
import type { Newest } from '../backend.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import type { InfluxClient } from './client.ts';
import { safeTags, storedLine } from './points.ts';
import { policyOf, quoted } from './prepare.ts';
import { ownTags } from './query.ts';

/** Statements in one request. */
const together = 10;

/** @throws InfluxError */
export async function readNewest(
  { client, dictionary, database }: { client: InfluxClient; dictionary: Dictionary; database: string },
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
        `select last(${quoted(field)}) from ${quoted(database)}.${quoted(policyOf.raw)}.${quoted(measurement)}` +
        ` where time >= ${Math.max(0, since)}ms group by *`
      );
    });
    const answers = await client.query(statements);
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
