/** When an incident really began and ended. Pure. */

interface TicketSpan {
  opened_at: number;
  restored_at: number | null;
  resolved_at: number | null;
}

/**
 * From the earliest evidence to the last restored one, else to the resolution; `to` is null while something of it lasts.
 * @param stretches outages and what was stated. @param pending when its alerts first saw it
 */
export function spanOf(
  ticket: TicketSpan,
  stretches: readonly { start: number; end: number | null }[],
  pending: readonly number[],
): { from: number; to: number | null } {
  const from = Math.min(ticket.opened_at, ...stretches.map(({ start }) => start), ...pending);
  if (stretches.some(({ end }) => end === null)) return { from, to: null };
  if (stretches.length > 0) return { from, to: Math.max(...stretches.map(({ end }) => end ?? 0)) };
  return { from, to: ticket.restored_at ?? ticket.resolved_at };
}
