/**
 * Which machines report under an endpoint. One credential belongs to one machine, and one process of it runs at a time. So
 * when two processes take the connection from each other again and again, both run: the agent's folder was copied, with a
 * disk image or by hand. The one that came later is refused until its machine is enrolled again; both are named. A process that
 * comes once and stays (a restart, a snapshot that was reverted) is no copy.
 */

import { fail } from '../../shared/errors.ts';
import type { Online } from '../../shared/presence.ts';
import type { Database } from '../state/database.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import { noteIdentity } from './identity-events.ts';

export interface Machine {
  /** Random, of the process. */
  instance: string;
  /** It came later, and may not report. */
  isRefused: boolean;
  hostname: string | null;
  /** Network address that it connected from. */
  address: string;
  /** ms UTC, of its last sign-on. */
  at: number;
}

export interface Machines {
  /** Takes a birth. @returns the machines that share the identity, newest first, when this birth proves it */
  born(endpoint: string, birth: Online, address: string): Promise<Machine[] | null>;
  /** Whether two machines were seen under it within the last half hour, of which none can be refused: agents of before. */
  isShared(endpoint: string): boolean;
}

/** Machines that share an identity take the connection from each other every few seconds to minutes. */
const sharedForMs = 30 * 60_000;
const keptMs = 30 * 86_400_000;
const keptPerEndpoint = 20;

/** So often the one takes the connection from the other, within so long: both run. */
const provenBy = 3;
const withinMs = 10 * 60_000;
const birthsKept = 20;

/** From here on the first half of a session is the instance, so that a process is known before its birth. */
export const instanceIn = (session: string | null): string | null =>
  session?.length === 32 ? session.slice(0, 16) : null;

/** @param onRefused of these two the later one is refused from now on; `isHere`: it is the one that has just signed on */
export function createMachines(parts: {
  state: State;
  /** ms UTC */
  now: () => number;
  onRefused(endpoint: string, isHere: boolean): Promise<void>;
}): Machines {
  const { state, now, onRefused } = parts;
  const group = createGroup(state);
  const sharedAt = new Map<string, number>();
  /** Of each endpoint the last sign-ons, oldest first. */
  const births = new Map<string, { instance: string; at: number }[]>();

  /** The processes that this one has taken turns with. */
  function takingTurns(endpoint: string, instance: string): Set<string> {
    const at = now();
    const recent = [...(births.get(endpoint) ?? []).filter((one) => at - one.at < withinMs), { instance, at }];
    births.set(endpoint, recent.slice(-birthsKept));
    const turns = new Map<string, number>();
    for (const [n, { instance: one }] of recent.entries()) {
      const before = recent[n - 1]?.instance;
      if (before === undefined || before === one || (one !== instance && before !== instance)) continue;
      const other = one === instance ? before : one;
      turns.set(other, (turns.get(other) ?? 0) + 1);
    }
    return new Set([...turns].flatMap(([other, n]) => (n >= provenBy ? [other] : [])));
  }

  async function note(endpoint: string, { instance, hostname, session }: Online, address: string) {
    const mine = instance as string;
    const others = takingTurns(endpoint, mine);
    let machines: Machine[] | null = null;
    let refused: string | null = null;
    await group(async (db) => {
      const at = now();
      const rows = await db
        .selectFrom('machines')
        .selectAll()
        .where('endpoint', '=', endpoint)
        .orderBy('last_at', 'desc')
        .execute();
      const before = rows.find((row) => row.instance === mine);
      const sharing = rows.filter((row) => others.has(row.instance));
      const values = {
        ...{ endpoint, instance: mine, hostname: hostname ?? null, address, last_at: at },
        ...{ first_at: before?.first_at ?? at, refused_at: before?.refused_at ?? null },
        shared_at: sharing.length > 0 ? at : (before?.shared_at ?? null),
      };
      // One that says who it is before it comes in; an older one takes turns.
      const isKnown = instanceIn(session) === mine;
      const latest = [values, ...sharing].sort((a, b) => b.first_at - a.first_at)[0];
      if (isKnown && sharing.length > 0 && latest && latest.refused_at === null) {
        latest.refused_at = at;
        refused = latest.instance;
      }
      await db
        .insertInto('machines')
        .values(values)
        .onConflict((clash) => clash.columns(['endpoint', 'instance']).doUpdateSet(values))
        .execute();
      for (const { instance: other, refused_at } of sharing)
        await db
          .updateTable('machines')
          .set({ shared_at: at, refused_at })
          .where('endpoint', '=', endpoint)
          .where('instance', '=', other)
          .execute();
      const old = rows.filter((row, n) => row !== before && (n >= keptPerEndpoint || row.last_at < at - keptMs));
      for (const { instance: gone } of old)
        await db.deleteFrom('machines').where('endpoint', '=', endpoint).where('instance', '=', gone).execute();
      machines = sharing.length > 0 ? [values, ...sharing].map(machineOf) : null;
      if (refused !== null)
        await noteIdentity(db, { endpoint, at, kind: 'refused', names: { machines: namesOf(machines ?? []) } });
      else if (machines !== null && !isKnown) sharedAt.set(endpoint, at);
    });
    if (refused !== null) {
      births.delete(endpoint);
      await onRefused(endpoint, refused === mine);
    }
    return machines;
  }

  return {
    async born(endpoint, birth, address) {
      if (birth.instance === undefined) return null;
      return note(endpoint, birth, address);
    },
    isShared(endpoint) {
      const at = sharedAt.get(endpoint);
      if (at === undefined) return false;
      if (now() - at < sharedForMs) return true;
      sharedAt.delete(endpoint);
      return false;
    },
  };
}

/** Those that were proven to share the endpoint within the last half hour, or of which one is refused, newest first; usually none. */
export async function sharing(state: State, endpoint: string, now: number): Promise<Machine[]> {
  const rows = await state
    .selectFrom('machines')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where((where) => where.or([where('shared_at', '>', now - sharedForMs), where('refused_at', 'is not', null)]))
    .orderBy('last_at', 'desc')
    .execute();
  return rows.map(machineOf);
}

/**
 * A person says that the one that was refused is the right one: it is let in, and the others that share the endpoint are refused.
 * @throws EvenkeelError NOT_FOUND
 */
export async function letIn(state: State, endpoint: string, instance: string, by: string, at: number): Promise<void> {
  await state.transaction().execute(async (db) => {
    const ofEndpoint = db.updateTable('machines').where('endpoint', '=', endpoint);
    const found = await ofEndpoint
      .set({ refused_at: null })
      .where('instance', '=', instance)
      .where('refused_at', 'is not', null)
      .executeTakeFirst();
    if (found.numUpdatedRows === 0n) throw fail('NOT_FOUND', { what: 'refused machine', id: instance });
    await ofEndpoint
      .set({ refused_at: at })
      .where('instance', '<>', instance)
      .where('shared_at', 'is not', null)
      .where('last_at', '>', at - keptMs)
      .execute();
    await noteIdentity(db, { endpoint, at, kind: 'let_in', by });
  });
}

type MachineRow = Omit<Database['machines'], 'endpoint' | 'first_at' | 'shared_at'>;

const machineOf = (row: MachineRow): Machine => ({
  instance: row.instance,
  isRefused: row.refused_at !== null,
  hostname: row.hostname,
  address: row.address,
  at: row.last_at,
});

/** In one line, for alerts: `web-1 (192.0.2.7), web-1 (192.0.2.9)`. */
export function namesOf(machines: readonly Pick<Machine, 'hostname' | 'address'>[]): string {
  return machines
    .map(({ hostname, address }) => `${hostname ?? '?'} (${address})`)
    .sort()
    .join(', ')
    .slice(0, 256);
}
