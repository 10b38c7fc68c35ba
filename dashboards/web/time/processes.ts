/** Which processes were the busiest at a moment. Pure. */
import type { Series } from '../../../shared/api.ts';
import { nearest, type TimeSpan } from './points.ts';

const minute = 60_000;
const day = 1440 * minute;
const processesAtMost = 5;

export interface BusyProcess {
  name: string;
  /** Percent of one core. */
  cpu: number | null;
  memory: number | null;
}

/** Where the values of a moment are looked for: the older they are, the further apart they were kept. */
export function stretchAround(at: number, now: number): TimeSpan {
  const age = now - at;
  const half = age < 13 * day ? 2 * minute : age < 80 * day ? 10 * minute : 90 * minute;
  return { from: at - half, to: Math.max(at - half + minute, Math.min(now, at + half)) };
}

/** By the value that is nearest in time. */
export function busiest(series: Series['series'], at: number): BusyProcess[] {
  const found = new Map<string, BusyProcess>();
  for (const { metric, tags, points } of series) {
    const there = points.filter(([, value]) => value !== null);
    const index = nearest(
      there.map(([time]) => time),
      at,
      Number.POSITIVE_INFINITY,
    );
    const name = tags.process_name;
    if (index === null || name === undefined) continue;
    const one = found.get(name) ?? { name, cpu: null, memory: null };
    one[metric === 'procstat.cpu_usage' ? 'cpu' : 'memory'] = there[index]?.[1] ?? null;
    found.set(name, one);
  }
  const all = [...found.values()];
  return all
    .sort((a, b) => (b.cpu ?? -1) - (a.cpu ?? -1) || (b.memory ?? 0) - (a.memory ?? 0))
    .slice(0, processesAtMost);
}
