/** The one way to write the audit log: without secrets, and bounded. */
import type { AuditTables } from './audit-table.ts';
import type { State } from './database.ts';

export type AuditEntry = Omit<AuditTables['audit_log'], 'id' | 'before' | 'after' | 'outcome'> & {
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
export async function writeAudit(db: Pick<State, 'insertInto'>, entry: AuditEntry): Promise<number> {
  const { id } = await db.insertInto('audit_log').values(rowOf(entry)).returning('id').executeTakeFirstOrThrow();
  return id;
}

/** What was begun is done. */
export async function completeAudit(db: Pick<State, 'updateTable'>, id: number, entry: AuditEntry): Promise<void> {
  await db.updateTable('audit_log').set(rowOf(entry)).where('id', '=', id).where('outcome', '=', 'begun').execute();
}

/** What was begun was refused: nothing has changed. */
export async function dropAudit(db: Pick<State, 'deleteFrom'>, id: number): Promise<void> {
  await db.deleteFrom('audit_log').where('id', '=', id).where('outcome', '=', 'begun').execute();
}
