/**
 * What waits for the second half of the road. Inputs gather while a batch is committed, and go on together: two reports
 * can never decide on the same alert at once, and thousands of endpoints that fall silent cost tens of commits.
 *
 * A batch that cannot be saved has not happened: memory is put back, and its inputs are tried again with what came
 * meanwhile, first one by one, so that a single bad one cannot hold up all others.
 */
import type { Log } from '../../shared/log.ts';
import type { Input } from './batch.ts';

export interface InputQueue {
  /** Resolves when what follows from the inputs is saved; rejects when it could not be saved now (it is tried again). */
  push(...inputs: Input[]): Promise<void>;
  /** Tries again what could not be saved. Resolves when that has been tried, and what was on its way is saved. */
  retry(): Promise<void>;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

interface Waiting {
  input: Input;
  /** It has failed before: tried alone from now on. */
  isSuspect: boolean;
  /** How often it has failed after something else went through. */
  failures: number;
  /** Batches that had gone through when it last failed. */
  savedBefore: number;
  done: ((error: unknown) => void) | null;
}

/** One batch must not hold the event loop for long. */
const batchAtMost = 100;
/** Inputs kept while the state cannot be written; of more, the oldest samples go: what still breaches comes again. */
const keptAtMost = 20_000;
/** An input that failed alone so often, while others went through, will not work the next time either. */
const failuresAtMost = 5;

/** @param run decides and commits one batch; throws when it was not saved, memory being as before */
export function createInputQueue(parts: { run(inputs: readonly Input[]): Promise<void>; log: Log }): InputQueue {
  let waiting: Waiting[] = [];
  let failed: Waiting[] = [];
  let running: Promise<void> = Promise.resolve();
  let isBusy = false;
  let saved = 0;

  async function drain(): Promise<void> {
    // One turn, so that what comes in together is saved together.
    await Promise.resolve();
    while (waiting.length > 0) {
      await attempt(waiting.splice(0, waiting[0]?.isSuspect ? 1 : batchAtMost));
      if (waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    isBusy = false;
  }

  async function attempt(batch: Waiting[]): Promise<void> {
    try {
      await parts.run(batch.map(({ input }) => input));
      saved++;
      for (const { done } of batch) done?.(undefined);
    } catch (thrown) {
      for (const one of batch) {
        one.done?.(thrown);
        one.done = null;
        if (saved > one.savedBefore && one.isSuspect) one.failures++;
        one.isSuspect = true;
        one.savedBefore = saved;
      }
      keepForLater(batch, thrown);
    }
  }

  function keepForLater(batch: readonly Waiting[], thrown: unknown): void {
    const [only, ...others] = batch;
    if (only && others.length === 0 && only.failures >= failuresAtMost) {
      parts.log.error({ err: thrown, input: only.input.type }, 'A change of alerts cannot be saved and is left out');
      return;
    }
    parts.log.error(
      { err: thrown, inputs: batch.length },
      'Changes of alerts could not be saved; they are tried again',
    );
    failed = latestOnly([...failed, ...batch]).slice(-keptAtMost);
  }

  function start(): void {
    if (isBusy || waiting.length === 0) return;
    isBusy = true;
    running = drain();
  }

  return {
    push(...inputs) {
      if (inputs.length === 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        let open = inputs.length;
        const done = (error: unknown) => {
          if (error !== undefined) reject(error);
          else if (--open === 0) resolve();
        };
        for (const input of inputs) waiting.push({ input, isSuspect: false, failures: 0, savedBefore: 0, done });
        // What failed before comes first: its order is part of what it means.
        if (failed.length > 0 && !isBusy) takeUp();
        start();
      });
    },
    async retry() {
      if (failed.length > 0 && !isBusy) {
        takeUp();
        start();
      }
      await running;
    },
    async settled() {
      while (isBusy) await running;
    },
    async stop() {
      while (isBusy) await running;
    },
  };

  function takeUp(): void {
    waiting = [...failed, ...waiting];
    failed = [];
  }
}

/** Of the samples about one instance only the newest says how things are. */
function latestOnly(all: readonly Waiting[]): Waiting[] {
  const newest = new Map<string, Waiting>();
  for (const one of all) if (one.input.type === 'sample') newest.set(one.input.sample.key, one);
  return all.filter((one) => one.input.type !== 'sample' || newest.get(one.input.sample.key) === one);
}
