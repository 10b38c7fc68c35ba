/**
 * Erases a retired endpoint: all rows in one transaction, then its series, then what both leave in free pages. An end in
 * between leaves it marked, and the next start goes on.
 */
import { EvenkeelError, fail, reasonOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { SeriesStore } from '../series/series.ts';
import { type AuditEntry, writeAudit } from '../state/audit.ts';
import { chunks } from '../state/chunks.ts';
import type { StateTransaction } from '../state/database.ts';
import { type ErasedName, eraseRows, withoutNames } from '../state/erasure.ts';
import type { State } from '../state/open.ts';

export interface EraseRequest extends Pick<AuditEntry, 'kind' | 'actor' | 'address'> {
  id: string;
  /** As typed by the person who confirms it. */
  name: string;
  reason: string;
  at: number;
}

/**
 * The rows. Repeating it changes nothing.
 * @returns the ids that are erased: also of endpoints that it goes on for
 * @throws EvenkeelError NOT_FOUND, CONFLICT, BAD_REQUEST
 */
export async function eraseEndpoint(state: State, { id, name, reason, at, ...who }: EraseRequest): Promise<string[]> {
  return state.transaction().execute(async (db) => {
    const row = await db.selectFrom('endpoints').selectAll().where('id', '=', id).executeTakeFirst();
    // A row of a target is retired from the beginning.
    if (!row || row.retired_at === 0) throw fail('NOT_FOUND', { what: 'endpoint', id });
    if (row.erased_at !== null) return [];
    if (row.moved_to !== null)
      throw fail('CONFLICT', { problem: `${id} goes on as the endpoint ${row.moved_to}; retire and erase that one` });
    if (row.retired_at === null)
      throw fail('CONFLICT', { problem: `the endpoint "${row.name}" is not retired; retire it first, then erase it` });
    if (name !== row.name)
      throw fail('BAD_REQUEST', {
        problem: `the name "${name}" is not that of the endpoint ${id}; type it as the list of retired endpoints shows it`,
      });
    await refuseOpenTickets(db, id);
    const before = await db.selectFrom('endpoints').select('id').where('moved_to', '=', id).execute();
    const ids = [id, ...before.map((one) => one.id)];
    const names = await namesOf(db, ids);
    await eraseRows(db, ids, names);
    // Each for itself: nothing says any longer which of them belonged together.
    await db.updateTable('endpoints').set({ erased_at: at, erased_all_at: null }).where('id', 'in', ids).execute();
    const what = { object: 'endpoint', object_id: id, name: null, action: 'erase', before: null, after: null };
    await writeAudit(db, {
      at,
      ...who,
      ...what,
      reason: withoutNames(reason, [...names, { name, id, isUnmistakable: true }]),
      outcome: 'done',
    });
    return ids;
  });
}

/**
 * In a state that is older than the erasure of these endpoints: they are retired, their alerts and tickets end, and their rows
 * go. Their series follow at the next start. @returns how many there were
 */
export async function eraseAgain(db: StateTransaction, erased: readonly string[], at: number): Promise<number> {
  const ids: string[] = [];
  for (const some of chunks([...new Set(erased)])) {
    const found = await db
      .selectFrom('endpoints')
      .select('id')
      .where('id', 'in', some)
      .where('erased_at', 'is', null)
      .execute();
    ids.push(...found.map(({ id }) => id));
  }
  for (const some of chunks(ids)) {
    await db
      .updateTable('endpoints')
      .set({ retired_at: at })
      .where('id', 'in', some)
      .where('retired_at', 'is', null)
      .execute();
    await db
      .updateTable('alerts')
      .set({ state: 'resolved', resolved_at: at, updated_at: at })
      .where('endpoint', 'in', some)
      .where('resolved_at', 'is', null)
      .execute();
    await db
      .updateTable('tickets')
      .set({ state: 'cancelled', open_key: null, closed_at: at, updated_at: at })
      .where('endpoint', 'in', some)
      .where('state', 'in', ['new', 'in_progress', 'on_hold'])
      .execute();
    await eraseRows(db, some, await namesOf(db, some));
    await db.updateTable('endpoints').set({ erased_at: at, erased_all_at: null }).where('id', 'in', some).execute();
  }
  return ids.length;
}

async function refuseOpenTickets(db: StateTransaction, endpoint: string): Promise<void> {
  const open = await db
    .selectFrom('tickets')
    .select('id')
    .where('endpoint', '=', endpoint)
    .where('state', 'in', ['new', 'in_progress', 'on_hold'])
    .orderBy('id')
    .limit(10)
    .execute();
  if (open.length === 0) return;
  const numbers = open.map(({ id }) => `#${id}`).join(', ');
  throw fail('CONFLICT', {
    problem: `a ticket about the endpoint ${endpoint} is still open (${numbers}); resolve or cancel it first, then erase the endpoint`,
  });
}

/** A word of letters alone, such as `server`, or a name that another endpoint has, is left in what people wrote. */
async function namesOf(db: StateTransaction, ids: readonly string[]): Promise<ErasedName[]> {
  const own = db.selectFrom('endpoints').select(['id', 'name', 'hostname']);
  const others = await own.where('id', 'not in', ids).execute();
  const taken = new Set(
    others.flatMap(({ name, hostname }) => [name, hostname ?? name]).map((one) => one.toLowerCase()),
  );
  const found = new Map<string, ErasedName>();
  const note = (name: string | null, id: string) => {
    const isUnmistakable =
      name !== null && name.length >= 4 && /[^\p{L}]/u.test(name) && !taken.has(name.toLowerCase());
    if (name) found.set(`${id} ${name.toLowerCase()}`, { name, id, isUnmistakable });
  };
  for (const { id, name, hostname } of await own.where('id', 'in', ids).execute())
    for (const one of [name, hostname]) note(one, id);
  for (const { endpoint, hostname } of await db
    .selectFrom('machines')
    .select(['endpoint', 'hostname'])
    .where('endpoint', 'in', ids)
    .execute())
    note(hostname, endpoint);
  for (const { endpoint, old_hostname, new_hostname } of await db
    .selectFrom('replacements')
    .select(['endpoint', 'old_hostname', 'new_hostname'])
    .where('endpoint', 'in', ids)
    .execute())
    for (const one of [old_hostname, new_hostname]) note(one, endpoint);
  // The longest first: `web-1` is a part of `web-1.example`.
  return [...found.values()].sort((a, b) => b.name.length - a.name.length);
}

export interface Erasures {
  /** Of what has no rows any more, all the rest. @returns why something is left; null when nothing is */
  finish(): Promise<string | null>;
}

export function createErasures(parts: {
  state: State;
  series: Pick<SeriesStore, 'erase'>;
  /** Empties the free pages of the state's own files. */
  shred(state: State): Promise<void>;
  log: Log;
  now: () => number;
}): Erasures {
  const { state, series, shred, log, now } = parts;
  let running: Promise<string | null> | null = null;

  async function work(): Promise<string | null> {
    let pending: { id: string }[] = [];
    try {
      pending = await state
        .selectFrom('endpoints')
        .select('id')
        .where('erased_at', 'is not', null)
        .where('erased_all_at', 'is', null)
        .execute();
      if (pending.length === 0) return null;
      for (const { id } of pending) await series.erase(id);
      await shred(state);
      for (const { id } of pending)
        await state.updateTable('endpoints').set({ erased_all_at: now() }).where('id', '=', id).execute();
      return null;
    } catch (thrown) {
      const reason = thrown instanceof EvenkeelError ? thrown.message : reasonOf(thrown);
      log.warn(
        { endpoints: pending.map(({ id }) => id), reason },
        'Endpoints are not erased as a whole yet; tried again',
      );
      return reason;
    }
  }

  return {
    async finish() {
      // One that was asked for during a run is not in it.
      while (running !== null) await running;
      running = work().finally(() => {
        running = null;
      });
      return running;
    },
  };
}
