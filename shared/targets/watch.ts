/**
 * Looks at targets again and again, the same at the collector and at an agent: each at its own pace, not all at once, a
 * failure confirmed soon after. What came of each look is handed over as metrics.
 */
import type { Clock } from '../clock.ts';
import type { Outgoing } from '../outgoing.ts';
import type { Metric } from '../report.ts';
import type { TargetOrder } from '../target.ts';
import { loadTargetKind } from './index.ts';
import { lookAt, metricsOf, type TargetContext, type TargetOutcome } from './kind.ts';

/** Looks under way at a time; further ones wait for their turn. */
const atOnce = 50;
/** The first failure is confirmed after this share of the interval: two intervals are time enough for an alert. */
const confirmAfter = 0.25;
/** The first looks after a start or a change, spread over this time. */
const firstWithinMs = 3000;

export interface TargetWatchParts {
  outgoing: Outgoing;
  run: TargetContext['run'];
  clock: Clock;
  random?: () => number;
  /** Must not throw. */
  onSeen(order: TargetOrder, outcome: TargetOutcome, metrics: Metric[]): void;
}

export interface TargetWatch {
  /** These are watched from now on, and no others. */
  apply(orders: readonly TargetOrder[]): void;
  stop(): void;
}

interface TargetTimer {
  order: TargetOrder;
  timer: NodeJS.Timeout | null;
  failures: number;
  isOver: boolean;
}

export function createTargetWatch(parts: TargetWatchParts): TargetWatch {
  const { clock, random = Math.random } = parts;
  const watched = new Map<string, TargetTimer>();
  const waiting: TargetTimer[] = [];
  let running = 0;

  function plan(one: TargetTimer, ms: number): void {
    if (one.isOver) return;
    one.timer = setTimeout(() => {
      waiting.push(one);
      startNext();
    }, ms);
    one.timer.unref();
  }

  function startNext(): void {
    while (running < atOnce) {
      const one = waiting.shift();
      if (!one) return;
      if (one.isOver) continue;
      running += 1;
      void look(one).finally(() => {
        running -= 1;
        startNext();
      });
    }
  }

  async function look(one: TargetTimer): Promise<void> {
    const { order } = one;
    const startedAt = clock.monotonic();
    const outcome = await lookOnce(order, parts);
    if (one.isOver) return;
    one.failures = outcome.result === 'ok' ? 0 : one.failures + 1;
    parts.onSeen(order, outcome, metricsOf(order, outcome, Math.round(clock.now())));
    const step = order.interval_s * 1000 * (one.failures === 1 ? confirmAfter : 1);
    plan(one, Math.max(1000, step - (clock.monotonic() - startedAt)));
  }

  function end(one: TargetTimer): void {
    one.isOver = true;
    if (one.timer) clearTimeout(one.timer);
    watched.delete(one.order.id);
  }

  return {
    apply(orders) {
      const next = new Map(orders.map((order) => [order.id, order]));
      for (const one of [...watched.values()])
        if (JSON.stringify(next.get(one.order.id)) !== JSON.stringify(one.order)) end(one);
      for (const order of next.values()) {
        if (watched.has(order.id)) continue;
        const one: TargetTimer = { order, timer: null, failures: 0, isOver: false };
        watched.set(order.id, one);
        plan(one, random() * firstWithinMs);
      }
    },
    stop() {
      for (const one of [...watched.values()]) end(one);
    },
  };
}

/** One look, also for whoever tries a target before it is kept. */
export async function lookOnce(
  { kind, settings, timeout_s }: Pick<TargetOrder, 'kind' | 'settings' | 'timeout_s'>,
  { outgoing, run, clock }: Pick<TargetWatchParts, 'outgoing' | 'run' | 'clock'>,
): Promise<TargetOutcome> {
  const found = await loadTargetKind(kind);
  return lookAt(found, settings, { outgoing, run, timeoutMs: timeout_s * 1000, monotonic: clock.monotonic });
}
