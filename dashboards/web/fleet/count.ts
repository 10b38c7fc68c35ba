/** Numbers about the whole fleet, from its rows. Pure. */
import type { EndpointRow, PatchRow } from '../../../shared/api.ts';
import { urgency } from './filter.ts';

export interface Counts {
  all: number;
  online: number;
  attention: number;
  critical: number;
  /** Alerts, not endpoints. */
  firing: number;
  lost: number;
  offline: number;
  unknown: number;
}

export function countFleet(rows: Iterable<EndpointRow>): Counts {
  const counts: Counts = { all: 0, online: 0, attention: 0, critical: 0, firing: 0, lost: 0, offline: 0, unknown: 0 };
  for (const row of rows) {
    counts.all++;
    if (row.attention.length > 0) counts.attention++;
    if (urgency(row) === 3) counts.critical++;
    counts.firing += row.alerts.critical + row.alerts.warning;
    if (row.state === 'online') counts.online++;
    else if (row.state === 'lost') counts.lost++;
    else if (row.state === 'offline') counts.offline++;
    else counts.unknown++;
  }
  return counts;
}

export const ageGroups = ['none', 'week', 'fortnight', 'month', 'older', 'unknown'] as const;
export type AgeGroup = (typeof ageGroups)[number];

const dayMs = 86_400_000;

/**
 * The group of the age of an endpoint's oldest pending security update: at most 7, 14, 30 days, or older. What could
 * not be scanned is unknown, unless something known to be old is waiting.
 */
export function ageGroup(
  row: Pick<PatchRow, 'state' | 'pendingSecurity' | 'oldestSecuritySince'>,
  now: number,
): AgeGroup {
  if (row.state === 'unknown') return 'unknown';
  if (row.oldestSecuritySince === null) return row.pendingSecurity === 0 ? 'none' : 'unknown';
  const days = (now - row.oldestSecuritySince) / dayMs;
  return days <= 7 ? 'week' : days <= 14 ? 'fortnight' : days <= 30 ? 'month' : 'older';
}

/** Compliant endpoints of those that are known, 0–100; null when none is known. */
export function compliancePercent({ compliant, overdue }: { compliant: number; overdue: number }): number | null {
  const known = compliant + overdue;
  return known === 0 ? null : (compliant / known) * 100;
}
