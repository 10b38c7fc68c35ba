/** Major incidents per 30 days and 100 endpoints: each P1 counts one, each P2 a half. */
import { distinct } from './numbers.ts';

export interface MajorIncidentInput {
  /** Incidents that began in the period; those of other priorities are left out. */
  incidents: readonly { id: string; priority: number }[];
  endpoints: number;
  periodDays: number;
}

export interface MajorIncidentRate {
  /** Null without days. */
  rate: number | null;
  /** What each incident adds to the rate. */
  incidents: { id: string; priority: number; part: number }[];
}

export function majorIncidentRate({ incidents, endpoints, periodDays }: MajorIncidentInput): MajorIncidentRate {
  if (!(periodDays > 0)) return { rate: null, incidents: [] };
  // A small fleet is not divided by a fraction: one incident would weigh as many.
  const each = 30 / periodDays / Math.max(1, endpoints / 100);
  const major = distinct(incidents).filter(({ priority }) => priority === 1 || priority === 2);
  const parts = major.map(({ id, priority }) => ({ id, priority, part: priority === 1 ? each : each / 2 }));
  return { rate: parts.reduce((sum, { part }) => sum + part, 0), incidents: parts };
}
