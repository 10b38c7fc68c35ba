/** What people do with tickets, until when it is to be done, and what is noted when it is due. */
import type { Log } from '../../shared/log.ts';
import { createClockReader } from './clocks.ts';
import { createTickets, type TicketsParts } from './tickets.ts';
import { createTicketTimers } from './timers.ts';

/** @param onStop takes what ends its timers */
export async function openDesk(parts: TicketsParts & { log: Log }, onStop: (close: () => Promise<void>) => void) {
  const ticketClocks = createClockReader(parts.changeFeed, parts.zone);
  const timers = createTicketTimers({ ...parts, clocks: ticketClocks });
  await timers.start();
  onStop(() => timers.stop());
  return { tickets: createTickets(parts), ticketClocks };
}
