/**
 * What follows by definitions: a target from its watchers, the machines of its services and these services themselves; a
 * service from its machines, where it is down without them.
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
  services: Iterable<Pick<ServiceDefinition, 'parts' | 'need'> & { id: string }>,
): Map<string, Dependency> {
  const found = new Map<string, { parents: string[]; groups: string[][] }>();
  for (const { id, watchers } of targets) {
    const groups = watchers.includes(collectorWatcher) ? [] : [[...watchers]];
    found.set(id, { parents: [], groups });
  }
  const isTarget = new Set(found.keys());
  for (const { id: service, parts, need } of services) {
    const machines = parts.filter((id) => !isTarget.has(id));
    const spare = parts.length - (need ?? parts.length);
    // While the service is down, that is what there is to say; while it works in spite of it, the target says so itself.
    for (const id of parts) found.get(id)?.parents.push(service);
    if (machines.length <= spare) continue;
    found.set(service, spare === 0 ? { parents: machines, groups: [] } : { parents: [], groups: [machines] });
    for (const id of parts) {
      const one = isTarget.has(id) ? found.get(id) : undefined;
      if (spare === 0) one?.parents.push(...machines);
      else one?.groups.push(machines);
    }
  }
  for (const [id, { parents, groups }] of found) if (parents.length + groups.length === 0) found.delete(id);
  return found;
}
