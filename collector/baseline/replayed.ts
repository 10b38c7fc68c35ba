/** What was usual at each instant of stored history, for rules that are tried on it before they are in force. */
import type { UsualBounds } from '../evaluate/kinds/kind.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { habitOf } from './habits.ts';
import { hoursAt, keyOf, type LearningParts } from './learning.ts';
import { notLearned } from './not-learned.ts';
import { learn, type Usual, type UsualPoint, weekMs, weeksKept } from './usual.ts';

const slotMs = 300_000;

export type UsualThen = (metric: string, tags: Readonly<Record<string, string>>, at: number) => UsualBounds | undefined;

/** Learned anew each week instead of each day, and without the new normal: a preview must answer while somebody waits. */
export async function usualThen(
  parts: LearningParts,
  endpoint: Pick<Endpoint, 'id' | 'site'>,
  metrics: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<UsualThen> {
  const start = from - weeksKept * weekMs;
  const hourOf = await hoursAt(parts, endpoint.site);
  const away = await notLearned(parts.state, endpoint.id, { start, end: to });
  const wanted = { endpoint: endpoint.id, metrics, from: start, to, step: slotMs };
  const { series: lines } = await parts.series.query(wanted);
  const known = new Map(
    lines.map((line) => {
      const isLearned = (at: number) => !away.some((span) => span.start < at + slotMs && span.end > at);
      const points = line.points.flatMap(([at, value]): UsualPoint[] =>
        value === null || !isLearned(at) ? [] : [[at, value]],
      );
      return [keyOf(line), { points, weeks: new Map<number, (hour: number) => Usual>() }];
    }),
  );
  return (metric, tags, at) => {
    const line = known.get(keyOf({ metric, tags }));
    if (!line) return undefined;
    const until = from + Math.floor((at - from) / weekMs) * weekMs;
    const usual =
      line.weeks.get(until) ??
      learn(
        line.points.filter(([when]) => when < until),
        until,
        hourOf,
        habitOf(metric),
      );
    line.weeks.set(until, usual);
    const { range } = usual(hourOf(at));
    return { low: range?.low ?? Number.NaN, high: range?.high ?? Number.NaN, since: null };
  };
}
