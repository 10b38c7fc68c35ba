/** Who is to be a user of the broker, as the state has it now. */
import { chunks } from '../state/chunks.ts';
import type { State } from '../state/open.ts';
import type { WantedUser } from './plan.ts';

export interface BrokerUser {
  id: string;
  name: string;
  /** By what the broker recognises its secret; null: the secret was not seen since that is kept. */
  verifier: string | null;
}

/**
 * All that may report. One that was replaced may still log in with its old id and the credential of the one that replaces it:
 * there it is told its new id.
 */
export async function listUsers(state: State): Promise<BrokerUser[]> {
  const rows = await state.selectFrom('endpoints').select(columns).select(['name', 'verifier']).orderBy('id').execute();
  const byId = new Map(rows.map((row) => [row.id, row]));
  return rows.flatMap(({ id, ...row }) => {
    const { name, verifier } = byId.get(row.moved_to ?? '') ?? row;
    return wantedIn({ ...row, id }, byId) === 'in' ? [{ id, name, verifier }] : [];
  });
}

/** Of all endpoints that are or were. */
export async function listWanted(state: State): Promise<Map<string, WantedUser>> {
  const rows = await state.selectFrom('endpoints').select(columns).execute();
  return wantedBy(rows);
}

export async function wantedOf(state: State, ids: readonly string[]): Promise<Map<string, WantedUser>> {
  const rows: WantedRow[] = [];
  for (const some of chunks(ids)) {
    rows.push(...(await state.selectFrom('endpoints').select(columns).where('id', 'in', some).execute()));
    const targets = rows.flatMap(({ moved_to }) => moved_to ?? []);
    if (targets.length > 0)
      rows.push(...(await state.selectFrom('endpoints').select(columns).where('id', 'in', targets).execute()));
  }
  return wantedBy(rows);
}

const columns = ['id', 'retired_at', 'again_at', 'erased_at', 'moved_to'] as const;

interface WantedRow {
  id: string;
  retired_at: number | null;
  again_at: number | null;
  erased_at: number | null;
  moved_to: string | null;
}

function wantedBy(rows: readonly WantedRow[]): Map<string, WantedUser> {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return new Map(rows.map((row) => [row.id, wantedIn(row, byId)]));
}

function wantedIn(row: WantedRow, byId: ReadonlyMap<string, WantedRow>): WantedUser {
  if (row.erased_at !== null) return 'gone';
  const now = row.moved_to === null ? row : byId.get(row.moved_to);
  return now && now.retired_at === null && now.again_at === null ? 'in' : 'out';
}
