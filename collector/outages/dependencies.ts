/** What an endpoint is reached by way of: other endpoints, any of which cuts it off, and redundant groups, all of which do. */
import { type EvenkeelError, fail } from '../../shared/errors.ts';
import { reason } from '../../shared/reason.ts';
import { refusal } from '../../shared/words/refusal.ts';
import type { State } from '../state/open.ts';
import type { Dependency } from './inhibition-graph.ts';

const waysAtMost = 20;
const membersAtMost = 20;
export const dependencyBounds = { waysAtMost, membersAtMost };

export interface Dependencies {
  of(endpoint: string): Dependency;
  childrenOf(endpoint: string): readonly string[];
  /** Reads them all: at the start, and after endpoints have gone. */
  load(): Promise<void>;
  /** @throws EvenkeelError NOT_FOUND of an endpoint, BAD_DEPENDENCY with the chain where they would go in a circle */
  set(endpoint: string, given: Dependency, by: string, at: number): Promise<void>;
}

export interface DependencyParts {
  state: State;
  /** Of an endpoint or target that is not retired; undefined: there is none. */
  nameOf(id: string): string | undefined;
}

const independent: Dependency = { parents: [], groups: [] };

export function createDependencies({ state, nameOf }: DependencyParts): Dependencies {
  let all = new Map<string, Dependency>();
  let children = new Map<string, string[]>();

  function index(): void {
    children = new Map();
    for (const [child, { parents, groups }] of all)
      for (const parent of new Set([...parents, ...groups.flat()]))
        children.set(parent, [...(children.get(parent) ?? []), child]);
  }

  function check(endpoint: string, { parents, groups }: Dependency): EvenkeelError | null {
    for (const id of [...parents, ...groups.flat()]) {
      if (nameOf(id) === undefined) return fail('NOT_FOUND', { what: 'endpoint', id });
      const chain = wayUp(id, endpoint);
      if (chain)
        return refusal('BAD_DEPENDENCY', reason('dependency_circle', { chain: namesIn([endpoint, ...chain]) }));
    }
    return null;
  }

  const namesIn = (ids: readonly string[]) => ids.map((id) => nameOf(id) ?? id).join(' → ');

  /** From one up to the other, over what it depends on; null where it does not. */
  function wayUp(from: string, to: string, seen = new Set<string>()): string[] | null {
    if (from === to) return [to];
    if (seen.has(from)) return null;
    seen.add(from);
    const { parents, groups } = all.get(from) ?? independent;
    for (const next of [...parents, ...groups.flat()]) {
      const rest = wayUp(next, to, seen);
      if (rest) return [from, ...rest];
    }
    return null;
  }

  return {
    of: (endpoint) => all.get(endpoint) ?? independent,
    childrenOf: (endpoint) => children.get(endpoint) ?? [],
    async load() {
      const rows = await state.selectFrom('dependencies').selectAll().orderBy('way').orderBy('parent').execute();
      const found = new Map<string, { parents: string[]; groups: string[][] }>();
      for (const { endpoint, way, parent } of rows) {
        const one = found.get(endpoint) ?? { parents: [], groups: [] };
        if (way === 0) one.parents.push(parent);
        else {
          one.groups[way - 1] ??= [];
          one.groups[way - 1]?.push(parent);
        }
        found.set(endpoint, one);
      }
      all = found;
      index();
    },
    async set(endpoint, given, by, at) {
      const wanted = {
        parents: [...new Set(given.parents)],
        groups: given.groups.map((group) => [...new Set(group)]).filter((group) => group.length > 0),
      };
      const fault = check(endpoint, wanted);
      if (fault) throw fault;
      const row = (parent: string, way: number) => ({ endpoint, parent, way, at, by_user: by });
      const rows = [
        ...wanted.parents.map((parent) => row(parent, 0)),
        ...wanted.groups.flatMap((group, n) => group.map((parent) => row(parent, n + 1))),
      ];
      await state.transaction().execute(async (db) => {
        await db.deleteFrom('dependencies').where('endpoint', '=', endpoint).execute();
        if (rows.length > 0) await db.insertInto('dependencies').values(rows).execute();
      });
      if (rows.length === 0) all.delete(endpoint);
      else all.set(endpoint, wanted);
      index();
    },
  };
}
