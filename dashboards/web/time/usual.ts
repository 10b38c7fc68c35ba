/** The band of what is usual behind a chart of one line; a chart of several would be covered by them. */
import { useMemo } from 'preact/hooks';
import type { Series } from '../../../shared/api.ts';
import type { UsualBand, UsualBands } from '../../../shared/usual.ts';
import { useKept, useLoad } from '../net/load.ts';
import type { TimeSpan } from './points.ts';

/** Of a longer span the hours cannot be told apart. */
const longestMs = 8 * 86_400_000;

type DrawnLine = Pick<Series['series'][number], 'metric' | 'tags'>;

/** @param line the only one of the chart; null: there are several, or it is not known yet */
export function useUsual(endpoint: string, line: DrawnLine | null, { from, to }: TimeSpan): readonly UsualBand[] {
  // To the minute: the end of a span that moves on is asked for each few seconds.
  const minute = (at: number) => Math.round(at / 60_000) * 60_000;
  const [begin, end] = [minute(from), Math.max(minute(to), minute(from) + 60_000)];
  const isAsked = line !== null && end - begin <= longestMs;
  const address = `endpoints/${encodeURIComponent(endpoint)}/usual?metric=${line?.metric}&from=${begin}&to=${end}`;
  const found = useKept(useLoad<UsualBands>(isAsked ? address : null));
  return useMemo(() => {
    if (line === null || !isAsked) return [];
    const isSame = ({ metric, tags }: DrawnLine) =>
      metric === line.metric && Object.entries(line.tags).every(([name, value]) => tags[name] === value);
    return found?.lines.find(isSame)?.bands ?? [];
  }, [found, line, isAsked]);
}
