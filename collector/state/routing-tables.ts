/** Columns of on-call and routing. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface RoutingTables {
  /** Every version of a schedule, a policy, the routes or what a person set; append-only. The last one counts. */
  routing_documents: {
    id: Generated<number>;
    kind: 'schedule' | 'policy' | 'routes' | 'person';
    name: string;
    /** From then on it counts; before, what was before. */
    from_at: Ms;
    /** Null: removed. */
    content: Json | null;
    at: Ms;
    by_user: string;
    reason: string;
  };
  on_call_overrides: {
    id: string;
    schedule: string;
    from_at: Ms;
    to_at: Ms;
    user_name: string;
    /** A swap: whom it stands in for. */
    replaces: string | null;
    created_at: Ms;
    created_by: string;
    removed_at: Ms | null;
    removed_by: string | null;
  };
  /** Secret links to the shifts of a user, one each; only the hash of the secret is kept. */
  on_call_feeds: { user_name: string; secret_hash: string; created_at: Ms };
}
