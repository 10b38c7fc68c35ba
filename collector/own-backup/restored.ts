/**
 * A state that was restored: it is older than the world. What was erased since is erased again, log-ins of then are ended, and
 * nothing is sent before a person says so: messages of then would wake people for what is long over.
 */
import { eraseAgain } from '../fleet/erase.ts';
import { writeAudit } from '../state/audit.ts';
import type { StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';

export interface RestoredState {
  /** ms UTC. */
  at: number;
  /** What came before is in it. */
  madeAt: number;
  /** Name of the backup. */
  from: string;
  /** Nothing is sent. */
  isHeld: boolean;
}

const key = 'restored';
const instanceKey = 'own_backup_instance';

export async function readRestored(state: Pick<State, 'selectFrom'>): Promise<RestoredState | null> {
  const row = await state.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst();
  return row ? (JSON.parse(row.value) as RestoredState) : null;
}

const write = (db: Pick<State, 'insertInto'>, restored: RestoredState) => writeValue(db, key, JSON.stringify(restored));

async function writeValue(db: Pick<State, 'insertInto'>, key: string, value: string): Promise<void> {
  await db
    .insertInto('settings')
    .values({ key, value })
    .onConflict((clash) => clash.column('key').doUpdateSet({ value }))
    .execute();
}

/**
 * Of a collector that was restored and the one that it was restored from, which may run still: both have one id.
 * @returns 0 for one that never was
 */
export async function instanceOf(state: Pick<State, 'selectFrom'>): Promise<number> {
  const row = await state.selectFrom('settings').select('value').where('key', '=', instanceKey).executeTakeFirst();
  return Number(row?.value ?? 0);
}

/**
 * @param erased ids that the list beside the backups names
 * @param isWhole into another folder, and not back into that of the same collector
 * @returns how many of them were in it
 */
export async function markRestored(
  state: State,
  {
    at,
    madeAt,
    from,
    erased,
    isWhole,
  }: Omit<RestoredState, 'isHeld'> & { erased: readonly string[]; isWhole: boolean },
): Promise<number> {
  return state.transaction().execute(async (db) => {
    const again = await eraseAgain(db, erased, at);
    await db.deleteFrom('sessions').execute();
    await write(db, { at, madeAt, from, isHeld: true });
    if (isWhole) await writeValue(db, instanceKey, String(at));
    const what = { object: 'collector', object_id: null, name: from, action: 'restore', before: null };
    const who = { kind: 'cli' as const, actor: 'command line', address: null };
    const after = { madeAt, erasedAgain: again };
    await writeAudit(db, { at, ...who, ...what, after, reason: null, outcome: 'done' });
    return again;
  });
}

/** What waits from before the restore; what came since is sent in any case. */
export type OldMessages = 'drop' | 'send';

/** Messages are sent from now on. @returns how many were dropped */
export async function endHold(state: State, old: OldMessages): Promise<number> {
  return state.transaction().execute(async (db: StateTransaction) => {
    const restored = await readRestored(db);
    if (!restored?.isHeld) return 0;
    await write(db, { ...restored, isHeld: false });
    if (old === 'send') return 0;
    const { numUpdatedRows } = await db
      .updateTable('deliveries')
      .set({ state: 'dropped', last_error: null })
      .where('state', '=', 'queued')
      .where('created_at', '<', restored.at)
      .executeTakeFirst();
    return Number(numUpdatedRows);
  });
}
