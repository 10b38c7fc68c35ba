/** A context for trying a check: the agent's real runner of programs, a memory of its own, a clock that can be set. */
import type { CheckContext } from '../../agent/checks/check.ts';
import { run } from '../../agent/run.ts';
import { silentLog } from '../../shared/log.ts';

export interface TrialContext extends CheckContext {
  remembered: Map<string, unknown>;
  /** ms added to the real wall clock. */
  shift: number;
}

export function trialContext(change: Partial<CheckContext> = {}): TrialContext {
  const remembered = new Map<string, unknown>();
  const context: TrialContext = {
    clock: { now: () => Date.now() + context.shift, monotonic: () => performance.now() + context.shift },
    log: silentLog,
    platform: process.platform,
    root: '',
    memory: {
      get: (key) => remembered.get(key),
      // As on disk: what cannot be written as JSON does not come back.
      set: (key, value) => remembered.set(key, JSON.parse(JSON.stringify(value))),
    },
    run,
    remembered,
    shift: 0,
    ...change,
  };
  return context;
}
