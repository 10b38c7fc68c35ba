/**
 * Priority = impact + urgency − 1, three levels each, P1 … P5 (the nine cells of ServiceNow's default table).
 * Impact: 1 a site, 2 a server or several people, 3 one person. Urgency: 1 work stopped, 2 hindered, 3 no effect yet.
 */
export type TicketLevel = 1 | 2 | 3;

export function priorityOf(impact: TicketLevel, urgency: TicketLevel): 1 | 2 | 3 | 4 | 5 {
  return (impact + urgency - 1) as 1 | 2 | 3 | 4 | 5;
}

/** The assumed impact of a machine until a person has set it. */
export function impactOf(kind: 'server' | 'workstation' | 'site'): TicketLevel {
  if (kind === 'site') return 1;
  return kind === 'server' ? 2 : 3;
}

export function toTicketLevel(value: number): TicketLevel {
  return value <= 1 ? 1 : value >= 3 ? 3 : 2;
}

export const weight = (impact: TicketLevel, urgency: TicketLevel) => ({
  impact,
  urgency,
  priority: priorityOf(impact, urgency),
});
