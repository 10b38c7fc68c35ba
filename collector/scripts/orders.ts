/** Orders to run scripts, in state: each change of one with its entry in the audit log and in the history of its ticket. */
import type { Selectable } from 'kysely';
import type { ScriptOffers, ScriptRun } from '../../shared/inventory.ts';
import type { Reason } from '../../shared/reason.ts';
import type { ScriptState } from '../../shared/script.ts';
import { type AuditEntry, writeAudit } from '../state/audit.ts';
import type { Database, StateTransaction } from '../state/database.ts';
import type { State } from '../state/open.ts';
import { insertRows } from '../state/rows.ts';
import { monitor, note } from '../tickets/events.ts';

export type OrderRow = Selectable<Database['script_orders']>;

const openStates: ReadonlySet<ScriptState> = new Set(['asked', 'sent', 'running']);
export const isOpen = ({ state }: Pick<OrderRow, 'state'>): boolean => openStates.has(state);

export const readOpenOrders = (state: State): Promise<OrderRow[]> =>
  state.selectFrom('script_orders').selectAll().where('open_key', 'is not', null).execute();

export const readOrders = (state: State, endpoint: string, newest: number): Promise<OrderRow[]> =>
  state
    .selectFrom('script_orders')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .orderBy('asked_at', 'desc')
    .limit(newest)
    .execute();

export const readOrder = (state: State, endpoint: string, id: string): Promise<OrderRow | undefined> =>
  state
    .selectFrom('script_orders')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('id', '=', id)
    .executeTakeFirst();

/** Those of these that went to the machine, and of which no result is known. */
export const readSent = (state: State, endpoint: string, ids: readonly string[]): Promise<OrderRow[]> =>
  ids.length === 0
    ? Promise.resolve([])
    : state
        .selectFrom('script_orders')
        .selectAll()
        .where('endpoint', '=', endpoint)
        .where('id', 'in', ids)
        .where('token', 'is not', null)
        .where('state', 'in', ['sent', 'running', 'withdrawn', 'silent'])
        .execute();

async function sectionOf<T>(state: State, endpoint: string, section: string): Promise<T | null> {
  const row = await state
    .selectFrom('inventory')
    .select('data')
    .where('endpoint', '=', endpoint)
    .where('section', '=', section)
    .executeTakeFirst();
  return row ? (JSON.parse(row.data) as T) : null;
}

export const readOffers = (state: State, endpoint: string) => sectionOf<ScriptOffers>(state, endpoint, 'scripts');
export const readRuns = async (state: State, endpoint: string): Promise<ScriptRun[]> =>
  (await sectionOf<ScriptRun[]>(state, endpoint, 'script_runs')) ?? [];

/** What happened to a ticket's order stands in its history, by whoever asked. */
async function noteAtTicket(db: StateTransaction, row: OrderRow, at: number, actor: string): Promise<void> {
  if (row.ticket === null) return;
  const data = JSON.stringify({ order: row.id, script: row.script, state: row.state, code: row.code });
  await note(db, row.ticket, at, actor, 'script', { data });
}

export async function addOrder(db: StateTransaction, row: OrderRow): Promise<void> {
  await insertRows(db, 'script_orders', [row]);
  await noteAtTicket(db, row, row.asked_at, row.asked_by);
}

export type OrderChange = Partial<
  Pick<
    OrderRow,
    'state' | 'token' | 'approved_by' | 'approved_at' | 'expires_at' | 'ended_at' | 'code' | 'signal' | 'output' | 'cut'
  > & { reason: Reason[] | null }
>;

/**
 * Only where it is still in the state that was read: of two who change it at once, one does.
 * @param actor of the ticket's event
 * @returns the order as it is now; null: somebody else has changed it
 */
export async function changeOrder(
  db: StateTransaction,
  before: OrderRow,
  { reason, ...change }: OrderChange,
  { at, actor }: { at: number; actor: string },
): Promise<OrderRow | null> {
  const set = { ...change, ...(reason === undefined ? {} : { reason: reason && JSON.stringify(reason) }) };
  const after: OrderRow = { ...before, ...set };
  if (!isOpen(after)) after.open_key = null;
  const { numUpdatedRows } = await db
    .updateTable('script_orders')
    .set({ ...set, open_key: after.open_key })
    .where('id', '=', before.id)
    .where('state', '=', before.state)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return null;
  if (after.state !== before.state) await noteAtTicket(db, after, at, actor);
  return after;
}

/** What no person does at that moment: a result of the machine, or an order that was withdrawn by the collector. */
export async function auditOutcome(
  db: StateTransaction,
  order: OrderRow,
  { at, name, isAgent }: { at: number; name: string; isAgent: boolean },
): Promise<void> {
  const who: Pick<AuditEntry, 'kind' | 'actor' | 'address'> = isAgent
    ? { kind: 'agent', actor: name, address: null }
    : { kind: 'cli', actor: monitor, address: null };
  const { id, script, state, code, reason, asked_by, approved_by } = order;
  const after = { order: id, script, state, exit: code, why: reason, asked_by, approved_by };
  const what = { object: 'endpoint', object_id: order.endpoint, name, action: 'scripts_result' };
  await writeAudit(db, { at, ...who, ...what, before: null, after, reason: null, outcome: 'done' });
}
