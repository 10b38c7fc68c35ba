/** Several people on one ticket: handed to another tier, which then owns it, or helped by a swarm, which does not. */
import type { SwarmKind } from '../../shared/api.ts';
import type { TicketNotifying } from '../notify/of-ticket.ts';
import { conflict, type TicketChanges } from './change.ts';
import { note } from './events.ts';
import { callSwarm } from './swarm.ts';

export interface HandOff {
  /** 0 self-service, 1 service desk, 2 specialists, 3 experts, 4 vendor. */
  tier: number;
  /** Null: whoever of the tier takes it. */
  assignee: string | null;
  reason: string;
  /** For whoever gets it, so that nothing is done twice. */
  tried: string;
  /** Case number at the vendor. */
  vendorReference?: string;
}

/** Each throws EvenkeelError NOT_FOUND, or CONFLICT where the ticket does not allow it. */
export interface Teamwork {
  handOff(id: number, by: string, to: HandOff): Promise<void>;
  /** Calls helpers, and tells those who are named. */
  swarm(id: number, by: string, kind: SwarmKind, people?: readonly string[]): Promise<void>;
  join(id: number, by: string, person: string, kind: SwarmKind): Promise<void>;
  leave(id: number, by: string, person: string): Promise<void>;
}

export function createTeamwork({ touch }: Pick<TicketChanges, 'touch'>, notify?: TicketNotifying): Teamwork {
  return {
    handOff: (id, by, { tier, assignee, reason, tried, vendorReference }) =>
      touch(id, async (db, row, now) => {
        if (row.state === 'resolved') throw conflict(`ticket ${id} is resolved; reopen it before handing it off`);
        if (row.tier === tier && row.assignee === assignee)
          throw conflict(`ticket ${id} is with tier ${tier}${assignee === null ? '' : ` and ${assignee}`} already`);
        const named = vendorReference === undefined ? {} : { vendorReference };
        const data = JSON.stringify({ fromTier: row.tier, toTier: tier, from: row.assignee, to: assignee, ...named });
        // An event of its own: its text goes with those of other events where an endpoint is erased.
        await note(db, id, now, by, 'tried', { text: tried });
        await note(db, id, now, by, 'handed_off', { text: reason, data });
        return { tier, assignee, ...(vendorReference === undefined ? {} : { vendor_reference: vendorReference }) };
      }),
    async swarm(id, by, kind, people = []) {
      await touch(id, async (db, _, now) => {
        await callSwarm(db, notify, { ticket: id, at: now, by, kind, people });
        return {};
      });
      notify?.wake();
    },
    join: (id, by, person, kind) =>
      touch(id, async (db, _, now) => {
        const present = db.selectFrom('ticket_participants').select('id').where('ticket', '=', id);
        if (await present.where('person', '=', person).where('left_at', 'is', null).executeTakeFirst())
          throw conflict(`${person} helps with ticket ${id} already`);
        const row = { ticket: id, person, swarm: kind, joined_at: now, left_at: null };
        await db.insertInto('ticket_participants').values(row).execute();
        await note(db, id, now, by, 'joined', { text: person, data: JSON.stringify({ kind }) });
        return {};
      }),
    leave: (id, by, person) =>
      touch(id, async (db, _, now) => {
        const left = await db
          .updateTable('ticket_participants')
          .set({ left_at: now })
          .where('ticket', '=', id)
          .where('person', '=', person)
          .where('left_at', 'is', null)
          .executeTakeFirst();
        if (left.numUpdatedRows === 0n) throw conflict(`${person} does not help with ticket ${id}`);
        await note(db, id, now, by, 'left', { text: person });
        return {};
      }),
  };
}
