/** Columns of the maintenance tables. */
import type { Generated } from 'kysely';
import type { Json, Ms, Worked } from './columns.ts';

interface Maintained {
  /** Id of the machine that asked for it itself: it counts only once a person has approved it. */
  asked_by: string | null;
  scope: 'site' | 'group' | 'tag' | 'endpoint';
  /** The name of the site, the id of the group, the tag, the id of the endpoint. */
  target: string;
  approved_at: Ms | null;
  approved_by: string | null;
}

export interface MaintenanceTables {
  /** Maintenance, once (`from_at`, `to_at`) or recurring (`cron` and the rest). */
  maintenance_windows: Worked &
    Maintained & {
      id: string;
      reason: string;
      from_at: Ms | null;
      to_at: Ms | null;
      cron: string | null;
      zone: string | null;
      duration_min: number | null;
      until_wall: string | null;
      /** JSON list of local dates. */
      skip: Json;
      starts_at: Ms | null;
      ends_at: Ms | null;
      /** Occurrences that begin before it have begun, or never will. */
      begun_until: Ms;
      cancelled_at: Ms | null;
      created_at: Ms;
      created_by: string;
      updated_at: Ms;
      updated_by: string;
    };
  /** An occurrence, once begun, is data: later changes of its window do not reach it. */
  maintenance_occurrences: Worked &
    Maintained & {
      id: string;
      maintenance: string;
      start_at: Ms;
      end_at: Ms;
      /** Later than `end_at` while a second person has not confirmed more than 24 h. */
      planned_end_at: Ms;
      /** Later than `start_at`: entered late, so that it counts only once a second person has approved it; see `asked_by`. */
      entered_at: Ms;
      entered_by: string;
    };
  /** The endpoints that an occurrence covers, each since and until when; null while it does. */
  maintenance_members: { occurrence: string; endpoint: string; from_at: Ms; to_at: Ms | null };
  /** Every change of a window by a person; append-only. */
  maintenance_events: { id: Generated<number>; maintenance: string; at: Ms; actor: string; code: string; params: Json };
}
