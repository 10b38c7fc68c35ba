/**
 * Incidents and lost hours by operating system and by model, each beside the machine-months that it had: which kind of
 * machine is worse than the others. Pure.
 */
import type { Span } from '../../shared/intervals.ts';
import type { KpiFacts } from './facts.ts';
import type { LostHours } from './formulas/lost-hours.ts';
import { incidentsBegun } from './kpis/incidents.ts';

interface Load {
  incidents: number;
  /** Lost person-hours. */
  hours: number;
}

export interface RateRow extends Load {
  by: 'os' | 'model';
  /** Null: not known. */
  name: string | null;
  machines: number;
  /** Of 30 days in the fleet. */
  months: number;
}

export interface Rates {
  /** Most incidents per machine-month first. With `rest` each of the two is the whole. */
  rows: RateRow[];
  /** Of no machine. */
  rest: Load;
}

/** An incident of several machines is shared between them in equal parts. */
export function ratesOf(
  { tickets, machines, impact, presence }: Pick<KpiFacts, 'tickets' | 'machines' | 'impact' | 'presence'>,
  lost: Pick<LostHours, 'byIncident'>,
  period: Span,
): Rates {
  const monitored = new Set(presence.map(({ endpoint }) => endpoint.id));
  const there = machines.filter(({ endpoint }) => monitored.has(endpoint.id));
  const known = new Map(there.map((fact) => [fact.endpoint.id, { fact, load: { incidents: 0, hours: 0 } }]));
  const hit = hitBy(impact.outages);
  const rest = { incidents: 0, hours: 0 };
  const add = (ticket: number, endpoint: string | null, what: keyof Load, amount: number) => {
    const own = (hit.get(ticket) ?? (endpoint === null ? [] : [endpoint])).filter((id) => known.has(id));
    if (own.length === 0) rest[what] += amount;
    for (const id of own) (known.get(id) as { load: Load }).load[what] += amount / own.length;
  };
  const endpointOf = new Map(tickets.map(({ number, endpoint }) => [number, endpoint]));
  for (const { number, endpoint } of incidentsBegun(tickets, period)) add(number, endpoint, 'incidents', 1);
  for (const { incident, lost: hours } of lost.byIncident)
    add(Number(incident), endpointOf.get(Number(incident)) ?? null, 'hours', hours);
  const rows = (['os', 'model'] as const).flatMap((by) =>
    [...Map.groupBy(known.values(), ({ fact }) => fact[by])].map(([name, members]): RateRow => {
      const sum = (amountOf: (one: (typeof members)[number]) => number) =>
        members.reduce((all, one) => all + amountOf(one), 0);
      return {
        ...{ by, name, machines: members.length, months: sum(({ fact }) => fact.months) },
        ...{ incidents: sum(({ load }) => load.incidents), hours: sum(({ load }) => load.hours) },
      };
    }),
  );
  const rate = ({ incidents, months }: RateRow) => (months > 0 ? incidents / months : 0);
  return { rows: rows.sort((a, b) => rate(b) - rate(a) || b.months - a.months), rest };
}

function hitBy(outages: KpiFacts['impact']['outages']): Map<number, string[]> {
  const hit = Map.groupBy(outages, ({ ticket }) => ticket);
  return new Map([...hit].map(([ticket, own]) => [ticket, [...new Set(own.map(({ endpoint }) => endpoint))]]));
}
