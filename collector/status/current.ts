/** What a part of a status page is like now, from its servers alone: workstations are switched off at night. Pure. */
import type { EndpointState } from '../fleet/fleet.ts';

export interface PartServer {
  state: EndpointState;
  stateSince: number;
  isMaintained: boolean;
}

export type PartState = 'works' | 'disturbed' | 'down' | 'maintenance' | 'unknown';

/** Silences that began within this time of each other are one event. */
const togetherMs = 5 * 60_000;

/**
 * Endpoints of the whole fleet that became silent together: at least two, and all of those that answered until then, or
 * four in five of them at two sites or more. More likely than so many machines, the collector or its line has failed, so
 * what those machines are like is not known.
 */
export function silentTogether(
  fleet: Iterable<{ id: string; site: string | null; state: EndpointState; stateSince: number }>,
): ReadonlySet<string> {
  const all = [...fleet];
  const answering = all.filter(({ state }) => state === 'online').length;
  const lost = all.filter(({ state }) => state === 'lost').sort((a, b) => a.stateSince - b.stateSince);
  let end = 0;
  for (const [from, { stateSince }] of lost.entries()) {
    while ((lost[end]?.stateSince ?? Number.POSITIVE_INFINITY) <= stateSince + togetherMs) end++;
    const silent = end - from;
    const before = lost.length - from + answering;
    if (silent < 2 || silent * 5 < before * 4) continue;
    const together = lost.slice(from, end);
    if (silent === before || new Set(together.map(({ site }) => site)).size > 1)
      return new Set(together.map(({ id }) => id));
  }
  return new Set();
}

const isDown = ({ state }: PartServer) => state === 'lost' || state === 'offline';

/** @param noticeAt when the oldest open notice of a person began; null without one */
export function currentState(
  servers: readonly PartServer[],
  noticeAt: number | null,
): { state: PartState; since: number | null } {
  const counted = servers.filter(({ isMaintained }) => !isMaintained);
  const down = counted.filter(isDown);
  const since = Math.min(...down.map(({ stateSince }) => stateSince), noticeAt ?? Number.POSITIVE_INFINITY);
  if (down.length > 0 && down.length === counted.length) return { state: 'down', since };
  if (down.length > 0 || noticeAt !== null) return { state: 'disturbed', since };
  if (counted.length === 0) return { state: servers.length > 0 ? 'maintenance' : 'unknown', since: null };
  // One that is not known hides nothing where another one answers, but only then.
  return { state: counted.some(({ state }) => state === 'online') ? 'works' : 'unknown', since: null };
}
