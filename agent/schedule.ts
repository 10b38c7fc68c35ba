/**
 * The runner: when each check runs, how long it may take, what happens when it fails. Checks do not depend on it.
 *
 * The fast loop ticks on a self-correcting timer and makes one report per tick. Heavy checks have a loop of their own
 * (heavy-loop.ts).
 */

import type { CheckState, SectionName } from '../shared/inventory.ts';
import type { AgentConfig, Metric } from '../shared/report.ts';
import { attempt, type CheckOutcome } from './attempt.ts';
import type { Check, CheckContext } from './checks/check.ts';
import { createHeavyLoop, type HeavyLoopOptions } from './heavy-loop.ts';
import { intervalOf, merge, type Pace, paceOf, stepOf } from './intervals.ts';
import { createOutcomes } from './outcomes.ts';

export interface RunnerOptions
  extends Pick<HeavyLoopOptions, 'checks' | 'clock' | 'log' | 'memory' | 'runHeavy' | 'isOnBattery'> {
  context: CheckContext;
  onMetrics(metrics: Metric[], intervalMs: number): void;
  onSections(check: string, found: Partial<Record<SectionName, unknown>>): void;
  /**
   * The wall clock moved this much further than the monotonic clock (or back: negative): the machine slept, or its
   * clock was set.
   */
  onResume(jumpMs: number): void;
  /** A tick came so much later than planned, by the monotonic clock: nothing of this process ran meanwhile. */
  onLate?(lateMs: number): void;
  local: AgentConfig | null;
  random?: () => number;
  /** Seconds since the machine started. */
  uptime?: () => number;
}

export interface Runner {
  start(): void;
  stop(): void;
  /** New settings of the collector; null takes them back. */
  apply(config: AgentConfig | null): void;
  intervalMs(): number;
  states(): CheckState[];
  /** The wall clock was set by so much, ms: what was done at a time of the old one was done so much later (or earlier). */
  clockSet(byMs: number): void;
  /** Largest delay of a tick since the last call, in ms. */
  takeLateMs(): number;
}

/** How long a report waits for a slow check; what comes later goes with the next report. */
const graceMs = 1000;
/**
 * First reading at once; the second, which gives the first shares, soon after, so that a new endpoint appears quickly.
 */
const secondTickMs = 2000;
/** Smaller steps of the wall clock are corrections as time services make them. */
const jumpedMs = 20_000;
/** Time without a report after which a server counts as lost. */
const stoodStillMs = 10_000;
interface LightSlot {
  check: Check;
  /** Monotonic, ms. */
  nextAt: number;
  running: boolean;
}

/**
 * When the next tick comes. It is counted from the first, so that a late one does not shift those after it. All in ms,
 * monotonic.
 * @param ticks how many there have been, this one included
 * @param plannedAt when this one was planned
 */
export function nextTickAt(
  ticks: number,
  plannedAt: number,
  { startedAt, now, step, random }: { startedAt: number; now: number; step: number; random: number },
): number {
  let next = plannedAt + step;
  if (ticks === 1) next = startedAt + secondTickMs;
  // The first whole step begins at a random moment, so that a fleet started at once does not report at once.
  if (ticks === 2) next = startedAt + step * (0.2 + 0.8 * random);
  return next < now ? next + Math.ceil((now - next) / step) * step : next;
}

/** Resolves when all have ended, or after the grace period. */
async function allOrLate(running: readonly Promise<void>[], limitMs: number): Promise<void> {
  let turn: NodeJS.Immediate | undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    // In the next turn, as in attempt.ts: mostly all have ended by then.
    turn = setImmediate(() => {
      timer = setTimeout(resolve, limitMs);
    });
  });
  await Promise.race([Promise.all(running), late]);
  clearImmediate(turn);
  clearTimeout(timer);
}

export function createRunner(options: RunnerOptions): Runner {
  const { checks, clock, context, log, memory, runHeavy, isOnBattery } = options;
  const random = options.random ?? Math.random;
  const uptime = options.uptime ?? (() => Number.POSITIVE_INFINITY);
  const light = checks
    .filter((check) => !check.heavy)
    .map((check): LightSlot => ({ check, nextAt: 0, running: false }));
  const outcomes = createOutcomes(
    checks.map(({ name }) => name),
    { clock, log },
  );
  let config = merge(options.local);
  let step = stepOf(checks, config);
  let { paces, off } = pacesOf();
  let plannedAt = 0;
  let ticks = 0;
  let maxLateMs = 0;
  let timer: NodeJS.Timeout | null = null;
  let stopped = true;
  let lastTick = { wall: clock.now(), monotonic: clock.monotonic() };
  const heavyLoop = createHeavyLoop({
    checks: checks.filter((check) => check.heavy),
    ...{ clock, log, memory, runHeavy, isOnBattery, random, uptime },
    paceOf: (check) => paceOf(check, config),
    onOutcome: record,
  });

  /** Of light checks, and which of all are off: reckoned when settings change, and asked in each cycle. */
  function pacesOf(): { paces: Pace[]; off: Check[] } {
    return {
      paces: light.map(({ check }) => paceOf(check, config)),
      off: checks.filter((check) => !paceOf(check, config).enabled),
    };
  }

  function record(check: string, outcome: CheckOutcome): void {
    outcomes.record(check, outcome);
    if (outcome.status === 'ok' && outcome.findings.sections) options.onSections(check, outcome.findings.sections);
  }

  async function runLight(slot: LightSlot, everyMs: number): Promise<void> {
    slot.running = true;
    const limit = Math.min(60_000, Math.max(5000, everyMs));
    const outcome = await attempt(slot.check, context, limit);
    slot.running = false;
    if (!stopped) record(slot.check.name, outcome);
  }

  /** Whoever reads that a check found nothing must see that it was not asked, and who decided that. */
  function recordOff(): void {
    for (const { name } of off) outcomes.recordOff(name, options.local?.checks?.[name]?.enabled === false);
  }

  /** Starts those whose time has come; half a step early counts, or rounding would skip every second turn. */
  function startDue(now: number): Promise<void>[] {
    return light.flatMap((slot, i) => {
      const { enabled, everyMs } = paces[i] as Pace;
      if (!enabled || slot.running || now < slot.nextAt - step / 2) return [];
      slot.nextAt = Math.max(slot.nextAt + everyMs, now + step / 2);
      return [runLight(slot, everyMs)];
    });
  }

  async function tick(): Promise<void> {
    timer = null;
    const startedAt = clock.monotonic();
    compareClocks(startedAt);
    const lateMs = ticks > 0 ? startedAt - plannedAt : 0;
    if (ticks > 1) maxLateMs = Math.max(maxLateMs, lateMs);
    if (lateMs > stoodStillMs) options.onLate?.(lateMs);
    recordOff();
    const due = startDue(startedAt);
    if (due.length > 0) await allOrLate(due, Math.min(graceMs, step / 2));
    if (stopped) return;
    const metrics = outcomes.takeMetrics();
    if (metrics.length > 0) options.onMetrics(metrics, step);
    const changed = ticks > 0 ? outcomes.takeChangedStates() : null;
    if (changed) options.onSections('runner', { checks: changed });
    planNext(startedAt);
  }

  function planNext(startedAt: number): void {
    ticks += 1;
    plannedAt = nextTickAt(ticks, plannedAt, { startedAt, now: clock.monotonic(), step, random: random() });
    if (ticks <= 2) for (const slot of light) if (slot.check.every <= 10_000) slot.nextAt = plannedAt;
    timer = setTimeout(() => void tick(), plannedAt - clock.monotonic());
  }

  function compareClocks(monotonic: number): void {
    const wall = clock.now();
    const jump = wall - lastTick.wall - (monotonic - lastTick.monotonic);
    lastTick = { wall, monotonic };
    if (Math.abs(jump) > jumpedMs) options.onResume(jump);
  }

  return {
    start() {
      stopped = false;
      lastTick = { wall: clock.now(), monotonic: clock.monotonic() };
      void tick();
      heavyLoop.start();
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      heavyLoop.stop();
    },
    apply(remote) {
      config = merge(remote, options.local);
      step = stepOf(checks, config);
      ({ paces, off } = pacesOf());
      const now = clock.monotonic();
      for (const slot of light) slot.nextAt = Math.min(slot.nextAt, now + paceOf(slot.check, config).everyMs);
      // A shorter step must not wait for the end of a longer one. Never while a tick runs: it plans the next itself.
      if (timer && ticks > 2 && plannedAt - now > step) {
        clearTimeout(timer);
        plannedAt = now + step;
        timer = setTimeout(() => void tick(), step);
      }
    },
    intervalMs: () => intervalOf(config),
    states: outcomes.states,
    clockSet: heavyLoop.clockSet,
    takeLateMs() {
      const late = maxLateMs;
      maxLateMs = 0;
      return late;
    },
  };
}
