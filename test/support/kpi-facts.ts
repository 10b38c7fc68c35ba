/** The facts of worked cases, in the shape that the formulas take. */
import type { ChangeFact } from '../../collector/kpi/formulas/change-success.ts';
import type { CostItem } from '../../collector/kpi/formulas/cost-per-ticket.ts';
import type { ContactTicket } from '../../collector/kpi/formulas/first-contact.ts';
import type { LostHoursInput } from '../../collector/kpi/formulas/lost-hours.ts';
import type { ClockEvent, SlaTarget } from '../../collector/kpi/formulas/sla-clock.ts';
import type { TicketHistory } from '../../collector/kpi/formulas/ticket-history.ts';
import type { Span } from '../../shared/intervals.ts';
import { caseCalendars } from './kpi-cases.ts';

export const at = (text: string): number => Temporal.Instant.from(text).epochMilliseconds;
export const spanOf = (span: { start: string; end: string }): Span => ({ start: at(span.start), end: at(span.end) });
const maybeAt = (text?: string | null) => (text ? at(text) : null);

// biome-ignore lint/suspicious/noExplicitAny: as written in the file of the cases
type Raw = any;

export const historiesOf = (tickets: Raw[]): TicketHistory[] =>
  tickets.map((ticket) => ({
    id: ticket.id,
    events: ticket.events.map((event: Raw) => ({ at: at(event.at), state: event.state, reason: event.reason ?? null })),
    ...(ticket.kind ? { kind: ticket.kind } : {}),
    touched: ticket.human_touched ?? true,
  }));

export function clockEventsOf(events: Raw[], target: SlaTarget): ClockEvent[] {
  let isStopped = false;
  return events.map((event): ClockEvent => {
    const when = at(event.at);
    if (event.type === 'retarget')
      return { type: 'retarget', at: when, target: { ...target, minutes: event.target_minutes } };
    const type = isStopped && /start|resume|reopen/.test(event.type) ? 'reopen' : event.type;
    isStopped = type === 'stop' || (isStopped && type !== 'reopen');
    return { type, at: when };
  });
}

export const lostHoursInputOf = (input: Raw): LostHoursInput => ({
  period: spanOf(input.period),
  ...(input.now ? { now: at(input.now) } : {}),
  groups: Object.fromEntries(
    Object.entries<Raw>(input.groups).map(([name, group]) => [
      name,
      {
        calendar: caseCalendars[group.calendar],
        headcount: group.headcount,
        maintenance: (group.maintenance ?? []).map(spanOf),
      },
    ]),
  ),
  incidents: input.incidents.map((incident: Raw) => ({
    id: incident.id,
    segments: incident.segments.map((segment: Raw) => ({
      start: at(segment.start),
      end: maybeAt(segment.end),
      factor: segment.factor,
      affected: segment.affected,
      confirmed: segment.confirmed ?? true,
    })),
  })),
  ...(input.business_down_threshold === undefined ? {} : { downThreshold: input.business_down_threshold }),
});

export const contactTicketsOf = (tickets: Raw[]): ContactTicket[] =>
  tickets.map((ticket) => ({
    id: ticket.id,
    source: ticket.source,
    channel: ticket.channel,
    resolvedAt: maybeAt(ticket.resolved_at),
    reopenedAt: maybeAt(ticket.reopened_at),
    touched: ticket.human_touched,
    cancelledReason: ticket.cancelled_reason,
    escalated: ticket.escalated,
    agentPublicReplies: ticket.agent_public_replies,
    requesterReplies: ticket.requester_replies_before_resolution,
    resolvedInContact: ticket.resolved_in_contact ?? null,
    firstContactPossible: ticket.first_contact_possible,
  }));

export const changesOf = (changes: Raw[]): ChangeFact[] =>
  changes.map((change) => ({
    id: change.id,
    status: change.status,
    implementedAt: maybeAt(change.implemented_at),
    objectiveMet: change.objective_met,
    rolledBack: change.rolled_back,
    emergencyFix: change.emergency_fix,
    overran: change.window_overrun === true,
    incidents: change.incidents.map((incident: Raw) => ({
      priority: incident.priority,
      openedAt: at(incident.opened_at),
    })),
    targets: change.targets,
    failedTargets: change.failed_targets,
    repairs: change.repair_of ?? change.repairs ?? null,
  }));

export const costsOf = (costs: Raw[]): CostItem[] =>
  costs.map((cost, n) => ({
    id: String(n).padStart(3, '0'),
    kind: cost.kind,
    cents: Math.round(cost.amount * 100),
    ...(cost.months === undefined ? {} : { months: cost.months }),
  }));

/** Another order, the same for the same seed. */
export function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const rank = (n: number) => Math.abs(Math.sin(seed + n * 12.9898)) % 1;
  return items
    .map((item, n) => ({ item, n: rank(n) }))
    .sort((a, b) => a.n - b.n)
    .map(({ item }) => item);
}

/** No figure is NaN or infinite, however deep it lies. */
export function allFinite(value: unknown, path = ''): void {
  if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${path} is ${value}`);
  if (typeof value === 'object' && value !== null)
    for (const [name, part] of Object.entries(value)) allFinite(part, `${path}.${name}`);
}
