/**
 * Declares what will never be stored: reports that an agent had to drop, or a message that cannot be kept here. The row is
 * on disk before anything is acknowledged.
 */
import type { Loss } from '../../shared/report.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import type { IntakeCounters } from './counters.ts';
import type { RetryWhileBusy } from './retry-while-busy.ts';

export interface Losses {
  /** Reports that an agent dropped. A loss that is declared twice is one row. */
  declared(endpoint: string, lost: readonly Loss[], receivedAt: number): Promise<void>;
  /** A message whose content is not stored; those with numbers in a row share one row. */
  refused(endpoint: string, identity: { epoch: string; seq: number }, receivedAt: number): Promise<void>;
}

export function createLosses(parts: { state: State; patience: RetryWhileBusy; counters: IntakeCounters }): Losses {
  const { state, patience, counters } = parts;
  const group = createGroup(state);

  async function declared(endpoint: string, lost: readonly Loss[], receivedAt: number): Promise<void> {
    if (lost.length === 0) return;
    const rows = lost.map(({ epoch, from, to, reason, count }) => ({
      ...{ endpoint, epoch, from_seq: from, to_seq: to, reason, count },
      received_at: receivedAt,
    }));
    await patience(async () => {
      await state
        .insertInto('losses')
        .values(rows)
        .onConflict((clash) => clash.doNothing())
        .execute();
    });
    counters.lostReports.inc(rows.reduce((sum, row) => sum + row.count, 0));
  }

  /** Grouped in one commit with others: a broken agent can cause a hundred per second. */
  function refused(endpoint: string, { epoch, seq }: { epoch: string; seq: number }, at: number): Promise<void> {
    return patience(() =>
      group(async (db) => {
        const near = await db
          .selectFrom('losses')
          .select(['id', 'from_seq', 'to_seq', 'count'])
          .where('endpoint', '=', endpoint)
          .where('epoch', '=', epoch)
          .where('reason', '=', 'refused')
          .where('from_seq', '<=', seq)
          .where('to_seq', '>=', seq - 1)
          .executeTakeFirst();
        if (near && near.to_seq >= seq) return;
        const values = { to_seq: seq, received_at: at };
        if (near)
          await db
            .updateTable('losses')
            .set({ ...values, count: near.count + 1 })
            .where('id', '=', near.id)
            .execute();
        else
          await db
            .insertInto('losses')
            .values({ ...values, endpoint, epoch, from_seq: seq, reason: 'refused', count: 1 })
            .onConflict((clash) => clash.doNothing())
            .execute();
      }),
    );
  }

  return { declared, refused };
}
