/** Which metrics of a machine left their usual range around an instant: what may explain an alert. */
import type { BaselineWhen } from '../evaluate/kinds/baseline.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { hoursAt, keyOf, type LearningParts, learnLines } from './learning.ts';
import { longestOutside, type OutsideStretch, type Usual, type UsualPoint } from './usual.ts';

const slotMs = 300_000;
const hourMs = 3_600_000;
/** What it looks at: an hour before, and half of one after. */
const beforeMs = hourMs;
const afterMs = hourMs / 2;
/** A shorter stretch is no verdict, unless it goes on. */
const longMs = hourMs / 2;
const atLeastMs = 2 * slotMs;

export interface UnusualLine {
  metric: string;
  tags: Readonly<Record<string, string>>;
  outside: OutsideStretch;
  usual: Usual;
  /** It was outside in the last five minutes that were looked at. */
  goesOn: boolean;
}

export interface UnusualAt {
  /** Farthest first. */
  lines: UnusualLine[];
  /** Series that were compared, and those of which too little is known of this hour. */
  compared: number;
  short: { metric: string; values: number; weeks: number }[];
}

export async function unusualAt(
  parts: LearningParts,
  endpoint: Pick<Endpoint, 'id' | 'site'>,
  rules: readonly BaselineWhen[],
  at: number,
): Promise<UnusualAt> {
  const metrics = [...new Set(rules.map(({ measurement, field }) => `${measurement}.${field}`))];
  const none: UnusualAt = { lines: [], compared: 0, short: [] };
  if (metrics.length === 0) return none;
  const from = Math.floor((at - beforeMs) / slotMs) * slotMs;
  const to = Math.ceil((at + afterMs) / slotMs) * slotMs;
  const hourOf = await hoursAt(parts, endpoint.site);
  const hours = new Set(Array.from({ length: (to - from) / slotMs }, (_, n) => hourOf(from + n * slotMs)));
  const usual = await learnLines(parts, endpoint, metrics, { until: from, hours, hourOf });
  const { series: lines } = await parts.series.query({ endpoint: endpoint.id, metrics, from, to, step: slotMs });
  const found: UnusualAt = { lines: [], compared: 0, short: [] };
  for (const line of lines) {
    const { metric, tags } = line;
    const wanted = rules.filter((one) => `${one.measurement}.${one.field}` === metric && isAbout(one, tags));
    const points = line.points.flatMap(([start, value]): UsualPoint[] => (value === null ? [] : [[start, value]]));
    const last = points.at(-1);
    if (wanted.length === 0 || !last) continue;
    const known = usual.find((one) => keyOf(one) === keyOf(line));
    const here = known?.of(hourOf(at)) ?? { range: null, values: 0, weeks: 0 };
    if (!known || here.range === null) {
      found.short.push({ metric, values: here.values, weeks: here.weeks });
      continue;
    }
    found.compared++;
    const outside = longestOutside(points, (when) => known.of(hourOf(when)));
    if (!outside || !wanted.some(({ side }) => !side || (side === 'above') === outside.side > 0)) continue;
    const length = outside.to - outside.from;
    const goesOn = outside.to > last[0];
    if (length >= longMs || (goesOn && length >= atLeastMs))
      found.lines.push({ metric, tags, outside, usual: here, goesOn });
  }
  found.lines.sort((a, b) => Math.abs(b.outside.score) - Math.abs(a.outside.score));
  return found;
}

function isAbout({ tags: wanted = {} }: BaselineWhen, tags: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([name, value]) => tags[name] === value);
}
