/** Per endpoint and epoch: what was received, what is on its way into the journal, and what is still to be saved. */
import type { Settled } from '../series.ts';
import type { ReceiptRow } from './journal.ts';
import { maxRanges, Receipt } from './receipt.ts';

/**
 * For how many numbers of an epoch the content is remembered: a ring, in which a new number replaces an old one. An
 * agent repeats what was not acknowledged, some dozens. A later repetition is a conflict: stored twice under
 * two numbers, never thrown away.
 */
const remembered = 256;

/**
 * Epochs of one endpoint that are remembered. An agent makes one with its spool, and may declare losses of the few before
 * it; beyond this those made first go, which costs no more than that a repetition of their reports is stored twice.
 */
export const epochsOfEndpoint = 1000;
/**
 * Ranges beyond gaps in all epochs of one endpoint: 320 KB. An agent has a handful, of live reports before a backlog; only one epoch at
 * a time has many, and that one may have all that an epoch may. Beyond this, those of the epochs used longest ago are forgotten, down
 * to three quarters, so that it is not done again for each report. What was received up to the first gap stays known.
 */
export const rangesOfEndpoint = 2 * maxRanges;
/** What has reports that are younger may still be repeated. */
const inUseMs = 600_000;

/** A report whose commit is awaited. The same report arriving meanwhile waits for the same commit. */
export interface Waiter {
  epoch: Epoch;
  seq: number;
  digest: number;
  settled: Settled;
  repeats: Settled[];
}

export interface Epoch {
  id: number;
  endpoint: number;
  epoch: string;
  receipt: Receipt;
  /** The digest of number n at n modulo `remembered`; null: in the journal, not needed at present. */
  digests: Uint32Array | null;
  seenAt: number;
  inFlight: Map<number, Waiter>;
}

export interface Epochs {
  of(endpoint: number, epoch: string, now: number): Epoch;
  find(endpoint: number, epoch: string): Epoch | undefined;
  byId(id: number): Epoch | undefined;
  /** from … to are durable. A single report brings its digest. */
  received(epoch: Epoch, from: number, to: number, now: number, digest?: number): void;
  /** Whether a number that was received is known to have had exactly this content. */
  isSame(epoch: Epoch, seq: number, digest: number): boolean;
  /** Rows that the journal does not have yet; they go into the commit that first uses them. */
  readonly fresh: Epoch[];
  readonly changedCount: number;
  /** Takes at most `limit` epochs that have changed since they were last saved. */
  takeChanged(limit: number): Epoch[];
  /** Those could not be saved: they are to be taken again. */
  giveBack(epochs: readonly Epoch[]): void;
  dropSeenBefore(time: number): void;
  /** All that was received of these endpoints. */
  forget(endpoints: readonly number[]): void;
  /** Ids of the epochs that were dropped for the number of them, since the last call. */
  takeDropped(): number[];
  /** Of how many ranges it was forgotten that they came, since the last call, by endpoint. */
  takeForgotten(): Map<number, number>;
  /** Frees the digests of epochs not seen since: they are read again where one is asked for. */
  restSeenBefore(time: number): void;
}

/** @param readDigests of an epoch by its id, as `rowOf` gave them to be saved; null where none were */
export function createEpochs(known: readonly ReceiptRow[], readDigests: (id: number) => Uint8Array | null): Epochs {
  const all = new Map<number, Map<string, Epoch>>();
  /** By endpoint: how many ranges its epochs have. */
  const ranges = new Map<number, number>();
  const byId = new Map<number, Epoch>();
  const fresh: Epoch[] = [];
  const changed = new Set<Epoch>();
  let lastId = 0;
  let dropped: number[] = [];
  let forgotten = new Map<number, number>();

  const countRanges = (endpoint: number, more: number) => {
    if (more !== 0) ranges.set(endpoint, (ranges.get(endpoint) ?? 0) + more);
  };
  const remove = (epoch: Epoch) => {
    all.get(epoch.endpoint)?.delete(epoch.epoch);
    byId.delete(epoch.id);
    changed.delete(epoch);
    countRanges(epoch.endpoint, -epoch.receipt.count);
  };
  const keep = (row: Epoch) => {
    let ofEndpoint = all.get(row.endpoint);
    if (!ofEndpoint) {
      ofEndpoint = new Map();
      all.set(row.endpoint, ofEndpoint);
    }
    ofEndpoint.set(row.epoch, row);
    byId.set(row.id, row);
    countRanges(row.endpoint, row.receipt.count);
    lastId = Math.max(lastId, row.id);
    return row;
  };
  for (const { id, endpoint, epoch, through, also, seenAt } of known)
    keep({ id, endpoint, epoch, receipt: new Receipt(through, also), digests: null, seenAt, inFlight: new Map() });

  /** Those made first, but for what is in use or not saved yet. */
  const dropBeyond = (ofEndpoint: Map<string, Epoch>, now: number) => {
    let excess = ofEndpoint.size - epochsOfEndpoint;
    for (const epoch of ofEndpoint.values()) {
      if (excess <= 0) return;
      const isInUse = epoch.digests !== null && epoch.seenAt > now - inUseMs;
      // Not saved yet, and so are those made after it.
      if (fresh[0] && epoch.id >= fresh[0].id) return;
      if (isInUse || epoch.inFlight.size > 0) continue;
      remove(epoch);
      dropped.push(epoch.id);
      excess--;
    }
  };

  const boundRanges = (endpoint: number, current?: Epoch) => {
    const count = ranges.get(endpoint) ?? 0;
    if (count <= rangesOfEndpoint) return;
    const left = forgetRanges(all.get(endpoint)?.values() ?? [], count, current, (epoch) => changed.add(epoch));
    ranges.set(endpoint, left);
    forgotten.set(endpoint, (forgotten.get(endpoint) ?? 0) + count - left);
  };
  for (const [endpoint, ofEndpoint] of all) {
    dropBeyond(ofEndpoint, Number.POSITIVE_INFINITY);
    boundRanges(endpoint);
  }

  const digestsOf = (epoch: Epoch): Uint32Array => {
    if (epoch.digests) return epoch.digests;
    epoch.digests = new Uint32Array(remembered);
    const saved = readDigests(epoch.id);
    // Of another length: saved by a version that remembered more or fewer.
    if (saved?.byteLength === epoch.digests.byteLength) new Uint8Array(epoch.digests.buffer).set(saved);
    return epoch.digests;
  };

  return {
    of(endpoint, epoch, now) {
      const found = all.get(endpoint)?.get(epoch);
      if (found) return found;
      const made = {
        id: lastId + 1,
        endpoint,
        epoch,
        receipt: new Receipt(),
        // Made with the first report: an epoch of which only losses are declared never has any.
        digests: null,
        seenAt: now,
        inFlight: new Map(),
      };
      fresh.push(made);
      keep(made);
      const ofEndpoint = all.get(endpoint) as Map<string, Epoch>;
      if (ofEndpoint.size > epochsOfEndpoint) dropBeyond(ofEndpoint, now);
      return made;
    },
    find: (endpoint, epoch) => all.get(endpoint)?.get(epoch),
    byId: (id) => byId.get(id),
    received(epoch, from, to, now, digest = 0) {
      // Erased, or dropped while only a loss of it was on its way.
      if (byId.get(epoch.id) !== epoch) return;
      const before = epoch.receipt.count;
      epoch.receipt.add(from, to);
      countRanges(epoch.endpoint, epoch.receipt.count - before);
      if (epoch.receipt.count > before) boundRanges(epoch.endpoint, epoch);
      if (digest !== 0) digestsOf(epoch)[from % remembered] = digest;
      epoch.seenAt = now;
      changed.add(epoch);
    },
    isSame: (epoch, seq, digest) => digestsOf(epoch)[seq % remembered] === digest,
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
    forget(endpoints) {
      for (const id of endpoints) {
        for (const epoch of all.get(id)?.values() ?? []) remove(epoch);
        all.delete(id);
      }
    },
    takeDropped() {
      const taken = dropped;
      dropped = [];
      return taken;
    },
    takeForgotten() {
      const taken = forgotten;
      forgotten = new Map();
      return taken;
    },
    dropSeenBefore(time) {
      for (const epoch of byId.values())
        if (epoch.seenAt < time && epoch.inFlight.size === 0 && !changed.has(epoch)) remove(epoch);
    },
    restSeenBefore(time) {
      for (const epoch of byId.values())
        if (epoch.seenAt < time && epoch.inFlight.size === 0 && !changed.has(epoch)) epoch.digests = null;
    },
  };
}

/** Down to three quarters. @param current stays as it is @returns how many are left of `count` */
function forgetRanges(
  epochs: Iterable<Epoch>,
  count: number,
  current: Epoch | undefined,
  changed: (epoch: Epoch) => void,
): number {
  let left = count;
  for (const epoch of [...epochs].sort((a, b) => a.seenAt - b.seenAt)) {
    if (left <= 0.75 * rangesOfEndpoint) break;
    if (epoch === current || epoch.receipt.count === 0) continue;
    left -= epoch.receipt.count;
    epoch.receipt.forgetRanges();
    changed(epoch);
  }
  return left;
}

export function rowOf({ id, endpoint, epoch, receipt, digests, seenAt }: Epoch): ReceiptRow {
  const bytes = digests && new Uint8Array(digests.buffer);
  return { id, endpoint, epoch, through: receipt.through, also: receipt.also, digests: bytes, seenAt };
}
