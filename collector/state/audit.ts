/** The one way to write the audit log: without secrets, and bounded. */
import type { AuditTables } from './audit-table.ts';
import type { State } from './database.ts';

export type AuditEntry = Omit<AuditTables['audit_log'], 'id' | 'before' | 'after'> & {
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
  for (const [key, value] of Object.entries(values)) {
    if (value === undefined) continue;
    const text = secret.test(key) ? JSON.stringify(notKept) : (JSON.stringify(value, withoutSecrets) ?? 'null');
    room -= key.length + Math.min(text.length, longest.value);
    if (room < 0) break;
    kept[key] = text.length > longest.value ? `${text.slice(0, longest.value)}…` : JSON.parse(text);
  }
  return JSON.stringify(kept);
}

/** `no_battery`: a reason, not a join code. */
const isCodeOfReason = (value: unknown) => typeof value === 'string' && /^[a-z_]{1,40}$/.test(value);

const withoutSecrets = (key: string, value: unknown) =>
  secret.test(key) && !(key === 'code' && isCodeOfReason(value)) ? notKept : value;

export async function writeAudit(
  db: Pick<State, 'insertInto'>,
  { before, after, ...entry }: AuditEntry,
): Promise<void> {
  await db
    .insertInto('audit_log')
    .values({
      ...entry,
      name: entry.name?.slice(0, longest.name) ?? null,
      reason: entry.reason?.slice(0, longest.reason) ?? null,
      ...{ before: auditable(before), after: auditable(after) },
    })
    .execute();
}
