/** Columns of the tables of changes. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface ChangeTables {
  changes: {
    id: Generated<number>;
    kind: 'planned' | 'recognised';
    /** Of a recognised one empty: `what`, `manager`, `packages` and `site` describe it. */
    title: string;
    description: string;
    state: 'planned' | 'in_progress' | 'done' | 'cancelled';
    /** The window; of a recognised one its first and its last observation. */
    start_at: Ms;
    end_at: Ms;
    /** When it was finished: the month in which it counts. */
    implemented_at: Ms | null;
    /** A person's own verdict. */
    outcome: 'success' | 'with_issues' | 'failed' | null;
    outcome_reason: string | null;
    objective_met: 0 | 1 | null;
    rolled_back: Generated<number>;
    emergency_fix: Generated<number>;
    /** The change that this one repairs. */
    repair_of: number | null;
    what: 'patch' | 'restart' | null;
    manager: string | null;
    site: string | null;
    /** JSON list of names. */
    packages: Json | null;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
  /** What it was planned for. */
  change_scopes: {
    change: number;
    of: 'site' | 'group' | 'tag' | 'endpoint';
    /** The name of the site, the id of the group, the tag, the id of the endpoint. */
    target: string;
    /** The maintenance window that stands for it. */
    maintenance: string | null;
  };
  /** Endpoints, as they were when it began. */
  change_targets: {
    change: number;
    endpoint: string;
    /** As a person has stated it; null: as observed. */
    result: 'done' | 'failed' | null;
    note: string | null;
  };
  /** What agents reported: an installation of updates, a restart in order. */
  change_observations: {
    id: Generated<number>;
    endpoint: string;
    what: 'patch' | 'restart';
    /** The package manager and instant, or the boot: a repeated report adds nothing. */
    fingerprint: string;
    at: Ms;
    manager: string | null;
    /** JSON list of names. */
    packages: Json;
    /** Null: not yet assigned. */
    change: number | null;
  };
  change_events: { id: Generated<number>; change: number; at: Ms; actor: string; code: string; data: Json };
}
