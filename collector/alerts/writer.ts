/**
 * The one writer of alerts: changes wait in a queue, are decided one after the other and saved many at a time. Two
 * reports can so never decide on the same alert at once, and a storm costs tens of transactions, not thousands.
 */
import type { Log } from '../../shared/log.ts';
import type { Action } from '../tickets/policy.ts';
import type { Change } from './save.ts';

/** What a batch of jobs has decided, to be saved together. */
export interface Plan {
  changes: Change[];
  actions: Action[];
}

export interface Writer {
  /** Resolves when what the job has planned is saved; rejects when it could not be. */
  enqueue(job: (plan: Plan) => void): Promise<void>;
  /** A save has failed, and memory is not to be trusted until the next job has read it back. */
  isStale(): boolean;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
}

/** A storm must not hold the database for long. */
const batchAtMost = 200;

/**
 * @param save in one transaction, then tells
 * @param reload reads memory back from state, after a save has failed
 */
export function createWriter(parts: { save(plan: Plan): Promise<void>; reload(): Promise<void>; log: Log }): Writer {
  const queue: { run(plan: Plan): void; done(error: unknown): void }[] = [];
  let running: Promise<void> = Promise.resolve();
  let busy = false;
  let stale = false;

  async function drain(): Promise<void> {
    // One turn, so that what comes in together is saved together.
    await Promise.resolve();
    while (queue.length > 0) {
      const batch = queue.splice(0, batchAtMost);
      const error = await attempt(batch);
      for (const job of batch) job.done(error);
    }
    busy = false;
  }

  async function attempt(batch: readonly { run(plan: Plan): void }[]): Promise<unknown> {
    try {
      if (stale) await parts.reload();
      stale = false;
      const plan: Plan = { changes: [], actions: [] };
      for (const job of batch) job.run(plan);
      if (plan.changes.length > 0 || plan.actions.length > 0) await parts.save(plan);
      return undefined;
    } catch (thrown) {
      // Memory is ahead of what was saved: before the next batch it is read back.
      stale = true;
      // What still breaches comes again with the next report, and what is due with the next tick.
      parts.log.error({ err: thrown }, 'changes of alerts could not be saved');
      return thrown;
    }
  }

  return {
    enqueue(run) {
      return new Promise((resolve, reject) => {
        queue.push({ run, done: (error) => (error === undefined ? resolve() : reject(error)) });
        if (busy) return;
        busy = true;
        running = drain();
      });
    },
    isStale: () => stale,
    async settled() {
      while (busy) await running;
    },
  };
}
