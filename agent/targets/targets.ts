/**
 * The check of targets: looks at what the collector asks for, where this machine's own settings allow it, and hands its
 * results to the next report. Nothing is loaded before there is an order.
 */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import { reason } from '../../shared/reason.ts';
import type { Metric } from '../../shared/report.ts';
import type { TargetOrder } from '../../shared/target.ts';
import type { TargetWatch } from '../../shared/targets/watch.ts';
import { type Check, NoData, type RunProgram } from '../checks/check.ts';

export interface TargetCheckParts {
  /** Addresses, ranges, names, `internet`; empty: nowhere. */
  allow: readonly string[];
  clock: Clock;
  log: Log;
  run: RunProgram;
}

export interface TargetCheck {
  check: Check;
  /** The orders of the collector. */
  apply(orders: readonly TargetOrder[]): void;
  stop(): void;
}

const everyMs = 10_000;
/** Results that wait for the next report; beyond this many the oldest are dropped. */
const keptAtMost = 5000;
const pingAtMostMs = 70_000;

export function createTargetCheck({ allow, clock, log, run }: TargetCheckParts): TargetCheck {
  let watch: Promise<TargetWatch> | null = null;
  let orders: readonly TargetOrder[] = [];
  let seen: Metric[] = [];

  async function open(): Promise<TargetWatch> {
    const [{ createReach }, { createTargetWatch }] = await Promise.all([
      import('../../shared/outgoing.ts'),
      import('../../shared/targets/watch.ts'),
    ]);
    return createTargetWatch({
      outgoing: createReach(allow),
      clock,
      async run(program, args) {
        try {
          const { code, stdout } = await run(program, args, { timeoutMs: pingAtMostMs, gentle: false });
          return { code, stdout };
        } catch (thrown) {
          if (thrown instanceof NoData) return null;
          throw thrown;
        }
      },
      onSeen(_order, _outcome, metrics) {
        seen = [...seen, ...metrics].slice(-keptAtMost);
      },
    });
  }

  return {
    check: {
      name: 'targets',
      every: everyMs,
      reads: 'targets that the collector names, where targets.allow of agent.settings.json allows it',
      async run() {
        if (orders.length === 0) throw new NoData(reason('no_targets'));
        const metrics = seen;
        seen = [];
        return allow.length > 0 ? { metrics } : { metrics, note: [reason('targets_not_allowed')] };
      },
    },
    apply(next) {
      orders = next;
      if (watch === null && next.length === 0) return;
      watch ??= open();
      // Those of now: further ones may have come while it was loaded.
      watch
        .then((opened) => opened.apply(orders))
        .catch((thrown: unknown) => log.error({ err: thrown }, 'Could not begin to look at targets'));
    },
    stop() {
      orders = [];
      watch?.then((opened) => opened.stop()).catch(() => undefined);
    },
  };
}
