/**
 * What the agent publishes about itself and its machine when it connects, so that the cause of the gap before is known:
 * another process on the same boot, an orderly restart or not, sleep, or a time in which nothing ran here.
 */

import { uptime } from 'node:os';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Online } from '../shared/presence.ts';
import { type Reason, reason } from '../shared/reason.ts';
import type { CheckContext } from './checks/check.ts';
import type { AgentMemory } from './memory.ts';
import { keepBootId, type RememberedRun, readBootId } from './platform/boot.ts';
import { type ClockGap, createGaps, type Gap } from './platform/gap.ts';
import type { Shutdown } from './platform/shutdown.ts';

interface LastSession extends RememberedRun {
  ended?: boolean;
  previous?: unknown;
}

export interface AgentBirth {
  readonly bootId: string;
  /** ms UTC */
  readonly startedAt: number;
  /** Remembers that this session runs: from here on its end counts as unclean until `end`. */
  begin(): void;
  end(): void;
  /** Asks the system how the machine went down, where it was started anew since. True when the facts have changed. */
  lookBack(): Promise<boolean>;
  /**
   * This process did not run for a while, or the wall clock diverged from the monotonic clock. True when the collector
   * should know.
   * @param onClockSet by how much the clock was set forward (or back: negative), ms
   */
  recordGap(gap: ClockGap, onClockSet?: (ms: number) => void): Promise<boolean>;
  /** For a day: the clock was set. */
  clockNote(): Reason | null;
  facts(): Partial<Online> & Shutdown;
  /** The collector has these facts: gaps among them need not be published again. */
  delivered(facts: Partial<Online>): void;
}

const none = { sleptMs: 0, stoodStillMs: 0, stalled: null as boolean | null };
/** Shorter gaps are within the time that one sign of life covers. */
const worthMs = 10_000;
const secondsOf = (ms: number) => Math.round(ms / 1000);

/** How the agent's last session ended: the only evidence where no record shows how the machine went down. */
function shutdownOfLastSession(last: LastSession | undefined): Shutdown {
  if (last === undefined) return { previous_shutdown: 'unknown' };
  return { previous_shutdown: last.ended ? 'clean' : 'unclean', shutdown_source: 'agent' };
}

export function createBirth(parts: { memory: AgentMemory; clock: Clock; log: Log; context: CheckContext }): AgentBirth {
  const { memory, clock, log, context } = parts;
  const startedAt = Math.round(clock.now());
  const last = memory.get('session') as LastSession | undefined;
  const bootId = keepBootId(readBootId(), last, startedAt, uptime());
  // How the run of the machine before this one ended stays known until the next one: the os check counts it.
  const previous = last?.boot_id === bootId ? last.previous : last && { boot_id: last.boot_id, ended: last.ended };
  const run = { boot_id: bootId, previous, at: startedAt, uptime: uptime() };
  const gaps = createGaps(context);
  let shutdown = shutdownOfLastSession(last);
  let unpublished = none;
  let clockSet: { at: number; why: Reason } | null = null;

  function logGap(found: Gap): void {
    const { sleptMs, stoodStillMs, setMs, stalled } = found;
    if (sleptMs >= worthMs) log.info({ seconds: secondsOf(sleptMs) }, 'The machine slept');
    if (stoodStillMs >= worthMs)
      log.warn({ seconds: secondsOf(stoodStillMs), stalled }, 'The agent stood still while the machine was awake');
    if (Math.abs(setMs) < worthMs) return;
    const way = setMs > 0 ? 'forward' : 'back';
    const seconds = secondsOf(Math.abs(setMs));
    log.warn({ seconds }, `The clock of this machine was set ${way}`);
    const now = clock.now();
    clockSet = { at: now, why: reason(`clock_set_${way}`, { by_s: seconds, set_at: now }) };
  }

  return {
    bootId,
    startedAt,
    begin: () => memory.set('session', { ...run, ended: false }),
    end: () => memory.set('session', { ...run, ended: true }),
    async lookBack() {
      if (last?.boot_id === undefined || last.boot_id === bootId) return false;
      // Needed at one start in many: not loaded at the others.
      const { readShutdown } = await import('./platform/shutdown.ts');
      const bootedAt = startedAt - run.uptime * 1000;
      const found = await readShutdown(context, {
        bootId: last.boot_id,
        seenAt: last.at ?? bootedAt - 86_400_000,
        bootedAt,
        now: startedAt,
      });
      if (found === null) return false;
      log.info({ ...found }, 'How the machine last shut down');
      shutdown = found;
      return true;
    },
    async recordGap(gap, onClockSet) {
      const found = await gaps.explain(gap, clock.now());
      logGap(found);
      if (Math.abs(found.setMs) >= worthMs) onClockSet?.(Math.round(found.setMs));
      if (found.sleptMs < worthMs && found.stoodStillMs < worthMs) return false;
      unpublished = {
        sleptMs: unpublished.sleptMs + found.sleptMs,
        stoodStillMs: unpublished.stoodStillMs + found.stoodStillMs,
        stalled: found.stalled ?? unpublished.stalled,
      };
      return true;
    },
    clockNote: () => (clockSet !== null && clock.now() - clockSet.at < 86_400_000 ? clockSet.why : null),
    facts: () => ({
      ...shutdown,
      uptime_s: Math.round(uptime()),
      slept_s: secondsOf(unpublished.sleptMs),
      stood_still_s: secondsOf(unpublished.stoodStillMs),
      ...(unpublished.stalled === null ? {} : { stalled: unpublished.stalled }),
    }),
    delivered({ slept_s = 0, stood_still_s = 0 }) {
      const sleptMs = Math.max(0, unpublished.sleptMs - slept_s * 1000);
      const stoodStillMs = Math.max(0, unpublished.stoodStillMs - stood_still_s * 1000);
      unpublished = sleptMs < worthMs && stoodStillMs < worthMs ? none : { ...unpublished, sleptMs, stoodStillMs };
    },
  };
}
