/** A target as the interface shows it. Pure. */

import { watchLevel } from '../../shared/agent-level.ts';
import { collectorWatcher, isNoVote } from '../../shared/target.ts';
import type { TargetRow, TargetSight } from '../../shared/target-api.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { CountedTarget } from './count.ts';
import { divideSettings, type KeptTarget } from './store.ts';
import { voteOf } from './verdict.ts';

/** Where it is, in one line, and without what may be a secret in it: a query often is one. */
export function addressOf({ kind, settings }: Pick<KeptTarget, 'kind' | 'settings'>): string {
  const { url, host, port, name, server } = settings;
  if (kind === 'http') return String(url).replace(/[?#].*$/, (rest) => (rest.length > 1 ? '?…' : ''));
  if (kind === 'dns') return `${name} @${server}`;
  return port === undefined || port === '' ? String(host) : `${host}:${port}`;
}

function sightOf(
  watcher: string,
  { target, ballots }: CountedTarget,
  fleet: Pick<Fleet, 'get'>,
  now: number,
): TargetSight {
  const endpoint = fleet.get(watcher);
  const isThere = watcher === collectorWatcher || endpoint?.state === 'online';
  const ballot = ballots.get(watcher);
  return {
    watcher: { id: watcher, name: endpoint?.name ?? watcher },
    vote: ballot ? voteOf(ballot, target, isThere, now) : null,
    result: ballot?.result ?? null,
    fields: { ...ballot?.fields },
    at: ballot?.at ?? null,
    isThere,
    tooOld: endpoint?.level !== undefined && endpoint.level < watchLevel,
  };
}

export function rowOf(one: CountedTarget, fleet: Pick<Fleet, 'get'>, now: number): TargetRow {
  const { target } = one;
  const sights = target.watchers.map((watcher) => sightOf(watcher, one, fleet, now));
  // Whoever may not look, or cannot, was not late: there is nothing to wait for.
  const cannotLook = sights.length > 0 && sights.every(({ result }) => result !== null && isNoVote(result));
  const { open, secrets } = divideSettings(target.kind, target.settings);
  return {
    ...{ id: target.id, name: target.name, kind: target.kind, settings: open, secretsSet: Object.keys(secrets) },
    ...{ address: addressOf(target), intervalS: target.interval_s, timeoutS: target.timeout_s, site: target.site },
    ...{ watchers: [...target.watchers], need: target.need, enabled: target.enabled, origin: target.origin },
    state: target.enabled ? (one.state ?? (cannotLook ? 'unknown' : 'never')) : 'off',
    since: one.since,
    votes: sights.filter(({ vote }) => vote !== null).length,
    votesDown: sights.filter(({ vote }) => vote === 'down').length,
    sights,
  };
}
