/**
 * Which machines report under an endpoint. One credential belongs to one machine, and one process of it runs at a time. So
 * when a process signs on again after another one did, both are running: the agent's folder was copied, with a disk image or
 * by hand. Neither is refused for good, because only people can decide which one is the copy; both are named, and asked to enrol.
 */
import type { Online } from '../../shared/presence.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';

export interface Machine {
  hostname: string | null;
  /** Network address that it connected from. */
  address: string;
  /** ms UTC, of its last sign-on. */
  at: number;
}

export interface Machines {
  /** Takes a birth. @returns the machines that share the identity, newest first, when this birth proves it */
  born(endpoint: string, birth: Online, address: string): Promise<Machine[] | null>;
  /** Whether two machines were seen under it within the last half hour. */
  isShared(endpoint: string): boolean;
}

/** Machines that share an identity take the connection from each other every few seconds to minutes. */
const sharedForMs = 30 * 60_000;
const keptMs = 30 * 86_400_000;
const keptPerEndpoint = 20;

/** @param now ms UTC */
export function createMachines(state: State, now: () => number): Machines {
  const group = createGroup(state);
  const sharedAt = new Map<string, number>();

  async function note(endpoint: string, { instance, hostname }: Online, address: string): Promise<Machine[] | null> {
    let machines: Machine[] | null = null;
    await group(async (db) => {
      const at = now();
      const rows = await db
        .selectFrom('machines')
        .selectAll()
        .where('endpoint', '=', endpoint)
        .orderBy('last_at', 'desc')
        .execute();
      const mine = { endpoint, instance: instance as string, hostname: hostname ?? null, address, last_at: at };
      const before = rows.find((row) => row.instance === instance);
      // Those that signed on since this one did last.
      const others = before ? rows.slice(0, rows.indexOf(before)) : [];
      const shared_at = others.length > 0 ? at : (before?.shared_at ?? null);
      const values = { ...mine, first_at: before?.first_at ?? at, shared_at };
      await db
        .insertInto('machines')
        .values(values)
        .onConflict((clash) => clash.columns(['endpoint', 'instance']).doUpdateSet(values))
        .execute();
      for (const { instance: other } of others)
        await db
          .updateTable('machines')
          .set({ shared_at })
          .where('endpoint', '=', endpoint)
          .where('instance', '=', other)
          .execute();
      const old = rows.filter((row, n) => row !== before && (n >= keptPerEndpoint || row.last_at < at - keptMs));
      for (const { instance: gone } of old)
        await db.deleteFrom('machines').where('endpoint', '=', endpoint).where('instance', '=', gone).execute();
      machines = others.length > 0 ? [mine, ...others].map(machineOf) : null;
    });
    return machines;
  }

  return {
    async born(endpoint, birth, address) {
      if (birth.instance === undefined) return null;
      const machines = await note(endpoint, birth, address);
      if (machines) sharedAt.set(endpoint, now());
      return machines;
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

/** Those that were proven to share the endpoint within the last half hour, newest first; usually none. */
export async function sharing(state: State, endpoint: string, now: number): Promise<Machine[]> {
  const rows = await state
    .selectFrom('machines')
    .selectAll()
    .where('endpoint', '=', endpoint)
    .where('shared_at', '>', now - sharedForMs)
    .orderBy('last_at', 'desc')
    .execute();
  return rows.map(machineOf);
}

const machineOf = (row: { hostname: string | null; address: string; last_at: number }): Machine => ({
  hostname: row.hostname,
  address: row.address,
  at: row.last_at,
});

/** In one line, for alerts: `web-1 (192.0.2.7), web-1 (192.0.2.9)`. */
export function namesOf(machines: readonly Machine[]): string {
  return machines
    .map(({ hostname, address }) => `${hostname ?? '?'} (${address})`)
    .sort()
    .join(', ')
    .slice(0, 256);
}
