/**
 * The heavy loop: one heavy check after the other, outside of this process, when its last run is longer ago than its
 * interval. A missed run is caught up, whatever the reason.
 */
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { CheckOutcome } from './attempt.ts';
import type { Check } from './checks/check.ts';
import type { Pace } from './intervals.ts';
import type { AgentMemory } from './memory.ts';

const firstHeavyMs = 5000;
const heavyTickMs = 30_000;
/** During boot and log-in no heavy check uses the disk. */
const bootDelayS = 300;
/** On battery heavy checks wait, but not for ever: a laptop may never see mains while it is awake. */
const maxIntervalsOnBattery = 3;

export interface HeavyLoopOptions {
  checks: readonly Check[];
  clock: Clock;
  log: Log;
  memory: AgentMemory;
  /** Runs heavy checks, one after the other, and reports each outcome as it comes. */
  runHeavy(names: readonly string[], onOutcome: (name: string, outcome: CheckOutcome) => void): Promise<void>;
  /** True: heavy checks wait longer. */
  isOnBattery(): Promise<boolean>;
  paceOf(check: Check): Pace;
  onOutcome(name: string, outcome: CheckOutcome): void;
  random: () => number;
  /** Seconds since the machine started. */
  uptime: () => number;
}

export interface HeavyLoop {
  start(): void;
  stop(): void;
  /** The wall clock was set by so much, ms: what was done at a time of the old one was done so much later (or earlier). */
  clockSet(byMs: number): void;
}

/**
 * @param doneAt ms UTC of the last run; undefined when it never ran
 * @param uptimeS seconds since the machine started
 */
export function isHeavyDue(
  { enabled, everyMs }: Pace,
  doneAt: number | undefined,
  { now, uptimeS, isOnBattery }: { now: number; uptimeS: number; isOnBattery: boolean },
): boolean {
  if (!enabled) return false;
  if (doneAt === undefined) return true;
  // A last time in the future comes from a clock that was set back: it would otherwise wait for days.
  const since = now < doneAt ? Number.POSITIVE_INFINITY : now - doneAt;
  if (since < everyMs || uptimeS < bootDelayS) return false;
  return !isOnBattery || since >= maxIntervalsOnBattery * everyMs;
}

export function createHeavyLoop(options: HeavyLoopOptions): HeavyLoop {
  const { checks, clock, log, memory, paceOf, random } = options;
  /** ms UTC, by name of the check. */
  const lastDone = (memory.get('last_done') ?? {}) as Record<string, number>;
  let timer: NodeJS.Timeout | null = null;
  let running = false;
  let stopped = true;

  async function findDue(): Promise<Map<string, Check>> {
    const isOnBattery = checks.length > 0 && (await options.isOnBattery());
    const moment = { now: clock.now(), uptimeS: options.uptime(), isOnBattery };
    const due = checks.filter((check) => isHeavyDue(paceOf(check), lastDone[check.name], moment));
    return new Map(due.map((check) => [check.name, check]));
  }

  async function tick(): Promise<void> {
    if (running || stopped) return;
    running = true;
    try {
      const due = await findDue();
      if (due.size > 0 && !stopped) {
        await options.runHeavy([...due.keys()], (name, outcome) => {
          const check = due.get(name);
          if (!check || stopped) return;
          // A little earlier or later each time: a fleet that was installed at once drifts apart.
          lastDone[name] = clock.now() - Math.round(random() * 0.1 * paceOf(check).everyMs);
          options.onOutcome(name, outcome);
        });
        memory.set('last_done', lastDone);
      }
    } catch (thrown) {
      log.error({ reason: String(thrown) }, 'Could not run the heavy checks');
    } finally {
      running = false;
    }
    if (!stopped) timer = setTimeout(() => void tick(), heavyTickMs * (1 + random()));
  }

  return {
    start() {
      stopped = false;
      timer = setTimeout(() => void tick(), firstHeavyMs * (1 + random()));
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
    },
    clockSet(byMs) {
      for (const name in lastDone) lastDone[name] = (lastDone[name] as number) + byMs;
      memory.set('last_done', lastDone);
    },
  };
}
