/** Drives the worker's housekeeping and makes each of its steps durable before it counts. */
import type { Clock } from '../../../shared/clock.ts';
import { type EvenkeelError, fail, reasonOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { JournalTail } from '../backend.ts';
import type { SeriesRetention } from '../span.ts';
import type { Plan } from './messages.ts';
import type { Segment } from './plan.ts';
import type { SegmentTable } from './segment-table.ts';
import type { WorkerClient } from './worker-client.ts';

export interface UpkeepParts {
  client: WorkerClient;
  journal: JournalTail;
  table: SegmentTable;
  clock: Clock;
  log: Log;
  retention: SeriesRetention;
  /** See `EmbeddedSettings`. */
  gatherMs: number;
  /** While this returns a problem, no work is started: it could only fail. */
  problem: () => EvenkeelError | null;
  /** The manifest has changed for good. */
  installed(plan: Plan): void;
}

export interface Upkeep {
  /** Compacts, drops, and lets the next merge begin. Calls while it runs join it. */
  run(): Promise<void>;
  /** The same, and waits for merges until none is due. */
  runAll(): Promise<void>;
  /** What waits becomes segments, and then none has rows of these endpoints any more. @throws what prevents it */
  erase(endpoints: readonly number[]): Promise<void>;
  /** Starts nothing new. A step that is running may fail from now on, without being reported. */
  stop(): void;
  settled(): Promise<void>;
  readonly trouble: string | null;
  readonly lastAt: number | null;
}

export function createUpkeep(parts: UpkeepParts): Upkeep {
  const { client, journal, table, clock, log, retention } = parts;
  let running: Promise<void> | null = null;
  let trouble: string | null = null;
  let lastAt: number | null = null;
  let stopped = false;

  const work = async (wait: boolean) => {
    // Without an end, a busy collector would keep compacting what arrived in the last second.
    const upTo = journal.lastBlock;
    while (!stopped) {
      const gatherMs = wait ? 0 : parts.gatherMs;
      const plan = await client.ask('step', { now: clock.now(), retention, upTo, gatherMs, wait });
      if (!plan) break;
      await apply(plan);
    }
  };
  const apply = async (plan: Plan) => {
    await makeDurable(plan);
    parts.installed(plan);
    await client.ask('install', { durable: true });
  };
  const rewrite = async (endpoints: readonly number[]) => {
    // Waits for merges, which must not run meanwhile.
    await work(true);
    for (let after = 0; !stopped; ) {
      const plan = await client.ask('erase', { endpoints, after });
      if (!plan) return;
      await apply(plan);
      after = plan.removed[0]?.id ?? after;
    }
    throw fail('CONFLICT', { problem: 'the collector is stopping' });
  };
  const makeDurable = async (plan: Plan) => {
    try {
      await journal.advance(plan.through, () => table.change(plan));
    } catch (thrown) {
      await client.ask('install', { durable: false });
      throw thrown;
    }
  };
  const guarded = async (wait: boolean) => {
    try {
      await work(wait);
      if (trouble !== null) log.info({ was: trouble }, 'Compaction of the series works again');
      trouble = null;
      lastAt = clock.now();
    } catch (thrown) {
      if (stopped) return;
      const reason = reasonOf(thrown);
      // Once: the reason names another file each time.
      if (trouble === null) log.error({ reason }, 'Compaction of the series failed; tried again');
      trouble = reason;
    } finally {
      running = null;
    }
  };

  return {
    run() {
      if (!stopped && parts.problem() === null) running ??= guarded(false);
      return running ?? Promise.resolve();
    },
    async runAll() {
      await running;
      if (!stopped && parts.problem() === null) running ??= guarded(true);
      await running;
    },
    async erase(endpoints) {
      while (running !== null) await running;
      const problem = parts.problem();
      if (problem) throw problem;
      const erasing = rewrite(endpoints);
      running = erasing
        .catch(() => undefined)
        .finally(() => {
          running = null;
        });
      await erasing;
    },
    stop() {
      stopped = true;
    },
    settled: () => running ?? Promise.resolve(),
    get trouble() {
      return trouble;
    },
    get lastAt() {
      return lastAt;
    },
  };
}

/** The store's copy of the manifest: for statistics, and for a worker that is restarted. */
export function applyPlan(segments: readonly Segment[], plan: Pick<Plan, 'added' | 'removed'>): Segment[] {
  const gone = new Set(plan.removed.map(({ id }) => id));
  return [...segments.filter(({ id }) => !gone.has(id)), ...plan.added];
}
