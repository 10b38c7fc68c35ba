/**
 * The input queue of the second half of the pipeline. Inputs gather while a batch is committed, and go on together: two
 * reports never decide on the same alert at once, and thousands of endpoints that vanish at once cost tens of commits.
 *
 * A batch that cannot be saved has not happened: memory is put back, and its inputs are tried again with what came
 * meanwhile, first one by one, so that a single bad one cannot block all others. While nothing at all can be saved, a
 * try costs a few commits, however many inputs wait.
 */
import type { Log } from '../../shared/log.ts';
import type { Input } from './batch.ts';

export interface InputQueue {
  /** Resolves when the results of the inputs are saved; rejects when that failed for now (it is tried again). */
  push(...inputs: Input[]): Promise<void>;
  /** Tries again what could not be saved. Resolves when that has been tried, and what was on its way is saved. */
  retry(): Promise<void>;
  /** Resolves when nothing is on its way. */
  settled(): Promise<void>;
  stop(): Promise<void>;
}

interface QueuedInput {
  input: Input;
  /** It has failed before. */
  isSuspect: boolean;
  /** How often it has failed alone after another input was saved. */
  failures: number;
  /** Batches that had been saved when it last failed. */
  savedBefore: number;
  done: ((error: unknown) => void) | null;
}

/** One batch must not hold the event loop for long. */
const batchAtMost = 100;
/** Maximum inputs kept while the state cannot be written; beyond it the oldest samples go: a breach comes again. */
const keptAtMost = 20_000;
/** An input that failed alone this often, while others were saved, will not work the next time either. */
const failuresAtMost = 5;
/** After this many failures in a row the inputs are not the cause, and the others are not tried now. */
const failuresInRowAtMost = 20;

/** @param run decides and commits one batch; throws when it was not saved, memory being as before */
export function createInputQueue(parts: { run(inputs: readonly Input[]): Promise<void>; log: Log }): InputQueue {
  let waiting: QueuedInput[] = [];
  let failed: QueuedInput[] = [];
  let running: Promise<void> = Promise.resolve();
  let isBusy = false;
  let saved = 0;
  /** Logged once, and again when all is saved: a database that is away must not fill the log. */
  let troubled = false;

  async function drain(): Promise<void> {
    // One turn, so that what comes in together is saved together.
    await Promise.resolve();
    // Suspects are tried alone, and twice as many at a time after each that goes through.
    let together = 1;
    let failedInRow = 0;
    while (waiting.length > 0) {
      const firstNew = waiting.findIndex(({ isSuspect }) => !isSuspect);
      const suspects = firstNew < 0 ? waiting.length : firstNew;
      if (suspects > 0 && failedInRow >= failuresInRowAtMost) {
        failed.push(...waiting.splice(0, suspects));
        continue;
      }
      const batch = waiting.splice(0, suspects > 0 ? Math.min(together, suspects) : batchAtMost);
      const failure = await attempt(batch);
      together = failure ? 1 : Math.min(2 * together, batchAtMost);
      failedInRow = failure ? failedInRow + 1 : 0;
      if (failure && suspects > 0 && batch.length > 1) waiting.unshift(...batch);
      else if (failure) keepForLater(batch, failure.reason);
      if (waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    failed = worthKeeping(failed);
    if (troubled && failed.length === 0) {
      troubled = false;
      parts.log.info({}, 'Changes of alerts are saved again');
    }
    isBusy = false;
  }

  async function attempt(batch: readonly QueuedInput[]): Promise<{ reason: unknown } | null> {
    try {
      await parts.run(batch.map(({ input }) => input));
      saved++;
      for (const { done } of batch) done?.(undefined);
      return null;
    } catch (thrown) {
      for (const one of batch) {
        one.done?.(thrown);
        one.done = null;
        if (batch.length === 1 && saved > one.savedBefore && one.isSuspect) one.failures++;
        one.isSuspect = true;
        if (batch.length === 1) one.savedBefore = saved;
      }
      return { reason: thrown };
    }
  }

  function keepForLater(batch: readonly QueuedInput[], thrown: unknown): void {
    const [only] = batch;
    if (only && batch.length === 1 && only.failures >= failuresAtMost) {
      parts.log.error({ err: thrown, input: only.input.type }, 'Could not save a change of alerts; it is dropped');
      return;
    }
    if (!troubled) {
      const values = { err: thrown, inputs: batch.length };
      parts.log.error(values, 'Could not save changes of alerts; they are kept and tried again');
    }
    troubled = true;
    failed.push(...batch);
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

/** Of samples about one instance, and of presence inputs of one endpoint, only the newest counts. */
function worthKeeping(all: readonly QueuedInput[]): QueuedInput[] {
  const subjects = new Set<string>();
  const kept = all.toReversed().filter(({ input }) => {
    const subject = subjectOf(input);
    if (subject === null) return true;
    return !subjects.has(subject) && subjects.add(subject);
  });
  let excess = kept.length - keptAtMost;
  return kept.reverse().filter(({ input }) => input.type !== 'sample' || excess-- <= 0);
}

/** Null: each of these counts. */
function subjectOf(input: Input): string | null {
  if (input.type === 'sample') return `sample ${input.sample.key}`;
  if (input.type === 'presence') return `presence ${input.endpoint}`;
  return input.type === 'time' ? 'time' : null;
}
