/**
 * What is usual today, for the rules of kind baseline. It is learned at the first report that needs it, then once a day, one
 * endpoint after the other. After a restart it is learned anew; until then these rules have no verdict.
 */
import { setTimeout } from 'node:timers/promises';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { UsualBounds } from '../evaluate/kinds/kind.ts';
import type { Fleet } from '../fleet/fleet.ts';
import { hoursAt, keyOf, type LearningParts, learnLines } from './learning.ts';
import type { HourOfWeek } from './usual.ts';

interface BaselineParts extends LearningParts {
  fleet: Pick<Fleet, 'get'>;
  clock: Clock;
  log: Log;
}

export interface Baselines {
  /** For judging; undefined: not known yet, and being learned. */
  usual(endpoint: string, metric: string, tags: Readonly<Record<string, string>>, at: number): UsualBounds | undefined;
  stop(): Promise<void>;
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A day, and what it may take until the next is learned. */
const hoursLearned = 28;
const againMs = 600_000;
/** The part of the time in which it learns: charts and the collector's own work come first. */
const share = 4;
const pauseAtLeastMs = 5;

interface Today {
  learnedAt: number;
  /** After a failure. */
  notBefore: number;
  hourOf: HourOfWeek | null;
  /** Hours of the week that are known, in the order in which they are kept for each series. */
  hours: Int16Array;
  /** Of each series the bounds of each hour, low and high by turns; NaN: too little is known. */
  lines: Map<string, { bounds: Float64Array; since: number | null }>;
  /** Metrics that were learned, and those asked for since. */
  known: ReadonlySet<string>;
  asked: Set<string>;
}

export function createBaselines(parts: BaselineParts): Baselines {
  const { fleet, clock, log } = parts;
  const today = new Map<string, Today>();
  const waiting = new Set<string>();
  const stopped = new AbortController();
  let running: Promise<void> | null = null;
  let learning: string | null = null;

  function of(endpoint: string): Today {
    const there = today.get(endpoint);
    if (there) return there;
    const none = { learnedAt: Number.NEGATIVE_INFINITY, notBefore: 0, hourOf: null, hours: new Int16Array() };
    const fresh: Today = { ...none, lines: new Map(), known: new Set(), asked: new Set() };
    today.set(endpoint, fresh);
    return fresh;
  }

  function want(endpoint: string): void {
    if (stopped.signal.aborted || endpoint === learning) return;
    waiting.add(endpoint);
    running ??= run().finally(() => {
      running = null;
    });
  }

  const pass = (ms: number) => setTimeout(ms, undefined, { ref: false, signal: stopped.signal }).catch(() => undefined);

  async function run(): Promise<void> {
    // A report asks for several series of its endpoint: after this pause they are learned in one reading.
    await pass(pauseAtLeastMs);
    for (const endpoint of waiting) {
      if (stopped.signal.aborted) return;
      waiting.delete(endpoint);
      learning = endpoint;
      const began = performance.now();
      try {
        await learnToday(endpoint);
      } catch (thrown) {
        of(endpoint).notBefore = clock.now() + againMs;
        log.warn({ err: thrown, endpoint }, 'Could not learn what is usual of an endpoint; tried again in 10 minutes');
      }
      learning = null;
      const pause = Math.max(pauseAtLeastMs, (performance.now() - began) * (share - 1));
      await pass(pause);
    }
  }

  async function learnToday(id: string): Promise<void> {
    const endpoint = fleet.get(id);
    const kept = of(id);
    const metrics = [...kept.asked];
    if (!endpoint || metrics.length === 0) {
      today.delete(id);
      return;
    }
    const at = clock.now();
    const hourOf = await hoursAt(parts, endpoint.site);
    // Half hours: in some zones hours begin in the middle of ours.
    const starts = Array.from({ length: 2 * hoursLearned }, (_, n) => at + (n - 1) * (hourMs / 2));
    const hours = new Set(starts.map(hourOf));
    const lines = await learnLines(parts, endpoint, metrics, { until: at, hours, hourOf });
    kept.hours = Int16Array.from(hours);
    kept.hourOf = hourOf;
    kept.lines = new Map(
      lines.map((line) => {
        const bounds = [...hours].flatMap((hour) => {
          const { range } = line.of(hour);
          return range ? [range.low, range.high] : [Number.NaN, Number.NaN];
        });
        return [keyOf(line), { bounds: Float64Array.from(bounds), since: line.since }];
      }),
    );
    kept.learnedAt = at;
    kept.known = new Set(metrics);
    // Those that nobody asks for until tomorrow are not learned any more.
    kept.asked = new Set();
  }

  return {
    usual(endpoint, metric, tags, at) {
      const kept = of(endpoint);
      const isNew = !kept.known.has(metric);
      kept.asked.add(metric);
      if (isNew) for (const other of kept.known) kept.asked.add(other);
      const now = clock.now();
      if ((isNew || now - kept.learnedAt >= dayMs) && now >= kept.notBefore) want(endpoint);
      const line = kept.lines.get(keyOf({ metric, tags }));
      if (!line || !kept.hourOf || at - kept.learnedAt >= (hoursLearned - 1) * hourMs) return undefined;
      const place = kept.hours.indexOf(kept.hourOf(at));
      if (place < 0) return undefined;
      const { bounds, since } = line;
      return { low: bounds[2 * place] as number, high: bounds[2 * place + 1] as number, since };
    },
    async stop() {
      stopped.abort();
      await running;
    },
  };
}
