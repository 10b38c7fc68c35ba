/** What was received of every endpoint's every epoch, what is on its way into the journal, and what of it is to be saved. */
import type { Settled } from '../series.ts';
import type { ReceiptRow } from './journal.ts';
import { Receipt } from './receipt.ts';

/** A report whose commit is awaited. Whoever brings the same one meanwhile waits for the same commit. */
export interface Waiter {
  epoch: Epoch;
  seq: number;
  settled: Settled;
  repeats: Settled[];
}

export interface Epoch {
  id: number;
  endpoint: number;
  epoch: string;
  receipt: Receipt;
  seenAt: number;
  inFlight: Map<number, Waiter>;
}

export interface Epochs {
  of(endpoint: number, epoch: string, now: number): Epoch;
  find(endpoint: number, epoch: string): Epoch | undefined;
  byId(id: number): Epoch | undefined;
  /** from … to are durable. */
  received(epoch: Epoch, from: number, to: number, now: number): void;
  /** Rows that the journal does not have yet; they go into the commit that first uses them. */
  readonly fresh: Epoch[];
  readonly changedCount: number;
  /** Takes at most `limit` epochs that have changed since they were last saved. */
  takeChanged(limit: number): Epoch[];
  /** Those could not be saved: they are to be taken again. */
  giveBack(epochs: readonly Epoch[]): void;
  dropSeenBefore(time: number): void;
}

export function createEpochs(known: readonly ReceiptRow[]): Epochs {
  const all = new Map<number, Map<string, Epoch>>();
  const byId = new Map<number, Epoch>();
  const fresh: Epoch[] = [];
  const changed = new Set<Epoch>();
  let lastId = 0;

  const keep = (row: Epoch) => {
    let ofEndpoint = all.get(row.endpoint);
    if (!ofEndpoint) {
      ofEndpoint = new Map();
      all.set(row.endpoint, ofEndpoint);
    }
    ofEndpoint.set(row.epoch, row);
    byId.set(row.id, row);
    lastId = Math.max(lastId, row.id);
    return row;
  };
  for (const { id, endpoint, epoch, through, also, seenAt } of known)
    keep({ id, endpoint, epoch, receipt: new Receipt(through, also), seenAt, inFlight: new Map() });

  return {
    of(endpoint, epoch, now) {
      const found = all.get(endpoint)?.get(epoch);
      if (found) return found;
      const made = { id: lastId + 1, endpoint, epoch, receipt: new Receipt(), seenAt: now, inFlight: new Map() };
      fresh.push(made);
      return keep(made);
    },
    find: (endpoint, epoch) => all.get(endpoint)?.get(epoch),
    byId: (id) => byId.get(id),
    received(epoch, from, to, now) {
      epoch.receipt.add(from, to);
      epoch.seenAt = now;
      changed.add(epoch);
    },
    fresh,
    get changedCount() {
      return changed.size;
    },
    takeChanged(limit) {
      const taken: Epoch[] = [];
      for (const epoch of changed) {
        if (taken.length >= limit) break;
        taken.push(epoch);
        changed.delete(epoch);
      }
      return taken;
    },
    giveBack(epochs) {
      for (const epoch of epochs) changed.add(epoch);
    },
    dropSeenBefore(time) {
      for (const [id, epoch] of byId) {
        if (epoch.seenAt >= time || epoch.inFlight.size > 0 || changed.has(epoch)) continue;
        byId.delete(id);
        all.get(epoch.endpoint)?.delete(epoch.epoch);
      }
    },
  };
}

export function rowOf({ id, endpoint, epoch, receipt, seenAt }: Epoch): ReceiptRow {
  return { id, endpoint, epoch, through: receipt.through, also: receipt.also, seenAt };
}
