/** What was usual over a span of time, for the band behind a chart: by the weeks before the span, so that it does not judge itself. */
import type { UsualBand, UsualBands } from '../../shared/usual.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { hoursAt, type LearningParts, learnLines, type UsualLine } from './learning.ts';
import type { HourOfWeek } from './usual.ts';

/** In some zones hours begin in the middle of ours. */
const halfHourMs = 1_800_000;

export async function usualBands(
  parts: LearningParts,
  endpoint: Pick<Endpoint, 'id' | 'site'>,
  metrics: readonly string[],
  span: { from: number; to: number },
): Promise<UsualBands> {
  const hourOf = await hoursAt(parts, endpoint.site);
  const starts = startsIn(span);
  const hours = new Set(starts.map(hourOf));
  const lines = await learnLines(parts, endpoint, metrics, { until: span.from, hours, hourOf });
  return {
    lines: lines.flatMap((line) => {
      const bands = bandsOf(line, starts, hourOf, span);
      return bands.length === 0 ? [] : [{ metric: line.metric, tags: { ...line.tags }, bands }];
    }),
  };
}

function startsIn({ from, to }: { from: number; to: number }): number[] {
  const first = Math.floor(from / halfHourMs) * halfHourMs;
  return Array.from({ length: Math.ceil((to - first) / halfHourMs) }, (_, n) => first + n * halfHourMs);
}

/** Half hours of one hour of the week are one band. */
function bandsOf(
  line: UsualLine,
  starts: readonly number[],
  hourOf: HourOfWeek,
  { from, to }: { from: number; to: number },
): UsualBand[] {
  const bands: UsualBand[] = [];
  for (const start of starts) {
    const { range } = line.of(hourOf(start));
    if (range === null) continue;
    const { low, high } = range;
    const [begin, end] = [Math.max(start, from), Math.min(start + halfHourMs, to)];
    const last = bands.at(-1);
    if (last && last.to === begin && last.low === low && last.high === high) last.to = end;
    else bands.push({ from: begin, to: end, low, high });
  }
  return bands;
}
