/**
 * Priority = impact + urgency − 1, three levels each, P1 … P5 (the nine cells of ServiceNow's default table).
 * Impact: 1 a site or a tenth of its people, 2 a server or five people, 3 one person. Urgency: 1 work stopped, 2 hindered, 3 no effect yet.
 */
export type TicketLevel = 1 | 2 | 3;

export function priorityOf(impact: TicketLevel, urgency: TicketLevel): 1 | 2 | 3 | 4 | 5 {
  return (impact + urgency - 1) as 1 | 2 | 3 | 4 | 5;
}

/** Of an outage of a whole site. */
export const siteImpact = 1;

/**
 * The assumed impact of a machine until a person has set it. One person alone is never several, however small the site.
 * @param people who depend on it, and who work at its site; null: not known
 */
export function impactOf(
  kind: 'server' | 'workstation',
  { people, atSite }: { people: number | null; atSite: number | null },
): TicketLevel {
  if (people !== null && people > 1) {
    if (atSite !== null && people * 10 >= atSite) return 1;
    if (people >= 5) return 2;
  }
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
