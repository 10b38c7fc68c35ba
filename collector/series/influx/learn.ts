/**
 * The newest values of endpoints that others have stored here, for a collector that is to show and judge all of them. Of each
 * series the newest point as a whole: of 5,000 endpoints that takes seconds, where asking field by field takes a minute.
 */
import { setImmediate } from 'node:timers/promises';
import { seriesKey } from '../../../shared/metrics.ts';
import type { Metric } from '../../../shared/report.ts';
import type { Dictionary } from '../journal/dictionary.ts';
import type { InfluxClient, InfluxPlace, ResultSeries } from './client.ts';
import { givenName, safeTags, safeValue, type Tags } from './points.ts';
import { ownTags } from './query.ts';

/** Endpoints of one statement: with 50 series each its answer is about 2 MB. */
const manyEndpoints = 200;

interface LearnParts {
  client: Pick<InfluxClient, 'query'>;
  dictionary: Pick<Dictionary, 'coming'>;
  place: InfluxPlace;
  isOver(): boolean;
}

/** @param left those that were read are taken out. @throws InfluxError */
export async function learnNewest(
  { client, dictionary, place, isOver }: LearnParts,
  since: number,
  left: string[],
  note: (endpoint: string, metrics: Metric[]) => void,
): Promise<void> {
  const tagsOf = tagsAsSent(dictionary);
  while (left.length > 0 && !isOver()) {
    const some = left.slice(0, manyEndpoints);
    const named = some.map((_, k) => `"endpoint" = $p${k}`).join(' or ');
    const placeholders = Object.fromEntries(some.map((name, k) => [`p${k}`, safeValue(name)]));
    const statement = `select * from /.*/ where time >= ${Math.max(0, since)}ms and (${named}) group by * order by time desc limit 1`;
    const [answer = []] = await client.query([statement], place, placeholders);
    const found = Map.groupBy(answer, ({ tags = {} }) => tags.endpoint ?? '');
    if (isOver()) return;
    for (const name of some)
      note(
        name,
        (found.get(safeValue(name)) ?? []).flatMap((series) => metricOf(series, tagsOf)),
      );
    left.splice(0, some.length);
    // Reports have the right of way.
    await setImmediate();
  }
}

type TagsOf = (metric: string, stored: Tags) => Tags;

function metricOf({ name, tags = {}, columns, values: [row = []] }: ResultSeries, tagsOf: TagsOf): Metric[] {
  const fields: Record<string, number> = {};
  for (let i = 1; i < columns.length; i++) {
    const value = row[i];
    if (typeof value === 'number') fields[givenName(columns[i] as string)] = value;
  }
  const [field] = Object.keys(fields);
  const timestamp = row[0];
  if (field === undefined || typeof timestamp !== 'number') return [];
  return [{ name, tags: tagsOf(`${name}.${field}`, ownTags(tags)), fields, timestamp }];
}

/** What InfluxDB does not take as it is was changed on its way there: a line that is known here says how it was. */
function tagsAsSent(dictionary: LearnParts['dictionary']): TagsOf {
  const known = new Map<string, Map<string, Tags>>();
  return (metric, stored) => {
    let lines = known.get(metric);
    if (!lines) {
      lines = new Map(dictionary.coming(metric).map(({ tags }) => [seriesKey('', safeTags(tags)), { ...tags }]));
      known.set(metric, lines);
    }
    const found = lines.get(seriesKey('', stored));
    return found ?? Object.fromEntries(Object.entries(stored).map(([name, value]) => [givenName(name), value]));
  };
}
