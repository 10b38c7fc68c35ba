/**
 * What becomes due for open tickets: half, four fifths and all of a target used, and the date of a hold. Each is noted
 * once, as an event of the ticket. What is due is derived from the ticket, so a restart forgets nothing.
 */
import { businessClock } from '../../shared/calendar.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { createDueQueue } from '../due.ts';
import { notifyOfTicket, type TicketNews, type TicketNotifying } from '../notify/of-ticket.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { type ClockReader, clockKinds, type TicketClocks } from './clocks.ts';
import { monitor, note } from './events.ts';
import { tellNews } from './tell-news.ts';

export interface TicketTimers {
  /** Reads what waits, then checks every second. */
  start(): Promise<void>;
  /** Notes what is due; called every second by itself. */
  tick(now: number): Promise<void>;
  stop(): Promise<void>;
}

interface TimerParts {
  state: State;
  clock: Clock;
  changeFeed: ChangeFeed;
  clocks: ClockReader;
  log: Log;
  /** Left out, nobody is notified. */
  notify?: TicketNotifying | undefined;
}

/** Something that is or becomes due. */
interface Mark {
  at: number;
  kind: 'sla' | 'reminder';
  /** Makes it one of its kind: noted with these facts, it is not noted again. */
  facts: Record<string, string | number>;
  news: TicketNews;
}

const tickMs = 1000;
/** In the queue beside the numbers of tickets. */
const newsKey = 'news';
const again = 60_000;

export function createTicketTimers({ state, clock, changeFeed, clocks, log, notify }: TimerParts): TicketTimers {
  const due = createDueQueue();
  let timer: NodeJS.Timeout | undefined;
  let unsubscribe: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();

  /** Notes what is due by now, and waits for the next. @returns whether something was noted */
  async function look(id: number, now: number): Promise<boolean> {
    const { next, noted } = await state.transaction().execute(async (db) => {
      const row = await openTickets(db).where('tickets.id', '=', id).executeTakeFirst();
      if (!row) return { next: null, noted: false };
      const found = await clocks.of(db, [row], now);
      const marks = [...holdMarks(row), ...slaMarks(row.priority, found.get(id))];
      const old = new Set(await notedOf(db, id));
      const open = marks.filter(({ facts }) => !old.has(JSON.stringify(facts)));
      const ready = open.filter(({ at }) => at <= now);
      for (const { kind, facts } of ready) await note(db, id, now, monitor, kind, { data: JSON.stringify(facts) });
      if (notify) for (const { news } of newestOf(ready)) await notifyOfTicket(db, notify, id, now, news);
      const waiting = open.filter(({ at }) => at > now).map(({ at }) => at);
      return { next: waiting.length === 0 ? null : Math.min(...waiting), noted: ready.length > 0 };
    });
    due.set(String(id), next);
    return noted;
  }

  /** To whoever watches tickets, or was named. */
  async function tell(now: number): Promise<void> {
    if (!notify) return;
    try {
      const next = await state.transaction().execute((db) => tellNews(db, notify, now));
      due.set(newsKey, next);
      notify.wake();
    } catch (thrown) {
      due.set(newsKey, now + again);
      log.error({ err: thrown }, 'Could not tell who watches tickets of news yet; tried again');
    }
  }

  async function tick(now: number): Promise<void> {
    for (let entry = due.take(now); entry; entry = due.take(now)) {
      const id = Number(entry.key);
      if (entry.key === newsKey) {
        await tell(now);
        continue;
      }
      try {
        if (!(await look(id, now))) continue;
        changeFeed.publish({ kind: 'ticket', ticket: id });
        notify?.wake();
      } catch (thrown) {
        due.set(entry.key, now + again);
        log.error({ err: thrown, ticket: id }, 'Could not note what is due for a ticket yet; tried again');
      }
    }
  }

  /** To be looked at with the next tick. */
  async function lookAtAll(): Promise<void> {
    const rows = await state.selectFrom('tickets').select('id').where('open_key', 'is not', null).execute();
    for (const { id } of rows) due.set(String(id), clock.now());
  }

  return {
    async start() {
      unsubscribe = changeFeed.subscribe((change) => {
        if (change.kind === 'ticket') {
          due.set(String(change.ticket), clock.now());
          due.set(newsKey, clock.now());
        } else if (change.kind === 'calendar' || change.kind === 'site')
          lookAtAll().catch((thrown: unknown) => log.error({ err: thrown }, 'Could not read the open tickets'));
      });
      await lookAtAll();
      due.set(newsKey, clock.now());
      timer = setInterval(() => {
        running = running.then(() => tick(clock.now()));
      }, tickMs);
      timer.unref();
    },
    tick,
    async stop() {
      clearInterval(timer);
      unsubscribe?.();
      await running;
    },
  };
}

const openTickets = (db: StateTransaction) =>
  db
    .selectFrom('tickets')
    .leftJoin('endpoints', 'endpoints.id', 'tickets.endpoint')
    .select(['tickets.id', 'tickets.opened_at', 'tickets.priority', 'tickets.requester'])
    .select(['tickets.hold_until', 'tickets.hold_reason'])
    .select((of) => of.fn.coalesce('tickets.site', 'endpoints.site').as('support_site'))
    .where('tickets.open_key', 'is not', null);

async function notedOf(db: StateTransaction, id: number): Promise<string[]> {
  const events = db.selectFrom('ticket_events').select('data').where('ticket', '=', id);
  const rows = await events.where('kind', 'in', ['sla', 'reminder']).execute();
  return rows.flatMap(({ data }) => data ?? []);
}

/** After a time without a collector several marks of a clock are due at once: the last one says it all. */
const newestOf = (marks: readonly Mark[]): Mark[] => [
  ...new Map(marks.toSorted((a, b) => a.at - b.at).map((mark) => [mark.facts.clock ?? mark.kind, mark])).values(),
];

function holdMarks({
  hold_until: until,
  hold_reason: why,
}: {
  hold_until: number | null;
  hold_reason: string | null;
}): Mark[] {
  const news = { event: 'hold', severity: 'warning', why, dueAt: null } as const;
  return until === null ? [] : [{ at: until, kind: 'reminder', facts: { until }, news }];
}

/** Missed, these are an emergency. */
const urgentFrom = 2;

function slaMarks(priority: number, clocks: TicketClocks | undefined): Mark[] {
  return clockKinds.flatMap((kind) => {
    const found = clocks?.[kind];
    if (!found || found.state === 'stopped') return [];
    // Another priority has another target, with warnings of its own.
    const minutes = found.target.minutes ?? 0;
    // Used up at the end of the support hours it is not missed yet: that begins with the next ms that counts.
    const missedAt = found.dueAt === null ? null : businessClock(found.target.calendar).after(found.dueAt, 1);
    const shares = [...found.warnings, { share: 1, at: missedAt }];
    return shares.flatMap(({ share, at }): Mark[] =>
      at === null
        ? []
        : [
            {
              at,
              kind: 'sla',
              facts: { clock: kind, share, minutes },
              news: newsOf(kind, share, found.dueAt, priority),
            },
          ],
    );
  });
}

const newsOf = (clock: string, share: number, dueAt: number | null, priority: number): TicketNews => ({
  ...{ event: 'sla', why: `${clock}_${Math.round(100 * share)}`, dueAt },
  severity: share === 1 && priority <= urgentFrom ? 'critical' : 'warning',
});
