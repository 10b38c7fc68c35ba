/** Of the tickets of people that were resolved in the period, how many were so at the first contact. */
import { officeHours } from '../../../shared/calendar.ts';
import { firstContactResolution, isLive } from '../formulas/first-contact.ts';
import type { Share } from '../formulas/numbers.ts';
import { defineKpi, figureOf, type SideFigure } from '../kpi.ts';

export const firstContact = defineKpi({
  id: 'first_contact',
  unit: 'percent',
  of: 'count',
  formula:
    'first_contact/1: resolved at first contact and not reopened within 5 business days / tickets of people resolved',
  worst: 'lowest',
  needs: ['tickets', 'now'],
  hours: 'support',
  compute({ tickets, now }, period) {
    const all = tickets.map(({ id, openedAt, touched = false, calendar, contact }) => ({
      ...{ id, openedAt, touched, calendar, ...contact },
    }));
    // Nobody stated whether it was solved before the contact ended: neither yes nor no.
    const isUnknown = ({ channel, resolvedInContact }: (typeof all)[number]) =>
      isLive(channel) && resolvedInContact === null;
    const find = (some: typeof all) =>
      // Every ticket has the hours of its site.
      firstContactResolution({ calendar: officeHours('UTC'), period, asOf: now, tickets: some });
    const found = find(all.filter((ticket) => !isUnknown(ticket)));
    const unknown = find(all.filter(isUnknown)).tickets;
    const resolved = new Map(tickets.map(({ id, contact }) => [id, contact.resolvedAt as number]));
    const lineOf = (id: string, why: string, part: number, whole: number) => ({
      ...{ ticket: Number(id), at: resolved.get(id) as number, why, part, whole },
    });
    const [low = null, high = null] = found.gross.ci95 ?? [];
    return figureOf(
      'percent',
      [
        ...found.tickets.map(({ id, why, isFirst }) => lineOf(id, why ?? 'first', isFirst ? 1 : 0, 1)),
        ...unknown.map(({ id }) => lineOf(id, 'not_stated', 0, 0)),
      ],
      {
        ...{ low, high, isProvisional: found.provisional > 0 },
        beside: [
          shareBeside('net', found.net),
          { code: 'net_n', unit: 'count', value: found.net.n },
          shareBeside('within_hour', found.withinHour),
          { code: 'within_hour_n', unit: 'count', value: found.withinHour.n },
          { code: 'provisional', unit: 'count', value: found.provisional },
          { code: 'not_stated', unit: 'count', value: unknown.length },
          { code: 'self_service', unit: 'count', value: found.selfService },
        ],
      },
    );
  },
});

/** Too few for a percentage: none. */
function shareBeside(code: string, { pct, ci95, status }: Share): SideFigure {
  const none = { code, unit: 'percent' as const, value: null };
  return status === 'insufficient' ? none : { ...none, value: pct, low: ci95?.[0] ?? null, high: ci95?.[1] ?? null };
}
