/** Tables of what is watched from outside. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

export interface TargetTables {
  targets: {
    /** That of its row in `endpoints`. */
    id: string;
    kind: string;
    /** Without its secrets, which never leave the collector but for the watchers. */
    settings: Json;
    secrets: Json;
    interval_s: number;
    timeout_s: number;
    /** JSON list: `collector`, and ids of endpoints. */
    watchers: Json;
    /** How many must say that it is down; null: most of those that can tell. */
    need: number | null;
    enabled: 0 | 1;
    /** Of evenkeel.yaml, and read-only elsewhere, or of people. */
    origin: 'file' | 'page';
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
  services: {
    id: string;
    name: string;
    note: string;
    /** JSON list of ids of endpoints and targets. */
    parts: Json;
    /** How many must work; null: all. */
    need: number | null;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
  /** From when on a target or a service was how. `over`: it is no longer watched. */
  watched_states: {
    id: Generated<number>;
    subject: string;
    at: Ms;
    state: 'up' | 'down' | 'unknown' | 'over';
    /** What was seen then; null: of before that was kept. */
    seen: Json | null;
  };
}
