/**
 * The runner: when each check runs, how long it may take, what happens when it fails. Checks do not depend on it.
 *
 * Two lanes. The fast lane ticks on a self-correcting timer (the next tick is counted from the first, so a late one
 * does not shift those after it) and makes one report per tick. The heavy lane runs one check after the other, outside
 * of this process, when "last done" is longer ago than its interval: a missed run is caught up, whatever the reason.
 */

import type { Clock } from '../shared/clock.ts';
import type { CheckState, SectionName } from '../shared/inventory.ts';
import type { Log } from '../shared/log.ts';
import { reason, reasonsInLog } from '../shared/reason.ts';
import type { AgentConfig, Metric } from '../shared/report.ts';
import { attempt, type CheckOutcome } from './attempt.ts';
import type { Check, CheckContext } from './checks/check.ts';
import { intervalOf, merge, paceOf, stepOf } from './intervals.ts';
import type { AgentMemory } from './memory.ts';

export interface RunnerOptions {
  checks: readonly Check[];
  context: CheckContext;
  clock: Clock;
  log: Log;
  memory: AgentMemory;
  /** Runs heavy checks, one after the other, and reports each outcome as it comes. */
  runHeavy(names: readonly string[], told: (name: string, outcome: CheckOutcome) => void): Promise<void>;
  /** True: no heavy check may start now. */
  sparing(): Promise<boolean>;
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
/** Each outcome is itself a metric: immediately when it changes, else once per minute. */
const outcomeEveryMs = 60_000;
const firstHeavyMs = 5000;
const heavyTickMs = 30_000;
/** During boot and log-in no heavy check uses the disk. */
const quietAfterBootS = 300;
/** Smaller steps of the wall clock are corrections as time services make them. */
const jumpedMs = 20_000;
/** Time without a report after which a server counts as lost. */
const stoodStillMs = 10_000;
/** On battery heavy checks wait, but not for ever: a laptop may never see mains while it is awake. */
const patience = 3;

interface Slot {
  check: Check;
  nextAt: number;
  running: boolean;
  state: CheckState | null;
  toldAt: number;
}

export function createRunner(options: RunnerOptions): Runner {
  const { clock, context, log, memory } = options;
  const random = options.random ?? Math.random;
  const uptime = options.uptime ?? (() => Number.POSITIVE_INFINITY);
  const slots = options.checks.map((check): Slot => ({ check, nextAt: 0, running: false, state: null, toldAt: 0 }));
  const light = slots.filter((slot) => !slot.check.heavy);
  const heavy = slots.filter((slot) => slot.check.heavy);
  const lastDone = (memory.get('last_done') ?? {}) as Record<string, number>;
  let config = merge(options.local);
  let step = stepOf(options.checks, config);
  let waiting: Metric[] = [];
  let plannedAt = 0;
  let ticks = 0;
  let lateMs = 0;
  let statesChanged = false;
  let timer: NodeJS.Timeout | null = null;
  let heavyTimer: NodeJS.Timeout | null = null;
  let heavyRunning = false;
  let stopped = true;
  let seen = { wall: clock.now(), line: clock.monotonic() };

  function settle(slot: Slot, outcome: CheckOutcome): void {
    const { name } = slot.check;
    const reasons = outcome.status === 'ok' ? (outcome.findings.note ?? null) : outcome.reasons;
    const before = slot.state;
    const same = before?.status === outcome.status && JSON.stringify(before.reason) === JSON.stringify(reasons);
    if (!same) {
      slot.state = { check: name, status: outcome.status, reason: reasons, at: clock.now() };
      statesChanged = true;
    }
    if (outcome.status === 'failed' && before?.status !== 'failed')
      log.warn({ check: name, reason: reasonsInLog(outcome.reasons) }, 'A check failed');
    if (outcome.status === 'ok') {
      waiting.push(...(outcome.findings.metrics ?? []));
      if (outcome.findings.sections) options.onSections(name, outcome.findings.sections);
    }
    if (before?.status === outcome.status && clock.monotonic() - slot.toldAt < outcomeEveryMs) return;
    slot.toldAt = clock.monotonic();
    const fields = { ok: outcome.status === 'failed' ? 0 : 1, duration: outcome.ms };
    waiting.push({ name: 'check', tags: { check: name }, fields, timestamp: clock.now() });
  }

  async function runLight(slot: Slot, everyMs: number): Promise<void> {
    slot.running = true;
    const limit = Math.min(60_000, Math.max(5000, everyMs));
    const outcome = await attempt(slot.check, context, limit);
    slot.running = false;
    if (!stopped) settle(slot, outcome);
  }

  function switchOff(slot: Slot): void {
    if (slot.state?.status === 'off') return;
    slot.state = { check: slot.check.name, status: 'off', reason: [reason('switched_off')], at: clock.now() };
    statesChanged = true;
  }

  /** Those whose time has come; half a step early counts, or rounding would make every second turn. */
  function takeDue(now: number): Promise<void>[] {
    return light.flatMap((slot) => {
      const { enabled, everyMs } = paceOf(slot.check, config);
      if (!enabled) {
        switchOff(slot);
        return [];
      }
      if (slot.running || now < slot.nextAt - step / 2) return [];
      slot.nextAt = Math.max(slot.nextAt + everyMs, now + step / 2);
      return [runLight(slot, everyMs)];
    });
  }

  async function tick(): Promise<void> {
    timer = null;
    const now = clock.monotonic();
    noticeSleep(now);
    const late = ticks > 0 ? now - plannedAt : 0;
    if (ticks > 1) lateMs = Math.max(lateMs, late);
    if (late > stoodStillMs) options.onLate?.(late);
    const due = takeDue(now);
    if (due.length > 0) {
      let turn: NodeJS.Immediate | undefined;
      let grace: NodeJS.Timeout | undefined;
      const patienceEnds = new Promise<void>((resolve) => {
        // In the next turn, as in attempt.ts: mostly all have ended by then.
        turn = setImmediate(() => {
          grace = setTimeout(resolve, Math.min(graceMs, step / 2));
        });
      });
      await Promise.race([Promise.all(due), patienceEnds]);
      clearImmediate(turn);
      clearTimeout(grace);
    }
    if (stopped) return;
    flush();
    if (ticks > 0 && statesChanged) {
      statesChanged = false;
      options.onSections('runner', { checks: states() });
    }
    planNext(now);
  }

  function flush(): void {
    if (waiting.length === 0) return;
    const metrics = waiting;
    waiting = [];
    options.onMetrics(metrics, step);
  }

  function planNext(now: number): void {
    ticks += 1;
    // The first whole step begins at a random moment, so that a fleet started at once does not report at once.
    if (ticks === 1) plannedAt = now + secondTickMs;
    else if (ticks === 2) plannedAt = now + step * (0.2 + 0.8 * random());
    else plannedAt += step;
    if (plannedAt < clock.monotonic()) plannedAt += Math.ceil((clock.monotonic() - plannedAt) / step) * step;
    if (ticks <= 2) for (const slot of light) if (slot.check.every <= 10_000) slot.nextAt = plannedAt;
    timer = setTimeout(() => void tick(), plannedAt - clock.monotonic());
  }

  function noticeSleep(line: number): void {
    const wall = clock.now();
    const jump = wall - seen.wall - (line - seen.line);
    seen = { wall, line };
    if (Math.abs(jump) > jumpedMs) options.onResume(jump);
  }

  async function isDue(slot: Slot, sparing: boolean): Promise<boolean> {
    const { enabled, everyMs } = paceOf(slot.check, config);
    if (!enabled) return false;
    const done = lastDone[slot.check.name];
    if (done === undefined) return true;
    // A last time in the future comes from a clock that was set back: it would otherwise wait for days.
    const since = clock.now() < done ? Number.POSITIVE_INFINITY : clock.now() - done;
    if (since < everyMs || uptime() < quietAfterBootS) return false;
    return !sparing || since >= patience * everyMs;
  }

  async function heavyTick(): Promise<void> {
    if (heavyRunning || stopped) return;
    heavyRunning = true;
    try {
      const sparing = heavy.length > 0 && (await options.sparing());
      const due: Slot[] = [];
      for (const slot of heavy) if (await isDue(slot, sparing)) due.push(slot);
      if (due.length > 0 && !stopped) {
        const byName = new Map(due.map((slot) => [slot.check.name, slot]));
        await options.runHeavy([...byName.keys()], (name, outcome) => {
          const slot = byName.get(name);
          if (!slot || stopped) return;
          // A little earlier or later each time: a fleet that was installed at once drifts apart.
          lastDone[name] = clock.now() - Math.round(random() * 0.1 * paceOf(slot.check, config).everyMs);
          settle(slot, outcome);
        });
        memory.set('last_done', lastDone);
      }
    } catch (thrown) {
      log.error({ reason: String(thrown) }, 'Could not run the heavy checks');
    } finally {
      heavyRunning = false;
    }
    if (!stopped) heavyTimer = setTimeout(() => void heavyTick(), heavyTickMs * (1 + random()));
  }

  function states(): CheckState[] {
    return slots.flatMap((slot) => (slot.state ? [slot.state] : []));
  }

  return {
    start() {
      stopped = false;
      seen = { wall: clock.now(), line: clock.monotonic() };
      void tick();
      heavyTimer = setTimeout(() => void heavyTick(), firstHeavyMs * (1 + random()));
    },
    stop() {
      stopped = true;
      if (timer) clearTimeout(timer);
      if (heavyTimer) clearTimeout(heavyTimer);
    },
    apply(remote) {
      config = merge(remote, options.local);
      step = stepOf(options.checks, config);
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
    states,
    clockSet(byMs) {
      for (const name in lastDone) lastDone[name] = (lastDone[name] as number) + byMs;
      memory.set('last_done', lastDone);
    },
    takeLateMs() {
      const late = lateMs;
      lateMs = 0;
      return late;
    },
  };
}
