/** Columns of the tables by which several collectors share a fleet. Times are those of the database. */
import type { Generated } from 'kysely';
import type { Ms } from './columns.ts';

export interface ClusterTables {
  /** The collectors that run, or ran until lately. */
  collectors: {
    name: string;
    /** Of one run: a collector that starts again is another one. */
    instance: string;
    /** Where the others reach it: host and port. */
    address: string;
    /** PEM: the authority of what it shows the others. */
    certificate: string;
    /** What the others show it. */
    secret: string;
    version: string;
    started_at: Generated<Ms>;
    beat_at: Ms;
    /** What it says of itself, as JSON: `CollectorFigures`. */
    figures: Generated<string | null>;
  };
  /** Who serves what: a bucket by its two hex digits, or `desk`. Gone with its holder. */
  leases: {
    item: string;
    /** Instance of a collector; null: given back. */
    holder: string | null;
    /** Rises with each holder, also where the table was emptied: microseconds of the database's clock at least. */
    token: number;
  };
}
