import { type Kysely, sql } from 'kysely';
import type { TableMaker } from './tables.ts';

/** What the numbers about tickets need: who asked, by which way and for what, holds, links, helpers, satisfaction. */
export async function up(db: Kysely<never>, tables: TableMaker): Promise<void> {
  await tables.add('tickets', {
    requester: 'text?',
    channel: 'text = monitor in monitor|portal|mail|phone|chat|api',
    category: 'text = incident in incident|request|question|problem',
    hold_reason: 'text? in awaiting_requester|awaiting_vendor|awaiting_change|awaiting_problem',
    hold_until: 'int?',
  });
  await sql`update tickets set channel = 'portal' where kind = 'person'`.execute(db);
  await tables.add('ticket_events', { is_public: 'int = 0' });
  await nameBeginnings(db);
  await tables.create('ticket_links', {
    id: 'id',
    ticket: 'int -> tickets',
    kind: 'text in parent|duplicate|follows|change|alert|related',
    target: 'text',
    at: 'int',
    by_user: 'text',
  });
  await tables.index('ticket_links_by_ticket', 'ticket_links', 'ticket', 'kind');
  await tables.index('ticket_links_by_target', 'ticket_links', 'target', 'kind');
  await tables.create('ticket_participants', {
    id: 'id',
    ticket: 'int -> tickets',
    person: 'text',
    swarm: 'text in local|severity',
    joined_at: 'int',
    left_at: 'int?',
  });
  await tables.index('ticket_participants_by_ticket', 'ticket_participants', 'ticket');
  await tables.create('ratings', {
    id: 'id',
    ticket: 'int -> tickets',
    token_hash: 'text unique',
    sent_at: 'int',
    rating: 'int?',
    comment: 'text?',
    at: 'int?',
  });
  await tables.index('ratings_by_ticket', 'ratings', 'ticket');
}

/** Acknowledging the alert of a new ticket began it, and its event did not say so. */
async function nameBeginnings(db: Kysely<never>): Promise<void> {
  await sql`update ticket_events set from_state = 'new', to_state = 'in_progress'
    where kind = 'acknowledged' and to_state is null and not exists (
      select 1 from ticket_events earlier where earlier.ticket = ticket_events.ticket and earlier.id < ticket_events.id
      and (earlier.kind in ('acknowledged', 'state', 'reopened')))`.execute(db);
}
