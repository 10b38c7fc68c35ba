/** Rules of evenkeel.yaml whose scope has nothing in it: most likely a name that is written otherwise. */
import type { Log } from '../../shared/log.ts';
import type { Rules } from './rules.ts';
import { type EndpointPlace, reaches } from './scope.ts';

/** @param places of all endpoints; without any nothing is said, because they may come later */
export function warnOfEmptyScopes(rules: Rules, places: readonly EndpointPlace[], log: Log): void {
  if (places.length === 0) return;
  for (const { rule, scope, owner } of rules.list())
    if (owner === 'file' && !places.some((place) => reaches(scope, place)))
      log.warn({ rule: rule.id, scope }, 'A rule of evenkeel.yaml has a scope without endpoints');
}
