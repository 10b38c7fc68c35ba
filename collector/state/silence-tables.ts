/** Columns of the tables of silences. */
import type { Json, Ms, Worked } from './columns.ts';

export interface SilenceTables {
  silences: Worked & {
    id: string;
    /** JSON list of texts such as `site="berlin"`. */
    matchers: Json;
    reason: string;
    start_at: Ms;
    end_at: Ms;
    created_at: Ms;
    created_by: string;
    updated_at: Ms;
    updated_by: string;
  };
  /** The alerts that a silence hid, each since and until when; null while it does. */
  silenced: { silence: string; alert: string; from_at: Ms; to_at: Ms | null };
}
