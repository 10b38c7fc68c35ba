/** The message that asks the reviewer of an article to look at it again, written in the transaction that notes it. */
import type { ReviewerLack } from '../../shared/knowledge.ts';
import type { StateTransaction } from '../state/database.ts';
import type { Notification } from './channel.ts';
import type { Way } from './notification.ts';
import { wayTo } from './of-ticket.ts';
import type { Receivers } from './receivers.ts';
import type { ChannelRoute } from './route.ts';
import { saveNotification } from './save.ts';

interface ReviewNoticeParts {
  /** As they are at the moment. */
  routes: readonly ChannelRoute[];
  routing: Pick<Receivers, 'reach'> & {
    unreached(target: string, at: number): { why: 'off' | 'no_way' | 'gone' | 'gap' } | null;
  };
  wake(): void;
}

const severity = 'warning';

/** As whoever helps with a ticket is called: by their own ways, else by mail where their name has an address. */
export function wayOfPerson(
  { routes, routing }: { routes: readonly ChannelRoute[]; routing: Pick<Receivers, 'reach'> },
  person: string,
  at: number,
): Way | 'quiet' | null {
  const ways = routing.reach(`person:${person}`, severity, at);
  const open = ways.find(({ heldUntil }) => heldUntil === null);
  if (open) return { channel: open.channel, recipient: open.recipient, user: open.user };
  if (ways.length > 0) return 'quiet';
  const mail = wayTo(routes, person);
  return mail && { ...mail, user: null };
}

export function createReviewNotices({ routes, routing, wake }: ReviewNoticeParts) {
  function wayOf(reviewer: string, at: number): Way | ReviewerLack {
    const way = wayOfPerson({ routes, routing }, reviewer, at);
    if (way !== null) return way;
    return routing.unreached(`person:${reviewer}`, at)?.why === 'no_way' ? 'no_way' : 'gone';
  }

  return {
    /** Null: a message would reach them now. */
    lack(reviewer: string | null, at: number): ReviewerLack | null {
      if (reviewer === null) return 'nobody';
      const way = wayOf(reviewer, at);
      return typeof way === 'string' ? way : null;
    },
    /** @returns whether it is on its way; nothing was written where not */
    async ask(
      db: StateTransaction,
      reviewer: string,
      article: NonNullable<Notification['article']>,
      at: number,
    ): Promise<boolean> {
      const way = wayOf(reviewer, at);
      if (typeof way === 'string') return false;
      const about = `article/${article.id}`;
      const facts = {
        ...{
          event: 'review' as const,
          severity: severity as 'warning',
          why: null,
          key: about,
          rule: { id: 'article' },
        },
        ...{ endpoint: { id: '', name: '', kind: '', site: null }, members: null, metric: '', tags: {}, article },
        ...{ value: null, threshold: null, unit: '', startedAt: at, endedAt: null },
      };
      const of = { receiver: null, about, alert: null, alerts: [], incident: null, ticketKey: '', ticket: null };
      await saveNotification(db, { at, ways: [way], ...of, facts }, null);
      return true;
    },
    wake,
  };
}
