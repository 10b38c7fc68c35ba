/** Columns of the tables of outages. */
import type { Json, Ms } from './columns.ts';

export interface OutageTables {
  /** The incident of a site as it stands; `*`: of all endpoints. */
  outages: { site: string; content: Json; updated_at: Ms };
  /** An endpoint is reached by way of `parent`; `way` 0: any of these cuts it off, else all of one number together do. */
  dependencies: { endpoint: string; way: number; parent: string; at: Ms; by_user: string };
}
