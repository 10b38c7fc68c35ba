/** Dependencies that follow from definitions (of targets and services), beside those that people enter. */
import type { Dependency } from './inhibition-graph.ts';

export interface GeneratedDependencies {
  of(id: string): Dependency | undefined;
  childrenOf(id: string): Iterable<string>;
  /** All of them, anew. */
  set(next: ReadonlyMap<string, Dependency>): void;
  /** Called with the ids whose dependencies are others than before. */
  onChange(listener: (ids: readonly string[]) => void): void;
}

export function createGeneratedDependencies(): GeneratedDependencies {
  let all: ReadonlyMap<string, Dependency> = new Map();
  let children = new Map<string, Set<string>>();
  let tell: (ids: readonly string[]) => void = () => {};
  return {
    of: (id) => all.get(id),
    childrenOf: (id) => children.get(id) ?? [],
    set(next) {
      const isOther = (id: string) => JSON.stringify(all.get(id)) !== JSON.stringify(next.get(id));
      const changed = [...new Set([...all.keys(), ...next.keys()])].filter(isOther);
      if (changed.length === 0) return;
      all = next;
      children = new Map();
      for (const [child, { parents, groups }] of all)
        for (const parent of [...parents, ...groups.flat()])
          children.set(parent, (children.get(parent) ?? new Set<string>()).add(child));
      tell(changed);
    },
    onChange(listener) {
      tell = listener;
    },
  };
}

/**
 * Both together: any way that is cut off is enough. What an endpoint watches does not explain its own silence: with the
 * watcher gone nobody sees the other any more, and each would wait for a message about the other.
 */
export function together(id: string, entered: Dependency, generated: Pick<GeneratedDependencies, 'of'>): Dependency {
  const isWatched = (parent: string) => generated.of(parent)?.groups.some((group) => group.includes(id)) ?? false;
  const more = generated.of(id);
  return {
    parents: [...entered.parents.filter((parent) => !isWatched(parent)), ...(more?.parents ?? [])],
    groups: [...entered.groups.filter((group) => !group.some(isWatched)), ...(more?.groups ?? [])],
  };
}
