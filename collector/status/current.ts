/** What a part of a status page is like now, from its servers alone: workstations are switched off at night. Pure. */
import type { EndpointState } from '../fleet/fleet.ts';

export interface PartServer {
  state: EndpointState;
  stateSince: number;
  isMaintained: boolean;
}

export type PartState = 'works' | 'disturbed' | 'down' | 'maintenance' | 'unknown';

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
