/**
 * The facts that KPIs are computed from, read for many endpoints at once: the number of queries grows with the rows,
 * never with the endpoints. Rows come in pages, and the event loop turns between them for reports and pings.
 *
 * To add a fact: its shape in `Facts`, and its reader in `readers`.
 */
import type { Span } from '../../shared/intervals.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import type { Stretch } from './absence.ts';
import { type AlertFact, readAlerts } from './alert-facts.ts';
import type { AvailabilityMinutes } from './availability.ts';
import { type ChangeFacts, readChanges } from './change-facts.ts';
import { type CostFacts, readCosts } from './cost-facts.ts';
import { type ImpactFacts, readImpact } from './impact-facts.ts';
import { type IncidentFacts, readIncidents } from './incident-facts.ts';
import { type MachineFact, readMachines } from './machine-facts.ts';
import { readPresence } from './presence-facts.ts';
import type { EndpointFact, KpiQuestion, KpiScope } from './question.ts';
import { type RatingFact, readRatings } from './rating-facts.ts';
import { readSoftware, type SoftwareFacts } from './software-facts.ts';
import { readTickets, type TicketFact } from './ticket-facts.ts';
import { readCreated, type VolumeFacts } from './volume-facts.ts';

export interface KpiFacts {
  /** Where each endpoint's monitored time went. Those without any are left out. */
  presence: readonly { endpoint: EndpointFact; minutes: AvailabilityMinutes; stretches: readonly Stretch[] }[];
  /** Alerts that fired, or were acknowledged for the first time, in the period. */
  alerts: readonly AlertFact[];
  /** Tickets that were open in the period or changed later. */
  tickets: readonly TicketFact[];
  /** Who was asked how satisfied they are, and what they answered, in the period or later. */
  ratings: readonly RatingFact[];
  /** Tickets created in the weeks up to the end of the period. */
  created: VolumeFacts;
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
  now: async (_, { now }) => now,
  impact: readImpact,
  incidents: readIncidents,
  machines: readMachines,
  costs: readCosts,
  changes: readChanges,
  software: readSoftware,
};

/** The endpoints that were in the fleet at some time of the period, in the order of their names. */
export async function endpointsIn(state: State, scope: KpiScope, period: Span): Promise<EndpointFact[]> {
  let query = state
    .selectFrom('endpoints')
    .select(['id', 'name', 'site', 'kind', 'retired_at', 'interval_ms'])
    .where('enrolled_at', '<', period.end)
    .where((eb) => eb.or([eb('retired_at', 'is', null), eb('retired_at', '>', period.start)]))
    .orderBy('name');
  const { kind, site, group, endpoint } = scope;
  if (kind !== undefined) query = query.where('kind', '=', kind);
  if (site !== undefined) query = query.where('site', '=', site);
  if (endpoint !== undefined) query = query.where('id', '=', endpoint);
  if (group !== undefined)
    query = query.where('id', 'in', state.selectFrom('group_members').select('endpoint').where('group_id', '=', group));
  const found = await query.execute();
  await breathe();
  return found;
}

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
