/**
 * The index of a period with what it is made of, and what each incident and endpoint cost of it. Pure: figures of KPIs and
 * facts in, parts with their causes out.
 */
import { intersect, length, type Span, subtract } from '../../shared/intervals.ts';
import type { KpiFacts } from './facts.ts';
import type { StabilityPart, StabilityParts } from './formulas/stability-index.ts';
import type { EvidenceItem, Figure, Kpi } from './kpi.ts';
import { serverAvailability, workstationAvailability } from './kpis/availability.ts';
import { lostHours } from './kpis/lost-hours.ts';
import { majorIncidents } from './kpis/major-incidents.ts';
import { responseInTarget } from './kpis/targets.ts';

/** Of a part: how much it weighs, and which values are worth 100 points and 0. */
export interface PartDefinition {
  weight: number;
  target: number;
  floor: number;
}
export type PartName = keyof typeof parts;
export type StabilityDefinition = Readonly<Record<PartName, PartDefinition>>;

/** Of the desk's own choice, not an industry standard: to be calibrated after three months. */
export const startingDefinition: StabilityDefinition = {
  servers: { weight: 30, target: 99.9, floor: 99 },
  workstations: { weight: 15, target: 99.5, floor: 97 },
  response: { weight: 15, target: 95, floor: 70 },
  major_incidents: { weight: 20, target: 0, floor: 4 },
  lost_hours: { weight: 20, target: 0, floor: 0.5 },
};

type Causes = Record<string, number>;
type Facts = Pick<KpiFacts, 'presence' | 'impact'>;

/** The KPI of each part, its value for the index, and how much each cause adds to its loss. */
const parts = {
  servers: { kpi: serverAvailability, causes: (_: Figure, facts: Facts) => downBy(facts, 'server') },
  workstations: { kpi: workstationAvailability, causes: (_: Figure, facts: Facts) => downBy(facts, 'workstation') },
  response: {
    kpi: responseInTarget,
    causes: ({ evidence }: Figure) => byTicket(evidence, ({ part, whole }) => (whole > 0 ? whole - part : 0)),
  },
  major_incidents: { kpi: majorIncidents, causes: ({ evidence }: Figure) => byTicket(evidence, ({ part }) => part) },
  lost_hours: { kpi: lostHours, causes: ({ evidence }: Figure) => byTicket(evidence, ({ part }) => part) },
} as const satisfies Record<string, { kpi: Kpi; causes(figure: Figure, facts: Facts): Causes }>;

export const partNames = Object.keys(parts) as PartName[];
export const kpiOfPart = (name: PartName): string => parts[name].kpi.id;

/** @param figures by the id of the KPI */
export function stabilityParts(
  figures: ReadonlyMap<string, Figure>,
  facts: Facts,
  definition: StabilityDefinition,
): Record<PartName, StabilityPart> & StabilityParts {
  const made = partNames.map((name) => {
    const { kpi, causes } = parts[name];
    const figure = figures.get(kpi.id) as Figure;
    return [name, { ...definition[name], value: valueFor(name, figure), causes: causes(figure, facts) }];
  });
  return Object.fromEntries(made);
}

/** Of lost hours the index takes their share of all working time: hours alone grow with the firm. */
function valueFor(name: PartName, { value, beside }: Figure): number | null {
  if (name !== 'lost_hours' || value === null) return value;
  return beside.find(({ code }) => code === 'share')?.value ?? null;
}

/** Keys of causes: `ticket 7`, `endpoint e1`. */
export const ticketCause = (ticket: number): string => `ticket ${ticket}`;
const endpointCause = (endpoint: string): string => `endpoint ${endpoint}`;
export function causeIn(key: string): { ticket: number } | { endpoint: string } {
  const [what, id] = [key.slice(0, key.indexOf(' ')), key.slice(key.indexOf(' ') + 1)];
  return what === 'ticket' ? { ticket: Number(id) } : { endpoint: id };
}

function byTicket(evidence: readonly EvidenceItem[], amountOf: (item: EvidenceItem) => number): Causes {
  const causes: Causes = {};
  for (const item of evidence) {
    const amount = amountOf(item);
    if (item.ticket === undefined || amount <= 0) continue;
    causes[ticketCause(item.ticket)] = (causes[ticketCause(item.ticket)] ?? 0) + amount;
  }
  return causes;
}

/** Down time belongs to the ticket of its outage; without one to the endpoint itself. */
function downBy({ presence, impact }: Facts, kind: 'server' | 'workstation'): Causes {
  const outages = Map.groupBy(impact.outages, ({ endpoint }) => endpoint);
  const causes: Causes = {};
  const add = (key: string, ms: number) => {
    if (ms > 0) causes[key] = (causes[key] ?? 0) + ms / 60_000;
  };
  for (const { endpoint, stretches } of presence) {
    if (endpoint.kind !== kind) continue;
    let down: Span[] = stretches.filter(({ state }) => state === 'down');
    if (down.length === 0) continue;
    let left = length(down);
    for (const { ticket, start, end } of outages.get(endpoint.id) ?? []) {
      const own = intersect(down, [{ start, end: end ?? Number.MAX_SAFE_INTEGER }]);
      add(ticketCause(ticket), length(own));
      left -= length(own);
      // What one ticket has is not counted for a second.
      down = subtract(down, own);
    }
    add(endpointCause(endpoint.id), left);
  }
  return causes;
}
