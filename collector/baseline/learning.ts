/** Reads what is usual of an endpoint's metrics at some hours of the week, from the series and the facts that are kept. */
import { readCalendars } from '../calendars/calendars.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { SeriesLine, SeriesStore } from '../series/series.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { habitOf } from './habits.ts';
import { notLearned } from './not-learned.ts';
import {
  type HourOfWeek,
  hoursOfWeek,
  learn,
  newNormalSince,
  sizeSince,
  spansToRead,
  type Usual,
  type UsualPoint,
  weekMs,
  weeksKept,
} from './usual.ts';

const slotMs = 300_000;
const hourMs = 3_600_000;

/** What is usual of one series. */
export interface UsualLine {
  metric: string;
  tags: Readonly<Record<string, string>>;
  /** Since when it is learned anew; null: for the whole six weeks. */
  since: number | null;
  of(hour: number): Usual;
}

export interface LearningParts {
  state: State;
  series: Pick<SeriesStore, 'query'>;
  /** Report zone, IANA: of endpoints without a site. */
  zone: string;
}

/** Of which a change makes another machine, and whose series that is. */
const sizes = { 'system.n_cpus': null, 'mem.total': null, 'disk.total': 'path' } as const;

/** The hours of the week where an endpoint stands, with the holidays that people have there. */
export async function hoursAt({ state, zone }: LearningParts, site: string | null): Promise<HourOfWeek> {
  const { calendar } = (await readCalendars(state, zone))(site, 'working');
  return hoursOfWeek(calendar.zone, new Set(calendar.holidays));
}

/**
 * @param until values from then on are not learned
 * @param hours of the week that are wanted
 * @throws EvenkeelError SERIES_UNAVAILABLE while the series are away
 */
export async function learnLines(
  { state, series }: LearningParts,
  endpoint: Pick<Endpoint, 'id'>,
  metrics: readonly string[],
  { until: given, hours, hourOf }: { until: number; hours: ReadonlySet<number>; hourOf: HourOfWeek },
): Promise<UsualLine[]> {
  const until = Math.floor(given / slotMs) * slotMs;
  const window = { start: until - weeksKept * weekMs, end: until };
  const of = { endpoint: endpoint.id };
  const away = await notLearned(state, endpoint.id, window);
  const isLearned = ({ start, end }: { start: number; end: number }) =>
    !away.some((span) => span.start < end && span.end > start);
  const hourlyMetrics = [...new Set([...metrics, ...Object.keys(sizes)])];
  const whole = { ...of, metrics: hourlyMetrics, from: window.start, to: Math.floor(until / hourMs) * hourMs };
  const { series: hourly, step } = await series.query({ ...whole, step: hourMs });
  const found = new Map<string, { line: SeriesLine; points: UsualPoint[] }>();
  for (const { from, to } of spansToRead(hours, until, hourOf)) {
    const { series: lines } = await series.query({ ...of, metrics, from, to: Math.min(to, until), step: slotMs });
    for (const line of lines) {
      const key = keyOf(line);
      const there = found.get(key) ?? { line, points: [] };
      for (const [at, value] of line.points)
        if (value !== null && at >= from && at + slotMs <= until && isLearned({ start: at, end: at + slotMs }))
          there.points.push([at, value]);
      found.set(key, there);
    }
    await breathe();
  }
  const result: UsualLine[] = [];
  for (const { line, points } of found.values()) {
    const { metric, tags } = line;
    const habit = habitOf(metric);
    const same = hourly.find((one) => keyOf(one) === keyOf(line));
    const known = pointsOf(same).filter(([at]) => isLearned({ start: at, end: at + step }));
    const began = [newNormalSince(known, until, hourOf, habit), ...sizesSince(hourly, tags)];
    const since = began.reduce((last, one) => (one === null ? last : Math.max(last ?? one, one)), null);
    const usual = learn(since === null ? points : points.filter(([at]) => at >= since), until, hourOf, habit);
    result.push({ metric, tags, since, of: usual });
    await breathe();
  }
  return result;
}

export const keyOf = ({ metric, tags }: Pick<SeriesLine, 'metric' | 'tags'>): string => {
  let key = metric;
  for (const name of Object.keys(tags).sort()) key += `,${name}=${tags[name]}`;
  return key;
};

const pointsOf = (line: SeriesLine | undefined): UsualPoint[] =>
  (line?.points ?? []).flatMap(([at, value]) => (value === null ? [] : [[at, value] as const]));

/** Of the machine, and of the disk that a series is about. */
function sizesSince(hourly: readonly SeriesLine[], tags: Readonly<Record<string, string>>): (number | null)[] {
  return hourly.flatMap((line) => {
    const own = Object.hasOwn(sizes, line.metric) ? sizes[line.metric as keyof typeof sizes] : undefined;
    if (own === undefined || (own !== null && line.tags[own] !== tags[own])) return [];
    return [sizeSince(pointsOf(line))];
  });
}
