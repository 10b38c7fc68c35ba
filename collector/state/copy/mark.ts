/** What a database holds while it is filled by a copy: how far that is. A collector refuses to start on it. */
import type { State, StateTransaction } from '../database.ts';
import type { CopiedCell, RowTally } from './tally.ts';

/** In `settings`: written with the rows that it speaks of, and gone once all was checked. */
export const markKey = 'copying';

export interface CopyMark {
  /** The file that is copied. */
  from: string;
  begunAt: number;
  /** Tables that are whole. */
  done: Record<string, RowTally>;
  /** The one that is being copied: what is there of it, up to the row with this key. */
  open: { table: string; key: CopiedCell[]; tally: RowTally } | null;
}

export async function readMark(state: Pick<State, 'selectFrom'>): Promise<CopyMark | null> {
  const row = await state.selectFrom('settings').select('value').where('key', '=', markKey).executeTakeFirst();
  return row ? (JSON.parse(row.value) as CopyMark) : null;
}

export async function writeMark(db: StateTransaction, mark: CopyMark): Promise<void> {
  const value = JSON.stringify(mark);
  const insert = db.insertInto('settings').values({ key: markKey, value });
  await insert.onConflict((clash) => clash.column('key').doUpdateSet({ value })).execute();
}
