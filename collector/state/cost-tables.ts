/** Tables of costs and of software. */
import type { Generated } from 'kysely';
import type { Json, Ms } from './columns.ts';

interface Stamps {
  version: number;
  created_at: Ms;
  created_by: string;
  updated_at: Ms;
  updated_by: string;
}
interface VersionRow {
  version: number;
  at: Ms;
  by_user: string;
  reason: string;
  /** Null: it was removed. */
  content: Json | null;
}

export interface CostTables {
  costs: Stamps & {
    id: string;
    name: string;
    /** What makes the name unique within its first month, see shared/place-name.ts. */
    name_key: string;
    category: string;
    kind: string;
    /** In the smallest unit of the currency. */
    cents: number;
    /** Such as 2026-11; both belong to it. */
    from_month: string;
    to_month: string | null;
    /** Months of life of a purchase. */
    months: number | null;
  };
  cost_versions: VersionRow & { cost: string };
  /** The newest row holds. `hour_cents`: what an hour of work costs, all included; null: not stated. `expected`: categories. */
  money_settings: Omit<VersionRow, 'content'> & { currency: string; hour_cents: number | null; expected: Json };
  products: Stamps & {
    id: string;
    name: string;
    name_key: string;
    /** Of the names of installed titles. */
    patterns: Json;
    class: string;
    entitlements: Json;
  };
  product_versions: VersionRow & { product: string };
  /** Each name under which something is, or was, installed. `product`: the one whose patterns fit. */
  software_titles: {
    id: Generated<number>;
    name: string;
    name_key: string;
    publisher: string | null;
    product: string | null;
  };
  /** On how many endpoints each title is, and each version of it; those that are nowhere are missing. */
  software_spread: { title: number; endpoints: number };
  software_versions: { title: number; version: string; endpoints: number };
  /** Out of the inventories. `version`: empty where it is not known; `last_used` null: no telemetry. */
  installs: { endpoint: string; title: number; version: string; last_used: Ms | null };
  /** The inventory that the installs of an endpoint were taken from. */
  software_read: { endpoint: string; received_at: Ms };
  /** Use as a person has stated it. `unit`: a user, a seat, or the name of a device. */
  software_usage: { product: string; unit: string; last_used: Ms; at: Ms; by_user: string };
}
