/**
 * The contract of a health source: one kind of finding about the machine. Adding one: a file beside this one with pure,
 * total parsers and a reader, and a line in index.ts.
 *
 * "ok" needs evidence. What could not be read is an item with status `unknown`; what the machine does not have is NoData.
 */

import type { HealthItem } from '../../../shared/inventory.ts';
import type { Reason } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import type { more } from '../../../shared/words/en/more.ts';
import type { CheckContext } from '../check.ts';
import { short } from '../parse.ts';

export { metric } from '../reading.ts';

export type HealthStatus = HealthItem['status'];

export interface HealthReading {
  items: HealthItem[];
  metrics: Metric[];
}

export interface HealthSource {
  name: string;
  /** Least time between two readings in ms: minutes for files, hours for programs. */
  every: number;
  /** One line for doctor: what is read, with which rights. */
  reads: string;
  platforms: readonly NodeJS.Platform[];
  /** Takes seconds of work or minutes of waiting: read in the process of the heavy checks. */
  heavy?: boolean;
  /** @throws NoData when the machine has nothing of the kind. */
  read(context: CheckContext): Promise<HealthReading>;
}

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** 0 ok, 1 warning, 2 critical, as in the catalogue; unknown has no number. */
export function severityOf(status: HealthStatus): number | null {
  return status === 'ok' ? 0 : status === 'warning' ? 1 : status === 'critical' ? 2 : null;
}

export function worst(statuses: readonly HealthStatus[]): HealthStatus {
  for (const status of ['critical', 'warning', 'unknown'] as const) if (statuses.includes(status)) return status;
  return statuses.length === 0 ? 'unknown' : 'ok';
}

/** Figures of a finding, by names that there are words for. */
export type Details = Readonly<Partial<Record<keyof typeof more.health.detail, HealthItem['details'][string]>>>;

/** An item within the bounds of the section. */
export function item(
  kind: string,
  name: string,
  status: HealthStatus,
  summary: Reason | readonly Reason[],
  details: Details,
  at: number,
): HealthItem {
  const bounded = Object.entries(details).map(([key, value]) => [
    key,
    typeof value === 'string' ? short(value, 490) : value,
  ]);
  return { kind, name: short(name), status, summary: [summary].flat(), details: Object.fromEntries(bounded), at };
}
