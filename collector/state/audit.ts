/** The one way to write the audit log: without secrets, and bounded. */

import { chain } from './audit-chain.ts';
import type { AuditTables } from './audit-table.ts';
import type { State, StateTransaction } from './database.ts';

export type AuditEntry = Omit<
  AuditTables['audit_log'],
  'id' | 'before' | 'after' | 'outcome' | 'seq' | 'prev' | 'digest' | 'hash'
> & {
  outcome: 'begun' | 'done';
  before: Readonly<Record<string, unknown>> | null;
  after: Readonly<Record<string, unknown>> | null;
};

const longest = { name: 200, reason: 2000, value: 500, values: 8000 } as const;
export const notKept = '(not kept)';
const secret = /hash|secret|password|^current$|token|^code$|csv|fingerprint/i;

/** Values as they may be kept: without secrets, each cut, all of them bounded. */
export function auditable(values: Readonly<Record<string, unknown>> | null): string | null {
  if (values === null) return null;
  const kept: Record<string, unknown> = {};
  let room = longest.values;
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  for (const [n, [key, value]] of entries.entries()) {
    const text = secret.test(key) ? JSON.stringify(notKept) : (JSON.stringify(value, withoutSecrets) ?? 'null');
    room -= key.length + Math.min(text.length, longest.value);
    if (room < 0) {
      kept['…'] = `${entries.length - n} more`;
      break;
    }
    kept[key] = text.length > longest.value ? `${text.slice(0, longest.value)}…` : JSON.parse(text);
  }
  return JSON.stringify(kept);
}

/** `no_battery`: a reason, not a join code. */
const isCodeOfReason = (value: unknown) => typeof value === 'string' && /^[a-z_]{1,40}$/.test(value);

const withoutSecrets = (key: string, value: unknown) =>
  secret.test(key) && !(key === 'code' && isCodeOfReason(value)) ? notKept : value;

const rowOf = ({ before, after, ...entry }: AuditEntry) => ({
  ...entry,
  name: entry.name?.slice(0, longest.name) ?? null,
  reason: entry.reason?.slice(0, longest.reason) ?? null,
  ...{ before: auditable(before), after: auditable(after) },
});

/** @returns its id */
export function writeAudit(state: State | StateTransaction, entry: AuditEntry): Promise<number> {
  return within(state, async (db) => {
    const { id } = await db.insertInto('audit_log').values(rowOf(entry)).returning('id').executeTakeFirstOrThrow();
    if (entry.outcome === 'done') await chain(db, [id]);
    return id;
  });
}

const within = <T>(state: State | StateTransaction, work: (db: StateTransaction) => Promise<T>): Promise<T> =>
  state.isTransaction ? work(state as StateTransaction) : state.transaction().execute(work);

/** What was begun is done. */
export function completeAudit(state: State | StateTransaction, id: number, entry: AuditEntry): Promise<void> {
  return within(state, async (db) => {
    const begun = db.updateTable('audit_log').set(rowOf(entry)).where('id', '=', id).where('outcome', '=', 'begun');
    const { numUpdatedRows } = await begun.executeTakeFirst();
    if (numUpdatedRows > 0n) await chain(db, [id]);
  });
}

/** How far the log is: what an answer shows has at least this in it. */
export async function newestDone(state: State): Promise<number> {
  const done = state.selectFrom('audit_log').select('id').where('outcome', '=', 'done').orderBy('id', 'desc');
  return (await done.limit(1).executeTakeFirst())?.id ?? 0;
}

/** Of an object, oldest first; what is begun among them. */
export const entriesBetween = (state: State, object: string, after: number, before: number) =>
  state
    .selectFrom('audit_log')
    .select(['actor', 'object_id', 'action'])
    .where('object', '=', object)
    .where('id', '>', after)
    .where('id', '<', before)
    .orderBy('id')
    .execute();

/** What was begun was refused: nothing has changed. */
export async function dropAudit(db: Pick<State, 'deleteFrom'>, id: number): Promise<void> {
  await db.deleteFrom('audit_log').where('id', '=', id).where('outcome', '=', 'begun').execute();
}
