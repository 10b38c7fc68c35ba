/** Types of columns that tables share. */
import type { Generated } from 'kysely';

/** ms since 1970, UTC. */
export type Ms = number;
/** JSON as text. */
export type Json = string;

/** Rows that collectors work on: `bucket` of the endpoint or key, and the name of the collector that works on it. */
export interface Worked {
  bucket: Generated<string>;
  owner: Generated<string>;
}
