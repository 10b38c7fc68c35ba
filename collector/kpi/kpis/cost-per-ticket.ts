/** What support cost in a period ÷ the tickets of it that people handled. */
import { centsIn } from '../cost-facts.ts';
import { costPerTicket as perTicket } from '../formulas/cost-per-ticket.ts';
import { ticketVolume } from '../formulas/volume.ts';
import { defineKpi, partBeside, quotientOf, type SideFigure } from '../kpi.ts';
import { knownPart } from '../period.ts';

export const costPerTicket = defineKpi({
  id: 'cost_per_ticket',
  unit: 'money',
  of: 'count',
  total: 'quotient',
  formula:
    'cost_per_ticket/2: (monthly + yearly/12 + capital/months of life) of the days known ÷ tickets created and handled by people',
  worst: 'highest',
  needs: ['tickets', 'created', 'costs', 'since'],
  compute({ tickets, created, since, costs: { costs: all, currency, expected, zone } }, period) {
    const part = knownPart(period, since);
    const costs = all?.map((one) => ({ ...one, cents: centsIn(one, zone, part) })).filter(({ cents }) => cents > 0);
    const counted = new Set(ticketVolume({ period, zone: created.zone, tickets: created.tickets }).tickets);
    const isOfPerson = new Map(created.tickets.map(({ id, source }) => [id, source === 'user']));
    const own = tickets.filter(({ id }) => counted.has(id));
    const handled = own.filter(({ id, touched }) => isOfPerson.get(id) || touched !== false);
    const untouched = own.length - handled.length;
    const found = perTicket({
      costs: (costs ?? []).map(({ id, cents }) => ({ id, cents, kind: 'monthly' })),
      ...{ handled: handled.length, untouched },
    });
    const missing = expected.filter((one) => !costs?.some(({ category }) => category === one));
    const evidence = (costs ?? []).map(({ id, name, cents }) => ({ named: { id, name }, part: cents, whole: 0 }));
    const isKnown = evidence.length > 0;
    const beside: SideFigure[] = [
      { code: 'operating', unit: 'money', value: isKnown ? found.operating : null },
      { code: 'all_tickets', unit: 'money', value: isKnown ? found.perTicketOfAll : null },
      { code: 'untouched', unit: 'count', value: untouched },
      // Nothing records how long a ticket was worked on.
      { code: 'by_tier', unit: 'money', value: null },
      { code: 'missing', unit: 'count', value: all === null ? 0 : missing.length },
      ...partBeside(period, since),
    ];
    const lines = handled.map(({ number, openedAt }) => ({ ticket: number, at: openedAt, part: 0, whole: 1 }));
    return isKnown
      ? quotientOf('money', [...evidence, ...lines], { currency, beside })
      : quotientOf('money', [], { currency });
  },
});
