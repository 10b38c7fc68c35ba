/**
 * What one endpoint may cost the collector. Each meter is a burst and a rate, many times what a real agent needs; whoever is
 * beyond one waits with everything that it sends next, and so do its acknowledgements. Nothing is refused for it.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { type Allowances, createAllowances } from '../doors/allowance.ts';

/** `perHour` and `burst` in the unit of the meter. */
export const budgetRules = {
  /** ms that messages take, on the main thread and on that of large messages: 5 % of an hour. A report takes 0.05, a large inventory 50. */
  cpu: { perHour: 180_000, burst: 1000 },
  /** Bytes of inventory, inflated. A large section has 1 MB, once per day and when it changes. */
  inventory: { perHour: 16 * 1024 * 1024, burst: 32 * 1024 * 1024 },
  /** Epochs that were not known. An agent makes one with its spool. */
  epochs: { perHour: 120, burst: 200 },
  /** Rows that stay: births, losses, runs of backup jobs. */
  rows: { perHour: 720, burst: 2000 },
  /** Alerts that begin. */
  alerts: { perHour: 180, burst: 200 },
} as const satisfies Record<string, { perHour: number; burst: number }>;
export type Meter = keyof typeof budgetRules;
export type BudgetRules = Record<Meter, { perHour: number; burst: number }>;
/** What an endpoint may wait for: `messages` and `connects` have their rates where packets and connections come in (broker/). */
export type HeldFor = Meter | 'messages' | 'connects';

const meters = Object.keys(budgetRules) as Meter[];
/** However deep the debt, one message comes through in this time: an endpoint that floods is not silent. */
const longestMs = 5000;
/** Of a section of inventory: it waits beside the messages that follow it. */
const longestInventoryMs = 60_000;

export interface EndpointBudgets {
  /** Called when a message has been processed, because its cost is not known earlier. The next message waits for it. */
  charge(endpoint: string, meter: Meter, amount: number): void;
  /** Its next message waits for so long, ms. */
  hold(endpoint: string, meter: HeldFor, waitMs: number): void;
  /** ms until its next message may be taken; 0 for all that are within their budget. */
  waitFor(endpoint: string): number;
  /** Resolves when the endpoint is within its budgets of what inventories cost, or has waited for a minute. */
  inventoryMay(endpoint: string): Promise<void>;
  /** Endpoints that waited since the last call, by the meter that they were beyond, with the ms. */
  takeHeld(): { endpoint: string; meter: HeldFor; ms: number }[];
}

interface Debt {
  meter: HeldFor;
  since: number;
  until: number;
}

/** @param longestWaitMs however deep the debt */
export function createBudgets(
  monotonic: () => number,
  rules: BudgetRules = budgetRules,
  longestWaitMs = longestMs,
): EndpointBudgets {
  const allowances = Object.fromEntries(
    meters.map((meter) => {
      const { perHour, burst } = rules[meter];
      return [meter, createAllowances({ perSecond: perHour / 3600, burst, monotonic })];
    }),
  ) as Record<Meter, Allowances>;
  const debts = new Map<string, Debt>();
  /** Of sections of inventory, which wait beside the messages. */
  const sections = new Map<string, Debt>();
  const held = new Map<string, { endpoint: string; meter: HeldFor; ms: number }>();

  function note(endpoint: string, { meter, since }: Debt, until: number): void {
    const key = `${endpoint} ${meter}`;
    const ms = (held.get(key)?.ms ?? 0) + Math.max(0, until - since);
    held.set(key, { endpoint, meter, ms });
  }

  function hold(endpoint: string, meter: HeldFor, waitMs: number): void {
    if (waitMs <= 0) return;
    const now = monotonic();
    const before = debts.get(endpoint);
    if (before && before.until >= now + waitMs) return;
    if (before) note(endpoint, before, Math.min(now, before.until));
    debts.set(endpoint, { meter, since: now, until: now + waitMs });
  }

  return {
    charge(endpoint, meter, amount) {
      if (amount <= 0) return;
      const waitMs = allowances[meter].spend(endpoint, amount);
      if (waitMs > 0) hold(endpoint, meter, Math.min(longestWaitMs, waitMs));
    },
    hold,
    waitFor(endpoint) {
      // Nearly always empty.
      if (debts.size === 0) return 0;
      const debt = debts.get(endpoint);
      if (!debt) return 0;
      const now = monotonic();
      if (debt.until > now) return debt.until - now;
      note(endpoint, debt, debt.until);
      debts.delete(endpoint);
      return 0;
    },
    async inventoryMay(endpoint) {
      const [rows, inventory] = [allowances.rows.waitFor(endpoint), allowances.inventory.waitFor(endpoint)];
      const waitMs = Math.min(Math.max(rows, inventory), (longestInventoryMs / longestMs) * longestWaitMs);
      if (waitMs <= 0) return;
      const since = monotonic();
      sections.set(endpoint, { meter: rows > inventory ? 'rows' : 'inventory', since, until: since + waitMs });
      await pause(waitMs, undefined, { ref: false });
    },
    takeHeld() {
      const now = monotonic();
      for (const waiting of [debts, sections])
        for (const [endpoint, debt] of waiting) {
          note(endpoint, debt, Math.min(now, debt.until));
          if (debt.until <= now) waiting.delete(endpoint);
          else debt.since = now;
        }
      const taken = [...held.values()];
      held.clear();
      return taken;
    },
  };
}
