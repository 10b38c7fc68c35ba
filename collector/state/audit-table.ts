/** Columns of the audit log. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface AuditTables {
  /** Append-only, but for what is begun. Secrets never stand here. */
  audit_log: {
    id: Generated<number>;
    at: Ms;
    kind: 'person' | 'token' | 'cli' | 'agent' | 'stranger';
    actor: string;
    /** From where; null: this machine's command line. */
    address: string | null;
    /** What was changed: `endpoint`; its id, and its name as it was then. */
    object: string;
    object_id: string | null;
    name: string | null;
    action: string;
    /** JSON objects of what differs; null where there is none, as before a creation. */
    before: Json | null;
    after: Json | null;
    reason: string | null;
    /** begun: written before the change, and not completed; whether it was made is not known. */
    outcome: Generated<'begun' | 'done'>;
    /** Its place in the chain, once it is complete; the hash of the one before; the digest of what an erasure may empty; its own. */
    seq: Generated<number | null>;
    prev: Generated<string | null>;
    digest: Generated<string | null>;
    hash: Generated<string | null>;
  };
  /** One row: the newest entry of the chain. */
  audit_chain: { id: string; seq: number; hash: string };
}
