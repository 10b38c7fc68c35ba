/**
 * What a whole site is reached by way of: its router, or its lines. All endpoints of the site follow from it, also those
 * that join later; what it is reached by way of itself, and what alone watches it, do not: no circle can arise.
 * Those of people are rows of `dependencies` under the id of the site; those of evenkeel.yaml come first.
 */
import type { Log } from '../../shared/log.ts';
import { nameKey } from '../../shared/place-name.ts';
import { reason } from '../../shared/reason.ts';
import { sentence } from '../../shared/sentence.ts';
import { shown, wordHint } from '../../shared/shape.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import type { State } from '../state/open.ts';
import type { Dependencies } from './dependencies.ts';
import { type GeneratedDependencies, together } from './generated.ts';
import type { Dependency } from './inhibition-graph.ts';
import type { UplinkSettings } from './settings.ts';

export interface UplinkParts {
  state: State;
  dependencies: Pick<Dependencies, 'of' | 'childrenOf' | 'set'>;
  generated: GeneratedDependencies | undefined;
  endpointOf(id: string): Endpoint | undefined;
  /** Targets as well. */
  endpoints(): Iterable<Endpoint>;
  /** Of evenkeel.yaml. */
  file: UplinkSettings;
  log: Pick<Log, 'warn'> | undefined;
}

export type Uplinks = ReturnType<typeof createUplinks>;

const independent: Dependency = { parents: [], groups: [] };
const allOf = ({ parents, groups }: Dependency): string[] => [...parents, ...groups.flat()];

export function createUplinks({ state, dependencies, generated, endpointOf, endpoints, file, log }: UplinkParts) {
  /** Sites by id, and by name. */
  let names = new Map<string, string>();
  let ids = new Map<string, string>();
  let ofFile = new Map<string, Dependency>();
  let said = '';
  let isMissing = false;

  const waysOfSite = (site: string): Dependency => ofFile.get(site) ?? dependencies.of(site);
  const siteOf = (id: string) => ids.get(endpointOf(id)?.site ?? '');
  const ownWays = (id: string): Dependency =>
    generated ? together(id, dependencies.of(id), generated) : dependencies.of(id);

  /** These, and all that they are reached by way of. */
  function above(start: readonly string[]): Set<string> {
    const found = new Set(start);
    for (const id of found) {
      const site = siteOf(id);
      for (const ways of [dependencies.of(id), generated?.of(id), site === undefined ? undefined : waysOfSite(site)])
        for (const parent of ways ? allOf(ways) : []) found.add(parent);
    }
    return found;
  }

  /** The site would be reached by way of itself, over another site; null where it would not. */
  function circleOf(site: string, ways: Dependency): string[] | null {
    const seen = new Set<string>();
    const walk = (id: string, path: readonly string[], isOver: boolean): string[] | null => {
      const own = siteOf(id);
      if (isOver && own === site) return [...path, id, site];
      if (seen.has(`${id} ${isOver}`)) return null;
      seen.add(`${id} ${isOver}`);
      for (const parent of allOf(ownWays(id))) {
        const found = walk(parent, [...path, id], isOver);
        if (found) return found;
      }
      if (own === undefined || own === site) return null;
      for (const parent of allOf(waysOfSite(own))) {
        const found = walk(parent, [...path, id], true);
        if (found) return found;
      }
      return null;
    };
    for (const parent of allOf(ways)) {
      const found = walk(parent, [site], false);
      if (found) return found;
    }
    return null;
  }

  const chainOf = (found: readonly string[]) =>
    found.map((id) => names.get(id) ?? endpointOf(id)?.name ?? id).join(' → ');

  /** Those of the file by the names that there are now. What fits nothing is left out, and said once. */
  function resolve(): void {
    const faults: string[] = [];
    const found = new Map<string, Dependency>();
    const byName = new Map<string, string>();
    if (file.length > 0) for (const { id, name } of endpoints()) byName.set(id, id).set(name, id);
    for (const [n, { site, parents = [], groups = [] }] of file.entries()) {
      const id = ids.get(site) ?? [...names].find(([, name]) => nameKey(name) === nameKey(site))?.[0];
      const missing = allOf({ parents, groups }).filter((name) => !byName.has(name));
      if (id === undefined)
        faults.push(
          `uplinks[${n}].site is ${shown(site)}, and there is no such site${wordHint(site, [...ids.keys()])}`,
        );
      for (const name of missing)
        faults.push(
          `uplinks[${n}] names ${shown(name)}, and no endpoint or target has that name${wordHint(name, [...byName.keys()])}`,
        );
      if (id === undefined || missing.length > 0) continue;
      const toIds = (some: readonly string[]) => some.map((name) => byName.get(name) ?? name);
      const ways = { parents: toIds(parents), groups: groups.map(toIds) };
      ofFile = found;
      const circle = circleOf(id, ways);
      if (circle) faults.push(`uplinks[${n}] goes in a circle: ${chainOf(circle)}; leave one of them out`);
      else found.set(id, ways);
    }
    ofFile = found;
    isMissing = faults.length > 0;
    if (faults.join() !== said)
      for (const fault of faults)
        log?.warn(
          {},
          `evenkeel.yaml: ${sentence(fault)} Until that is corrected, nothing of this site follows from it`,
        );
    said = faults.join();
  }

  function* members(site: string): Generator<string> {
    const name = names.get(site);
    if (name !== undefined) for (const one of endpoints()) if (one.site === name) yield one.id;
  }

  /** Sites that are reached by way of it. */
  function* sitesBehind(id: string): Generator<string> {
    for (const site of names.keys()) if (allOf(waysOfSite(site)).includes(id)) yield site;
  }

  return {
    async load(): Promise<void> {
      const rows = await state.selectFrom('sites').select(['id', 'name']).execute();
      names = new Map(rows.map(({ id, name }) => [id, name]));
      ids = new Map(rows.map(({ id, name }) => [name, id]));
      resolve();
    },
    /** Endpoints have come or have other names: what the file names may be there now. */
    lookAgain: (): void => void (isMissing && resolve()),
    /** @returns what is to be judged again: of all sites that have an uplink, or of this one */
    affected: (only?: string): string[] =>
      (only === undefined ? [...names.keys()].filter((site) => allOf(waysOfSite(site)).length > 0) : [only]).flatMap(
        (site) => [site, ...members(site)],
      ),
    siteNamed: (name: string): string | undefined => ids.get(name),
    nameOfSite: (id: string): string | undefined => names.get(id),
    namesBehind: (id: string): string[] => [...sitesBehind(id)].map((site) => names.get(site) ?? ''),
    /** Of the site of that name. */
    uplinksOf(name: string): string[] {
      const site = ids.get(name);
      return site === undefined ? [] : allOf(waysOfSite(site));
    },
    isOfFile: (site: string): boolean => ofFile.has(site),
    waysOfSite,
    /** Of an endpoint or target, or of a site as a whole. */
    of(id: string): Dependency {
      if (names.has(id)) return waysOfSite(id);
      const own = ownWays(id);
      const site = siteOf(id);
      const ways = site === undefined ? independent : waysOfSite(site);
      const parents = allOf(ways);
      if (parents.length === 0 || above(parents).has(id)) return own;
      return { parents: [...own.parents, ...ways.parents], groups: [...own.groups, ...ways.groups] };
    },
    *childrenOf(id: string): Generator<string> {
      yield* dependencies.childrenOf(id);
      yield* generated?.childrenOf(id) ?? [];
      for (const site of sitesBehind(id)) {
        yield site;
        yield* members(site);
      }
    },
    /** @throws EvenkeelError NOT_FOUND, BAD_DEPENDENCY with the chain where sites would go in a circle */
    async set(site: string, given: Dependency, by: string, at: number): Promise<void> {
      const circle = circleOf(site, given);
      if (circle) throw refusal('BAD_DEPENDENCY', reason('dependency_circle', { chain: chainOf(circle) }));
      await dependencies.set(site, given, by, at);
    },
  };
}
