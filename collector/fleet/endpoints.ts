/** The enrolled endpoints and their states, in memory and saved. */

import { timingSafeEqual } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { Clock } from '../../shared/clock.ts';
import { type Log, silentLog } from '../../shared/log.ts';
import type { Reasons } from '../../shared/reason.ts';
import { hashSecret } from '../accounts/secret.ts';
import { verifierOf } from '../accounts/verifier.ts';
import { breathe } from '../state/breathe.ts';
import type { Database } from '../state/database.ts';
import { type CommitGroup, createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import { updateRow } from '../state/rows.ts';
import type { Endpoint, Fleet } from './fleet.ts';

/** How stale `last_seen_at` in state may be. Only a restart reads it, and the gap of the restart hides the rest. */
const saveAfterMs = 30_000;
/** Rows written in one go: keeps the event loop free when ten thousand endpoints report in step. */
const savesAtOnce = 500;

interface FleetEntry {
  endpoint: Endpoint;
  secretHash: Buffer;
  /** By what a broker of somebody else recognises it is saved. */
  hasVerifier: boolean;
  /** The credential of before, until ms UTC; see enrollment.ts. */
  before: { hash: Buffer; until: number } | null;
  /** Monotonic; null before the first proof of life since this collector started. */
  seenAt: number | null;
  savedAt: number;
}

type StoredEndpoint = Selectable<Database['endpoints']>;

/**
 * Loads all endpoints. Those that were online when the last collector ended become `unknown`: none is down until the
 * fleet has had time to reconnect (presence.ts decides after the grace period).
 */
export async function createFleet(parts: { state: State; clock: Clock; log?: Log }): Promise<Fleet> {
  const { state, clock, log = silentLog } = parts;
  const entries = new Map<string, FleetEntry>();
  /** From replaced endpoints to those that replace them. */
  const moved = new Map<string, string>();
  const unsaved = new Set<FleetEntry>();
  const group = createGroup(state);

  await state
    .updateTable('endpoints')
    .set({ state: 'unknown', state_reason: 'collector_restarted', state_since: clock.now() })
    .where('state', '=', 'online')
    .execute();
  // Lists are shown in this order: PostgreSQL has none of its own.
  const all = state.selectFrom('endpoints').selectAll().where('retired_at', 'is', null);
  for (const row of await all.orderBy('enrolled_at').orderBy('id').execute()) entries.set(row.id, entryOf(row));
  for (const { endpoint, instance } of await refusedOf(state)) {
    const entry = entries.get(endpoint);
    if (entry) entry.endpoint.refused = [...(entry.endpoint.refused ?? []), instance];
  }
  for (const { id, moved_to } of await state
    .selectFrom('endpoints')
    .select(['id', 'moved_to'])
    .where('moved_to', 'is not', null)
    .execute())
    if (moved_to !== null) moved.set(id, moved_to);

  async function save(): Promise<void> {
    if (unsaved.size === 0) return;
    const batch: FleetEntry[] = [];
    for (const entry of unsaved) {
      if (batch.push(entry) >= savesAtOnce) break;
    }
    for (const entry of batch) unsaved.delete(entry);
    await state.transaction().execute(async (db) => {
      for (const { endpoint } of batch) {
        await updateRow(db, 'endpoints', endpoint.id, vitalsOf(endpoint));
        await breathe();
      }
    });
  }

  /** The newer credential is in use. Where this is not saved, the one of before ends with its time. */
  function endBefore(entry: FleetEntry): void {
    entry.before = null;
    const none = { old_secret_hash: null, old_secret_until: null };
    group((db) => updateRow(db, 'endpoints', entry.endpoint.id, none)).catch((thrown) =>
      log.warn({ err: thrown }, 'Could not save that a replaced credential is over'),
    );
  }

  const timer = setInterval(() => {
    save().catch((thrown) => log.warn({ err: thrown }, 'Could not save the last proofs of life; tried again later'));
  }, 1000);
  timer.unref();

  return {
    get: (id) => entries.get(id)?.endpoint,
    *all() {
      for (const entry of entries.values()) yield entry.endpoint;
    },
    movedTo: (id) => entries.get(moved.get(id) ?? '')?.endpoint,
    authenticate(id, secret) {
      const given = Buffer.from(hashSecret(secret), 'hex');
      const entry = entries.get(moved.get(id) ?? id);
      // Constant time: an unknown endpoint costs the same hash and comparisons as a known one.
      const isRight = isSame(given, entry?.secretHash);
      const isBefore = isSame(given, entry?.before?.hash);
      if (isRight && entry?.before) endBefore(entry);
      if (isRight && entry && !entry.hasVerifier) keepVerifier(group, log, entry, secret);
      return isRight || (isBefore && clock.now() < (entry?.before?.until ?? 0));
    },
    async reload(id) {
      const row = await state.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
      const entry = entries.get(id);
      if (!row || row.retired_at !== null) {
        entries.delete(id);
        if (entry) unsaved.delete(entry);
        if (row?.moved_to) {
          for (const [from, to] of moved) if (to === id) moved.set(from, row.moved_to);
          moved.set(id, row.moved_to);
        } else moved.delete(id);
        return row && endpointOf(row);
      }
      if (!entry) {
        entries.set(id, entryOf(row));
        return entries.get(id)?.endpoint;
      }
      // What lives in memory is newer than its row; what people edit is newer in the row.
      const { name, kind, kindWhy, site, tags, people, platform, arch, credential, againAt } = endpointOf(row);
      Object.assign(entry.endpoint, { name, kind, kindWhy, site, tags, people, platform, arch, credential, againAt });
      entry.endpoint.refused = (await refusedOf(state, id)).map(({ instance }) => instance);
      Object.assign(entry, secretsOf(row));
      return entry.endpoint;
    },
    seen(id, receivedAt, clockOffsetMs, intervalMs) {
      const entry = entries.get(id);
      if (!entry) return;
      entry.seenAt = clock.monotonic();
      entry.endpoint.lastSeenAt = receivedAt;
      if (intervalMs !== null) entry.endpoint.intervalMs = intervalMs;
      if (clockOffsetMs !== null) entry.endpoint.clockOffsetMs = clockOffsetMs;
      if (receivedAt - entry.savedAt >= saveAfterMs) {
        entry.savedAt = receivedAt;
        unsaved.add(entry);
      }
    },
    received(id, receivedAt) {
      const entry = entries.get(id);
      if (!entry) return;
      entry.seenAt = clock.monotonic();
      entry.endpoint.lastSeenAt = receivedAt;
    },
    silentFor(id) {
      const seenAt = entries.get(id)?.seenAt ?? null;
      return seenAt === null ? null : clock.monotonic() - seenAt;
    },
    async setState(id, change) {
      const entry = entries.get(id);
      if (!entry) return;
      const { endpoint } = entry;
      const next = { ...endpoint, ...change };
      if (next.state !== endpoint.state) next.stateSince = clock.now();
      await group(async (db) => {
        await updateRow(db, 'endpoints', id, { ...stateColumnsOf(next), ...vitalsOf(next) });
      });
      // Only what changed: a report may have moved the vitals while the row was written.
      Object.assign(endpoint, change, { stateSince: next.stateSince });
    },
    async close() {
      clearInterval(timer);
      for (const entry of entries.values()) if (entry.seenAt !== null) unsaved.add(entry);
      while (unsaved.size > 0) await save();
    },
  };
}

/** It was enrolled before these were kept; a file of users for a broker cannot be made without. */
function keepVerifier(group: CommitGroup, log: Log, entry: FleetEntry, secret: string): void {
  const { id } = entry.endpoint;
  const hash = entry.secretHash.toString('hex');
  entry.hasVerifier = true;
  group(async (db) => {
    await db
      .updateTable('endpoints')
      .set({ verifier: verifierOf(secret) })
      .where('id', '=', id)
      .where('secret_hash', '=', hash)
      .execute();
  }).catch((thrown) => {
    entry.hasVerifier = false;
    log.warn({ err: thrown, endpoint: id }, 'Could not save by what a broker recognises an endpoint');
  });
}

const refusedOf = (state: State, endpoint?: string) =>
  state
    .selectFrom('machines')
    .select(['endpoint', 'instance'])
    .where('refused_at', 'is not', null)
    .$if(endpoint !== undefined, (of) => of.where('endpoint', '=', endpoint as string))
    .execute();

const isSame = (given: Buffer, known: Buffer = Buffer.alloc(0)) =>
  timingSafeEqual(given, known.length === given.length ? known : Buffer.alloc(given.length));

function secretsOf(row: StoredEndpoint): Pick<FleetEntry, 'secretHash' | 'hasVerifier' | 'before'> {
  const { secret_hash, verifier, old_secret_hash: hash, old_secret_until: until } = row;
  return {
    secretHash: Buffer.from(secret_hash, 'hex'),
    hasVerifier: verifier !== null,
    before: hash === null || until === null ? null : { hash: Buffer.from(hash, 'hex'), until },
  };
}

function entryOf(row: StoredEndpoint): FleetEntry {
  return {
    endpoint: endpointOf(row),
    ...secretsOf(row),
    seenAt: null,
    savedAt: 0,
  };
}

function endpointOf(row: StoredEndpoint): Endpoint {
  return {
    id: row.id,
    bucket: row.bucket,
    name: row.name,
    kind: row.kind,
    kindWhy: kindWhyIn(row.kind_why),
    site: row.site,
    tags: JSON.parse(row.tags) as string[],
    platform: row.platform,
    arch: row.arch,
    version: row.version,
    enrolledAt: row.enrolled_at,
    retiredAt: row.retired_at,
    state: row.state,
    stateReason: row.state_reason,
    stateSince: row.state_since,
    session: row.session,
    bootId: row.boot_id,
    lastSeenAt: row.last_seen_at,
    intervalMs: row.interval_ms,
    clockOffsetMs: row.clock_offset_ms,
    people: row.people,
    credential: row.credential,
    againAt: row.again_at,
  };
}

/** JSON since 0.2; a sentence before. */
function kindWhyIn(text: string): Reasons {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) || typeof value === 'string' ? (value as Reasons) : text;
  } catch {
    return text;
  }
}

const vitalsOf = (endpoint: Endpoint) => ({
  last_seen_at: endpoint.lastSeenAt,
  interval_ms: endpoint.intervalMs,
  clock_offset_ms: endpoint.clockOffsetMs,
});

const stateColumnsOf = (endpoint: Endpoint) => ({
  state: endpoint.state,
  state_reason: endpoint.stateReason,
  state_since: endpoint.stateSince,
  session: endpoint.session,
  boot_id: endpoint.bootId,
  version: endpoint.version,
});
