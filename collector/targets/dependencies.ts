/**
 * What targets follow from by their definitions: their watchers, and the machines of the services that they are part of.
 * Pure. What people say about dependencies comes on top (collector/outages); these follow each change of a definition.
 */
import { collectorWatcher } from '../../shared/target.ts';
import type { Dependency } from '../outages/inhibition-graph.ts';
import type { KeptTarget, ServiceDefinition } from './store.ts';

/**
 * Of each target that follows from something:
 * - its watchers, as a redundant group: when all of them are gone nobody sees it. The collector is never gone here.
 * - the machines of its services: where all parts must work, any of them; where fewer do, all of them together, if the
 *   service is down without them.
 */
export function dependenciesIn(
  targets: Iterable<Pick<KeptTarget, 'id' | 'watchers'>>,
  services: Iterable<Pick<ServiceDefinition, 'parts' | 'need'>>,
): Map<string, Dependency> {
  const found = new Map<string, { parents: string[]; groups: string[][] }>();
  for (const { id, watchers } of targets) {
    const groups = watchers.includes(collectorWatcher) ? [] : [[...watchers]];
    found.set(id, { parents: [], groups });
  }
  for (const { parts, need } of services) {
    const machines = parts.filter((id) => !found.has(id));
    const spare = parts.length - (need ?? parts.length);
    if (machines.length <= spare) continue;
    for (const id of parts) {
      const one = found.get(id);
      if (spare === 0) one?.parents.push(...machines);
      else one?.groups.push(machines);
    }
  }
  for (const [id, { parents, groups }] of found) if (parents.length + groups.length === 0) found.delete(id);
  return found;
}
