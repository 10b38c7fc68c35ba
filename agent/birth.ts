/**
 * What the agent says of itself and its machine when it signs on, so that a gap before it can be told: another process on
 * the same run of the machine, a restart in order or not, sleep, or a time in which nothing here ran.
 */
import { uptime } from 'node:os';
import type { Clock } from '../shared/clock.ts';
import type { Log } from '../shared/log.ts';
import type { Online } from '../shared/presence.ts';
import type { CheckContext } from './checks/check.ts';
import type { Memory } from './memory.ts';
import { keepBootId, type RememberedRun, readBootId } from './platform/boot.ts';
import { createGaps, type Gap, type Noticed } from './platform/gap.ts';
import type { Shutdown } from './platform/shutdown.ts';

interface LastSession extends RememberedRun {
  ended?: boolean;
  previous?: unknown;
}

export interface Birth {
  readonly bootId: string;
  /** ms UTC */
  readonly startedAt: number;
  /** Remembers that this session runs: from here on its end counts as unclean until `end`. */
  begin(): void;
  end(): void;
  /** Asks the system how the machine went down, where it was started anew since. True when the facts have changed. */
  lookBack(): Promise<boolean>;
  /** Nothing of this process ran for a while. True when that is worth saying. */
  noticed(gap: Noticed): Promise<boolean>;
  facts(): Partial<Online> & Shutdown;
  /** The collector has these facts: gaps among them need not be said again. */
  delivered(facts: Partial<Online>): void;
}

const none: Gap = { sleptMs: 0, stoodStillMs: 0, stalled: null };
/** What is shorter is within the time for which a proof of life is good. */
const worthMs = 10_000;
const secondsOf = (ms: number) => Math.round(ms / 1000);

/** How the agent's last session ended: all that is known where nobody saw how the machine ended. */
function ownWord(last: LastSession | undefined): Shutdown {
  if (last === undefined) return { previous_shutdown: 'unknown' };
  return { previous_shutdown: last.ended ? 'clean' : 'unclean', shutdown_source: 'agent' };
}

export function createBirth(parts: { memory: Memory; clock: Clock; log: Log; context: CheckContext }): Birth {
  const { memory, clock, log, context } = parts;
  const startedAt = Math.round(clock.now());
  const last = memory.get('session') as LastSession | undefined;
  const bootId = keepBootId(readBootId(), last, startedAt, uptime());
  // How the run of the machine before this one ended stays known until the next one: the os check counts it.
  const previous = last?.boot_id === bootId ? last.previous : last && { boot_id: last.boot_id, ended: last.ended };
  const run = { boot_id: bootId, previous, at: startedAt, uptime: uptime() };
  const gaps = createGaps(context);
  let shutdown = ownWord(last);
  let untold = none;

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
      log.info({ ...found }, 'How the machine went down before.');
      shutdown = found;
      return true;
    },
    async noticed(gap) {
      const found = await gaps.explain(gap, clock.now());
      if (found.sleptMs < worthMs && found.stoodStillMs < worthMs) return false;
      log.info(
        { slept_s: secondsOf(found.sleptMs), stood_still_s: secondsOf(found.stoodStillMs), stalled: found.stalled },
        'The machine slept, or nothing of the agent ran.',
      );
      untold = {
        sleptMs: untold.sleptMs + found.sleptMs,
        stoodStillMs: untold.stoodStillMs + found.stoodStillMs,
        stalled: found.stalled ?? untold.stalled,
      };
      return true;
    },
    facts: () => ({
      ...shutdown,
      uptime_s: Math.round(uptime()),
      slept_s: secondsOf(untold.sleptMs),
      stood_still_s: secondsOf(untold.stoodStillMs),
      ...(untold.stalled === null ? {} : { stalled: untold.stalled }),
    }),
    delivered({ slept_s = 0, stood_still_s = 0 }) {
      const sleptMs = Math.max(0, untold.sleptMs - slept_s * 1000);
      const stoodStillMs = Math.max(0, untold.stoodStillMs - stood_still_s * 1000);
      untold = sleptMs < worthMs && stoodStillMs < worthMs ? none : { ...untold, sleptMs, stoodStillMs };
    },
  };
}
