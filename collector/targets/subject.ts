/** A target as the second half of the pipeline sees it: an endpoint with rules, alerts and tickets that is in no fleet. */
import { bucketOf } from '../../shared/topics.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { KeptTarget } from './store.ts';
import type { TargetState } from './verdict.ts';

/** Lost: nobody can tell how it is, so its alerts wait. */
const stateOf: Record<TargetState, Endpoint['state']> = { up: 'online', down: 'online', unknown: 'lost' };

export function subjectOf(target: KeptTarget, state: TargetState | null, since: number): Endpoint {
  return {
    ...{ id: target.id, bucket: bucketOf(target.id), name: target.name, kind: 'target', kindWhy: [] },
    ...{ site: target.site, tags: [], platform: '', arch: '', version: null, enrolledAt: target.createdAt },
    ...{ retiredAt: null, state: state === null ? 'never' : stateOf[state], stateReason: null, stateSince: since },
    ...{ session: null, bootId: null, lastSeenAt: null, intervalMs: target.interval_s * 1000 },
    ...{ clockOffsetMs: null, people: null },
  };
}

/** The fleet, and what is watched from outside. */
export function withTargets(
  fleet: Pick<Fleet, 'get' | 'all'>,
  targets: { subject(id: string): Endpoint | undefined; subjects(): Iterable<Endpoint> },
): Pick<Fleet, 'get' | 'all'> {
  return {
    get: (id) => fleet.get(id) ?? targets.subject(id),
    *all() {
      yield* fleet.all();
      yield* targets.subjects();
    },
  };
}
