/** What waits in the outbox, by channel. */
import type { State } from '../state/open.ts';
import type { DeliveryRow } from './complete.ts';
import { replacedBy } from './replaced.ts';

const readAtOnce = 500;
/** Of one channel: beyond that what waits for another try holds up what comes later. */
const readAtMost = 20_000;

export interface WaitingRows {
  /** Due now, without those that must wait for an earlier one of the same. */
  due: DeliveryRow[];
  /** Need not be sent any more. */
  replaced: DeliveryRow[];
  /** Say what is new since a first message that was replaced: to their reader they are the first. */
  first: DeliveryRow[];
}

type WaitingRow = Pick<DeliveryRow, 'about' | 'recipient'> & { subject: string };

export function readWaiting(state: State) {
  const rowsOf = (channel: string, offset: number) =>
    state
      .selectFrom('deliveries')
      .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
      .select(['deliveries.id', 'channel', 'about', 'attempts', 'next_at', 'user_name', 'facts', 'ticket', 'alert'])
      .select(['event', 'recipient', 'deliveries.created_at', 'notification', 'named', 'stands_in', 'passed_on'])
      .where('state', '=', 'queued')
      .where('channel', '=', channel)
      .orderBy('created_at')
      .orderBy('notification')
      .limit(readAtOnce)
      .offset(offset)
      .execute();

  /** Of subjects of which several messages wait: whether the last that went out said that it fires. */
  async function notifiedBefore(channel: string, rows: readonly WaitingRow[]) {
    const several = [...Map.groupBy(rows, (row) => row.subject).values()].filter(({ length }) => length > 1);
    const known = new Set<string>();
    for (const [row] of several) {
      if (!row) continue;
      const last = await state
        .selectFrom('deliveries')
        .innerJoin('notifications', 'notifications.id', 'deliveries.notification')
        .select('event')
        .where('channel', '=', channel)
        .where('about', '=', row.about)
        .where((where) => where('recipient', row.recipient === null ? 'is' : '=', row.recipient))
        .where('state', 'in', ['sent', 'dead'])
        .where('attempts', '>', 0)
        .orderBy('created_at', 'desc')
        .orderBy('notification', 'desc')
        .limit(1)
        .executeTakeFirst();
      if (last && last.event !== 'resolved') known.add(row.subject);
    }
    return (subject: string) => known.has(subject);
  }

  /** The oldest, and more as long as all of these wait for another try: what came later must not wait with them. */
  async function oldest(channel: string, now: number) {
    const rows: (Awaited<ReturnType<typeof rowsOf>>[number] & { subject: string })[] = [];
    const waits = new Set<string>();
    for (;;) {
      const some = await rowsOf(channel, rows.length);
      const found = some.map((row) => ({ ...row, subject: `${row.about}\n${row.recipient ?? ''}` }));
      rows.push(...found);
      for (const { subject, next_at } of found) if (next_at > now) waits.add(subject);
      if (some.length < readAtOnce || rows.length >= readAtMost) return rows;
      if (found.some(({ subject }) => !waits.has(subject))) return rows;
    }
  }

  return {
    async channels(): Promise<string[]> {
      const rows = await state
        .selectFrom('deliveries')
        .select('channel')
        .distinct()
        .where('state', '=', 'queued')
        .execute();
      return rows.map(({ channel }) => channel);
    },
    async read(channel: string, now: number): Promise<WaitingRows> {
      const rows = await oldest(channel, now);
      const { ids, first: firsts } = replacedBy(rows, await notifiedBefore(channel, rows));
      const first = new Set<string>();
      const due = rows.filter(({ id, subject, next_at }) => {
        if (ids.has(id) || first.has(subject)) return false;
        first.add(subject);
        return next_at <= now;
      });
      const named = rows.filter(({ id }) => firsts.has(id));
      for (const row of named) row.named = 'firing';
      return { due, replaced: rows.filter(({ id }) => ids.has(id)), first: named };
    },
  };
}
