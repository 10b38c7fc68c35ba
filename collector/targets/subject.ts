/** A target as the second half of the pipeline sees it: an endpoint with rules, alerts and tickets that is in no fleet. */
import { bucketOf } from '../../shared/topics.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { KeptTarget } from './store.ts';
import type { TargetState } from './verdict.ts';

/** Lost: nobody can tell how it is, so its alerts wait. */
const stateOf: Record<TargetState, Endpoint['state']> = { up: 'online', down: 'online', unknown: 'lost' };

/** A service has no site: its parts may be at several. */
export const subjectOfService = (one: {
  id: string;
  name: string;
  createdAt: number;
  state: TargetState | null;
  since: number;
}) => subjectOf({ ...one, site: null, interval_s: serviceReportS }, one.state, one.since);
/** How often the state of a service is said again, so that rules which count time go on. */
export const serviceReportS = 30;

export function subjectOf(
  target: Pick<KeptTarget, 'id' | 'name' | 'site' | 'createdAt' | 'interval_s'>,
  state: TargetState | null,
  since: number,
): Endpoint {
  return {
    ...{ id: target.id, bucket: bucketOf(target.id), name: target.name, kind: 'target', kindWhy: [] },
    ...{ site: target.site, tags: [], platform: '', arch: '', version: null, enrolledAt: target.createdAt },
    ...{ retiredAt: null, state: state === null ? 'never' : stateOf[state], stateReason: null, stateSince: since },
    ...{ session: null, bootId: null, lastSeenAt: null, intervalMs: target.interval_s * 1000 },
    ...{ clockOffsetMs: null, people: null },
  };
}

interface Subjects {
  subject(id: string): Endpoint | undefined;
  subjects(): Iterable<Endpoint>;
}

/** The fleet, and what is watched from outside. */
export function withTargets(fleet: Pick<Fleet, 'get' | 'all'>, ...watched: Subjects[]): Pick<Fleet, 'get' | 'all'> {
  return {
    get: (id) => fleet.get(id) ?? watched.map((one) => one.subject(id)).find((one) => one !== undefined),
    *all() {
      yield* fleet.all();
      for (const one of watched) yield* one.subjects();
    },
  };
}
