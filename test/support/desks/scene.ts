/** Our own tickets beside the desk of a vendor, on a clock that is moved by hand. */
import { createChangeFeed } from '../../../collector/change-feed.ts';
import { createDesks } from '../../../collector/desks/desks.ts';
import { openState } from '../../../collector/state/open.ts';
import { createTickets } from '../../../collector/tickets/tickets.ts';
import { silentLog } from '../../../shared/log.ts';
import { createOutgoing } from '../../../shared/outgoing.ts';
import { freshPlace } from '../state.ts';
import { type FakeVendor, serveDesk } from './fake.ts';

export const hookSecret = 'the-secret-of-the-hook';

export async function openScene(vendor: FakeVendor, more: Record<string, unknown> = {}) {
  const fake = await serveDesk(vendor);
  const state = await openState(freshPlace());
  let now = Date.now();
  const clock = { now: () => now, monotonic: () => now };
  const changeFeed = createChangeFeed();
  const tickets = createTickets({ state, clock, changeFeed, zone: 'Europe/Berlin' });
  let isHeld = false;
  let maySend = true;
  const raised: [desk: string, isBad: boolean][] = [];
  const make = () => {
    const [mine, other] = vendor.people;
    const settings = { ...vendor.settings(fake.url), people: { ada: mine, bob: other }, ...more };
    const made = createDesks({
      ...{ state, clock, tickets, changeFeed, log: silentLog, zone: 'Europe/Berlin' },
      ruleNamed: (id) => ({ id }),
      publicUrl: () => 'https://keel.example.org',
      outgoing: createOutgoing(['127.0.0.0/8']),
      settings: [{ name: 'desk', kind: vendor.kind, settings }],
      isHeld: () => isHeld,
      maySend: () => maySend,
      random: () => 0,
      deadlineMs: 400,
    });
    return made;
  };
  let desks = make();
  // Tickets from before it was set up do not go there.
  await desks.runDue();
  const open = (title: string) =>
    tickets.create({
      ...{ title, text: `All about ${title}`, endpoint: null, impact: 2, urgency: 2, by: 'ada', requester: 'mia' },
      ...{ channel: 'phone', category: 'incident' },
    });
  const row = (id: number) => state.selectFrom('tickets').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
  const link = (id: number) => state.selectFrom('desk_links').selectAll().where('ticket', '=', id).executeTakeFirst();
  const comments = async (id: number) =>
    (
      await state
        .selectFrom('ticket_events')
        .selectAll()
        .where('ticket', '=', id)
        .where('kind', '=', 'comment')
        .orderBy('id')
        .execute()
    ).map(({ actor, text }) => `${actor}: ${text}`);
  return {
    ...{ fake, state, tickets, raised, open, row, link, comments },
    desks: () => desks,
    move: (ms: number) => {
      now += ms;
    },
    hold: (held: boolean) => {
      isHeld = held;
    },
    takeOver: (byAnother: boolean) => {
      maySend = !byAnother;
    },
    run: () => desks.runDue(),
    /** Looks until both sides have had time to answer each other. */
    async settle(times = 4) {
      for (let n = 0; n < times; n++) {
        now += 60_000;
        await desks.runDue();
      }
    },
    /** As after a crash: nothing but the state is left. */
    async again() {
      await desks.stop();
      desks = make();
    },
    async raising() {
      desks.start(async (desk, isBad) => void raised.push([desk, isBad]));
    },
    async close() {
      await desks.stop();
      await fake.close();
      await state.destroy();
    },
  };
}
