/**
 * The chain of the audit log: each entry carries a hash over itself and the entry before, so that one that was changed, taken
 * out or put in between is found. Whoever owns the database can write a whole new chain: so its head is kept elsewhere, too.
 */
import { createHash } from 'node:crypto';
import type { Selectable } from 'kysely';
import type { AuditTables } from './audit-table.ts';
import type { State, StateTransaction } from './database.ts';

type AuditRecord = Selectable<AuditTables['audit_log']>;

/** What an erasure may empty later: the chain holds by its digest. */
const digestOf = (row: AuditRecord): string =>
  sha256([row.actor, row.address, row.name, row.before, row.after, row.reason]);
const hashOf = (row: AuditRecord, seq: number, prev: string, digest: string): string =>
  sha256([prev, seq, row.at, row.kind, row.object, row.object_id, row.action, row.outcome, digest]);
const sha256 = (values: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex');

export interface AuditHead {
  seq: number;
  hash: string;
}

const beginning: AuditHead = { seq: 0, hash: '' };

/** Puts entries behind the last one, in their order. Inside the transaction that writes them. */
export async function chain(db: StateTransaction, ids: readonly number[]): Promise<void> {
  const none = db.insertInto('audit_chain').values({ id: 'head', ...beginning });
  await none.onConflict((clash) => clash.column('id').doNothing()).execute();
  // First: whoever else writes an entry waits here.
  const moved = db.updateTable('audit_chain').set((row) => ({ seq: row('seq', '+', ids.length) }));
  const head = await moved.where('id', '=', 'head').returning(['seq', 'hash']).executeTakeFirstOrThrow();
  let { hash } = head;
  let seq = head.seq - ids.length;
  for (const id of ids) {
    const row = await db.selectFrom('audit_log').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    seq++;
    const [prev, digest] = [hash, digestOf(row)];
    hash = hashOf(row, seq, prev, digest);
    await db.updateTable('audit_log').set({ seq, prev, digest, hash }).where('id', '=', id).execute();
  }
  await db.updateTable('audit_chain').set({ hash }).where('id', '=', 'head').execute();
}

/** At a start: entries of before there was a chain, and those that an end of the process has left as begun. */
export async function chainRest(state: State): Promise<void> {
  for (;;) {
    const rest = state.selectFrom('audit_log').select('id').where('seq', 'is', null).orderBy('id').limit(500);
    const ids = (await rest.execute()).map(({ id }) => id);
    if (ids.length === 0) return;
    await state.transaction().execute((db) => chain(db, ids));
  }
}

export const auditHead = async (state: State): Promise<AuditHead> =>
  (await state.selectFrom('audit_chain').select(['seq', 'hash']).where('id', '=', 'head').executeTakeFirst()) ??
  beginning;

export interface ChainLook {
  entries: number;
  head: AuditHead;
  /** What is wrong, in the order of the entries; the first twenty. */
  faults: string[];
  /** Entries whose content is no longer what it was, where an endpoint was erased later. */
  emptied: number;
}

const faultsAtMost = 20;

/** @param outside a head that was kept elsewhere */
export async function lookAtChain(state: State, outside: AuditHead | null): Promise<ChainLook> {
  const head = await auditHead(state);
  const faults: string[] = [];
  const note = (fault: string) => faults.length < faultsAtMost && faults.push(fault);
  const changed: number[] = [];
  let [entries, last, erasedAt] = [0, { seq: 0, hash: '' }, 0];
  let wasMet = outside === null;
  for (;;) {
    const next = state.selectFrom('audit_log').selectAll().where('seq', '>', last.seq).orderBy('seq').limit(1000);
    const rows = await next.execute();
    for (const row of rows) {
      const [seq, prev, digest] = [row.seq ?? 0, row.prev ?? '', row.digest ?? ''];
      // The oldest go by their age: the chain begins with what is left.
      if (entries === 0) last = { seq: seq - 1, hash: prev };
      if (seq !== last.seq + 1) note(`entries ${last.seq + 1} to ${seq - 1} are missing`);
      if (prev !== last.hash) note(`entry ${seq} does not follow the entry before`);
      if (row.hash !== hashOf(row, seq, prev, digest)) note(`entry ${seq} was changed`);
      if (digest !== digestOf(row)) changed.push(seq);
      if (row.object === 'endpoint' && row.action === 'erase') erasedAt = seq;
      if (outside?.seq === seq) {
        wasMet = true;
        if (outside.hash !== row.hash) note(`entry ${seq} is another one than the head that was kept elsewhere`);
      }
      last = { seq, hash: row.hash ?? '' };
      entries++;
    }
    if (rows.length < 1000) break;
  }
  for (const seq of changed) if (seq > erasedAt) note(`the content of entry ${seq} was changed`);
  if (entries > 0 && (last.seq !== head.seq || last.hash !== head.hash))
    note(`the last entry is ${last.seq}, and the head says ${head.seq}: entries were taken from the end`);
  if (!wasMet) note(`entry ${outside?.seq}, whose hash was kept elsewhere, is missing`);
  return { entries, head, faults, emptied: changed.filter((seq) => seq < erasedAt).length };
}
