/** The machine identity that the page of an endpoint shows, and which known endpoints may be the same machine. */
import type { EndpointDetail, Fingerprint, LooksLike } from '../../shared/api.ts';
import type { State } from '../state/open.ts';
import { compare, tooCommon, valuesOf, without } from './fingerprint.ts';
import type { Fleet } from './fleet.ts';
import { identityEvents } from './identity-events.ts';
import { sharing } from './machines.ts';

export type Identity = Pick<
  EndpointDetail,
  'hostname' | 'sharedBy' | 'looksLike' | 'replacements' | 'identityEvents' | 'againAt'
>;

export async function identityOf(parts: { state: State; fleet: Fleet }, id: string, now: number): Promise<Identity> {
  const { state, fleet } = parts;
  const row = await state.selectFrom('endpoints').select('hostname').where('id', '=', id).executeTakeFirst();
  return {
    hostname: row?.hostname ?? null,
    againAt: fleet.get(id)?.againAt ?? null,
    sharedBy: await sharing(state, id, now),
    looksLike: await lookalikes(parts, id),
    replacements: await replacementsOf(state, id),
    identityEvents: await identityEvents(state, id),
  };
}

const printsOf = (state: Pick<State, 'selectFrom'>) =>
  state.selectFrom('endpoints').select(['id', 'fingerprint', 'enrolled_at']).where('retired_at', 'is', null);

/** Living endpoints that have a part of it, itself among them; and the values that too many have to say anything. */
export async function sharingParts(state: Pick<State, 'selectFrom'>, print: Fingerprint) {
  const values = valuesOf(print);
  // Hex digits only, so no wildcard of LIKE.
  const rows =
    values.length === 0
      ? []
      : await printsOf(state)
          .where((where) => where.or(values.map((value) => where('fingerprint', 'like', `%"${value}"%`))))
          .execute();
  const common = new Set(
    values.filter((value) => rows.filter(({ fingerprint }) => fingerprint?.includes(value)).length >= tooCommon),
  );
  return { rows, common };
}

/** Living endpoints that may be the same machine, or copies of it. */
export async function lookalikes({ state, fleet }: { state: State; fleet: Fleet }, id: string): Promise<LooksLike[]> {
  const own = await printsOf(state).where('id', '=', id).executeTakeFirst();
  if (!own?.fingerprint) return [];
  const print = JSON.parse(own.fingerprint) as Fingerprint;
  const { rows, common } = await sharingParts(state, print);
  return rows.flatMap((other) => {
    const endpoint = other.id === id ? undefined : fleet.get(other.id);
    if (!endpoint) return [];
    const likeness = compare(without(print, common), without(JSON.parse(other.fingerprint ?? '{}'), common));
    if (likeness === null) return [];
    const older = other.enrolled_at < own.enrolled_at || (other.enrolled_at === own.enrolled_at && other.id < id);
    // The older one still reports after the newer one enrolled: two machines.
    const lastSeen = older ? endpoint.lastSeenAt : (fleet.get(id)?.lastSeenAt ?? null);
    const both = lastSeen !== null && lastSeen > Math.max(own.enrolled_at, other.enrolled_at);
    const { name, state: now, lastSeenAt } = endpoint;
    return [{ id: other.id, name, state: now, lastSeenAt, older, likeness: both ? 'copy' : likeness }];
  });
}

async function replacementsOf(state: State, id: string): Promise<Identity['replacements']> {
  const rows = await state
    .selectFrom('replacements')
    .selectAll()
    .where('endpoint', '=', id)
    .orderBy('at', 'desc')
    .limit(20)
    .execute();
  return rows.map(({ at, by_user, old_hostname, new_hostname }) => ({
    at,
    by: by_user,
    oldHostname: old_hostname,
    newHostname: new_hostname,
  }));
}
