/**
 * Declares what will never be stored: reports that an agent had to drop, or a message that cannot be kept here. The row is
 * on disk before anything is acknowledged.
 */
import { sql } from 'kysely';
import type { Loss } from '../../shared/report.ts';
import type { StateTransaction } from '../state/database.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import type { IntakeCounters } from './counters.ts';
import type { RetryWhileBusy } from './retry-while-busy.ts';

/** Rows of one endpoint. A real one has a few per year; beyond this, losses are added up in one row per reason. */
export const lossesAtMost = 5000;
const reasons = ['quota', 'disk_full', 'corrupt', 'refused'] as const;

export interface Losses {
  /** Reports that an agent dropped. A loss that is declared twice is one row. */
  declared(endpoint: string, lost: readonly Loss[], receivedAt: number): Promise<void>;
  /** A message whose content is not stored; those with numbers in a row share one row. */
  refused(endpoint: string, identity: { epoch: string; seq: number }, receivedAt: number): Promise<void>;
}

export function createLosses(parts: { state: State; patience: RetryWhileBusy; counters: IntakeCounters }): Losses {
  const { state, patience, counters } = parts;
  const group = createGroup(state);
  /** Rows by endpoint, counted when one is added first. */
  const rowsOf = new Map<string, number>();

  async function isFull(db: State | StateTransaction, endpoint: string): Promise<boolean> {
    if (!rowsOf.has(endpoint)) {
      const sum = db.fn.countAll<number>().as('n');
      const found = await db.selectFrom('losses').select(sum).where('endpoint', '=', endpoint).executeTakeFirst();
      rowsOf.set(endpoint, Number(found?.n ?? 0));
    }
    return (rowsOf.get(endpoint) ?? 0) >= lossesAtMost;
  }
  const added = (endpoint: string, rows: bigint = 0n) =>
    void rowsOf.set(endpoint, (rowsOf.get(endpoint) ?? 0) + Number(rows));

  /** What is declared twice counts twice here: the number is the most that was lost. */
  async function addUp(
    db: State | StateTransaction,
    endpoint: string,
    lost: readonly { reason: (typeof reasons)[number]; count: number }[],
    at: number,
  ): Promise<void> {
    for (const [n, reason] of reasons.entries()) {
      const sum = lost.reduce((all, one) => (one.reason === reason ? cut(all + one.count) : all), 0);
      if (sum === 0) continue;
      const room = Number.MAX_SAFE_INTEGER - sum;
      await db
        .insertInto('losses')
        .values({
          // No agent makes such an epoch, and no number is 0.
          ...{ endpoint, epoch: `many of ${endpoint}`, from_seq: 0, to_seq: n },
          ...{ reason, count: sum, received_at: at },
        })
        .onConflict((clash) =>
          clash.columns(['endpoint', 'epoch', 'from_seq', 'to_seq']).doUpdateSet({
            count: sql<number>`case when losses.count > ${room} then losses.count else losses.count + ${sum} end`,
            received_at: at,
          }),
        )
        .execute();
    }
  }

  async function declared(endpoint: string, lost: readonly Loss[], receivedAt: number): Promise<void> {
    if (lost.length === 0) return;
    const rows = lost.map(({ epoch, from, to, reason, count }) => ({
      ...{ endpoint, epoch, from_seq: from, to_seq: to, reason, count },
      received_at: receivedAt,
    }));
    await patience(async () => {
      if (await isFull(state, endpoint)) return addUp(state, endpoint, lost, receivedAt);
      const made = await state
        .insertInto('losses')
        .values(rows)
        .onConflict((clash) => clash.doNothing())
        .executeTakeFirst();
      added(endpoint, made.numInsertedOrUpdatedRows);
    });
    counters.lostReports.inc(rows.reduce((sum, row) => cut(sum + row.count), 0));
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
        if (!near && (await isFull(db, endpoint))) {
          await addUp(db, endpoint, [{ reason: 'refused', count: 1 }], at);
          return;
        }
        if (near)
          await db
            .updateTable('losses')
            .set({ ...values, count: near.count + 1 })
            .where('id', '=', near.id)
            .execute();
        else {
          const made = await db
            .insertInto('losses')
            .values({ ...values, endpoint, epoch, from_seq: seq, reason: 'refused', count: 1 })
            .onConflict((clash) => clash.doNothing())
            .executeTakeFirst();
          added(endpoint, made.numInsertedOrUpdatedRows);
        }
      }),
    );
  }

  return { declared, refused };
}

const cut = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER);
