/** Columns of the table of people who have lost their access: collector/recovery. Of every secret and code only the hash is here. */
import type { Generated } from 'kysely';
import type { Ms } from './columns.ts';

export interface RecoveryTables {
  recovery_requests: {
    id: Generated<number>;
    /** Of the secret in the link of whoever asks. */
    secret_hash: string;
    /** Of the directory; null: nobody whom it has, which the page must not show. */
    person: string | null;
    way: 'mail' | 'manager' | 'approver';
    /** What they cannot reach, as typed. */
    reach: string;
    endpoint: string | null;
    state: 'waiting' | 'verified' | 'refused';
    /** With the secret that the one who enters it has; null: none was sent. */
    code_hash: string | null;
    /** Of the secret in the link of whoever confirms. */
    confirm_hash: string | null;
    tries: Generated<number>;
    ticket: number | null;
    language: string;
    made_at: Ms;
    expires_at: Ms;
    decided_at: Ms | null;
  };
}
