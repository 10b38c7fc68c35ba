/** Offers and orders as the interface answers them. Pure. */
import type { ScriptOffers } from '../../shared/inventory.ts';
import type { ScriptOrderView, ScriptsView } from '../../shared/script.ts';
import type { OrderRow } from './orders.ts';

interface ScriptSight {
  /** Null: the machine has said nothing of scripts. */
  offers: ScriptOffers | null;
  orders: readonly OrderRow[];
  isEnabled: boolean;
  /** Every script needs two, whatever its machine says. */
  isForTwo: boolean;
  /** Whoever looks, and their name. */
  mayRun: boolean;
  name: string;
}

function orderView(row: OrderRow, mayRun: boolean, name: string): ScriptOrderView {
  const { id, script, state, why, ticket, alert, code, signal } = row;
  return {
    ...{ id, script, state, why, ticket, alert, code, signal },
    title: JSON.parse(row.title) as Record<string, string>,
    choices: JSON.parse(row.choices) as Record<string, string>,
    ...{ askedBy: row.asked_by, askedAt: row.asked_at, approvedBy: row.approved_by },
    ...{ expiresAt: row.expires_at, endedAt: row.ended_at },
    reason: row.reason === null ? null : JSON.parse(row.reason),
    output: mayRun ? row.output : null,
    cut: row.cut === 1,
    mayApprove: mayRun && state === 'asked' && row.asked_by !== name,
    mayWithdraw: mayRun && (state === 'asked' || state === 'sent'),
  };
}

export function viewOf({ offers, orders, isEnabled, isForTwo, mayRun, name }: ScriptSight): ScriptsView {
  return {
    ...{ enabled: isEnabled, mayRun },
    off: offers?.off ?? null,
    list: (offers?.list ?? []).map((one) => ({ ...one, two_persons: one.two_persons || isForTwo })),
    orders: orders.map((row) => orderView(row, mayRun, name)),
  };
}
