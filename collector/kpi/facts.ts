/**
 * The facts that KPIs are computed from, read for many endpoints at once: the number of queries grows with the rows,
 * never with the endpoints. Rows come in pages, and the event loop turns between them for reports and pings.
 *
 * To add a fact: its shape in `Facts`, and its reader in `readers`.
 */
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import type { Stretch } from './absence.ts';
import { type AlertFact, readAlerts } from './alert-facts.ts';
import type { AvailabilityMinutes } from './availability.ts';
import { type ChangeFacts, readChanges } from './change-facts.ts';
import { type CostFacts, readCosts } from './cost-facts.ts';
import { firstFact } from './first-fact.ts';
import { type ImpactFacts, readImpact } from './impact-facts.ts';
import { type IncidentFacts, readIncidents } from './incident-facts.ts';
import { type MachineFact, readMachines } from './machine-facts.ts';
import { readPresence } from './presence-facts.ts';
import type { EndpointFact, KpiQuestion } from './question.ts';
import { type RatingFact, readRatings } from './rating-facts.ts';
import { readSoftware, type SoftwareFacts } from './software-facts.ts';
import { readTickets, type TicketFact } from './ticket-facts.ts';
import { readCreated, type VolumeFacts } from './volume-facts.ts';

export interface KpiFacts {
  /** Where each endpoint's monitored time went. Those without any are left out. */
  presence: readonly { endpoint: EndpointFact; minutes: AvailabilityMinutes; stretches: readonly Stretch[] }[];
  /** Alerts that fired, or were acknowledged for the first time, in the period. */
  alerts: readonly AlertFact[];
  /** Tickets that were open in the period, or in the four weeks up to its end, or changed later. */
  tickets: readonly TicketFact[];
  /** Who was asked how satisfied they are, and what they answered, in the period or later. */
  ratings: readonly RatingFact[];
  /** Tickets created in the weeks up to the end of the period. */
  created: VolumeFacts;
  /** Of the first report or ticket of what is asked for, ms UTC: time before it is unknown. Null where there is none. */
  since: number | null;
  /** When the facts were read, ms UTC: what is not certain yet follows from it. */
  now: number;
  /** Of incidents, and the people of the sites. */
  impact: ImpactFacts;
  /** Reports and repetitions of incidents. */
  incidents: IncidentFacts;
  /** Endpoints with their time in the fleet, and how they were day by day. */
  machines: readonly MachineFact[];
  /** Of the whole fleet; null where it cannot be known. */
  software: SoftwareFacts | null;
  /** Of the desk, and the price of an hour. */
  costs: CostFacts;
  /** Changes that were finished in the period. */
  changes: ChangeFacts;
}
export type FactName = keyof KpiFacts;

const readers: { [Name in FactName]: (state: State, question: KpiQuestion) => Promise<KpiFacts[Name]> } = {
  async presence(state, question) {
    const found: KpiFacts['presence'][number][] = [];
    for await (const { endpoint, result } of readPresence(state, question))
      found.push({ endpoint, minutes: result.minutes, stretches: result.intervals });
    return found;
  },
  alerts: readAlerts,
  tickets: readTickets,
  ratings: readRatings,
  created: readCreated,
  since: firstFact,
  now: async (_, { now }) => now,
  impact: readImpact,
  incidents: readIncidents,
  machines: readMachines,
  costs: readCosts,
  changes: readChanges,
  software: readSoftware,
};

/** Reads each needed fact once; the others are left out. */
export async function readFacts(
  state: State,
  needs: Iterable<FactName>,
  question: KpiQuestion,
): Promise<Partial<KpiFacts>> {
  const facts: Partial<Record<FactName, unknown>> = {};
  for (const name of new Set(needs)) {
    await breathe();
    facts[name] = await readers[name](state, question);
  }
  return facts as Partial<KpiFacts>;
}
