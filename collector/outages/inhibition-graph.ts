/**
 * Alerts as sources and targets of each other: by rules, in places of equal labels, and by dependencies of their
 * endpoints. Pure; what was changed can be taken back.
 */
import type { Labels } from '../alerts/labels.ts';
import { type Matcher, matchesAll } from '../alerts/matcher.ts';
import { createUndo } from '../tickets/undo.ts';

export interface InhibitRule {
  source: readonly Matcher[];
  target: readonly Matcher[];
  /** Labels that both must have, with the same value. */
  equal: readonly string[];
}

/** An endpoint is reached by way of others: any one of `parents` down, or all of one of `groups`, cuts it off. */
export interface Dependency {
  parents: readonly string[];
  groups: readonly (readonly string[])[];
}

export interface InhibitionFacts {
  id: string;
  labels: Labels;
  endpoint: string;
  /** It says that its endpoint cannot be reached: dependencies are about these. */
  isReach: boolean;
  /** It stands for a whole site: its end follows that of its cause later than that of one endpoint. */
  isSite?: boolean;
  state: 'pending' | 'firing';
  firedAt: number;
}

export interface KnownAlert extends InhibitionFacts {
  /** Where it stands as a source, and as a target: rule and equal values. */
  sourceOf: readonly string[];
  targetOf: readonly string[];
  inhibited: { by: readonly string[]; until: number | null } | null;
  holdUntil: number | null;
  /** Held for as long as may be. */
  isHoldSpent: boolean;
}

interface FoundCause {
  firing: readonly string[] | null;
  isPending: boolean;
}

export interface GraphParts {
  rules: readonly InhibitRule[];
  dependencyOf(endpoint: string): Dependency | undefined;
  childrenOf(endpoint: string): Iterable<string>;
}

export function createInhibitionGraph({ rules, dependencyOf, childrenOf }: GraphParts) {
  const known = new Map<string, KnownAlert>();
  const sources = new Map<string, Set<string>>();
  const targets = new Map<string, Set<string>>();
  /** Alerts that say that their endpoint cannot be reached, by endpoint. */
  const reach = new Map<string, Set<string>>();
  /** Targets by what inhibits them. */
  const behind = new Map<string, Set<string>>();
  const { put, change, keep, undo } = createUndo(() => undefined);

  function mark(map: Map<string, Set<string>>, key: string, id: string, on: boolean): void {
    const was = map.get(key)?.has(id) ?? false;
    if (was === on) return;
    change(() => mark(map, key, id, was));
    const set = map.get(key) ?? new Set();
    if (on) map.set(key, set.add(id));
    else if (set.delete(id) && set.size === 0) map.delete(key);
  }

  function placesOf(labels: Labels): Pick<KnownAlert, 'sourceOf' | 'targetOf'> {
    const sourceOf: string[] = [];
    const targetOf: string[] = [];
    for (const [n, { source, target, equal }] of rules.entries()) {
      const values = equal.map((label) => valueAt(labels, label));
      if (values.includes('')) continue;
      const key = JSON.stringify([n, ...values]);
      const isSource = matchesAll(source, labels);
      if (isSource) sourceOf.push(key);
      // What matches both sides is no target: it would inhibit itself, or two of them each other.
      if (!isSource && matchesAll(target, labels)) targetOf.push(key);
    }
    return { sourceOf, targetOf };
  }

  function place(one: KnownAlert, on: boolean): void {
    for (const key of one.sourceOf) mark(sources, key, one.id, on);
    for (const key of one.targetOf) mark(targets, key, one.id, on);
    if (one.isReach) mark(reach, one.endpoint, one.id, on);
  }

  // ── causes ──

  /** An inhibited alert inhibits in turn, but never what it is inhibited by itself. */
  function follows(id: string, from: string, depth = 0): boolean {
    const by = known.get(id)?.inhibited?.by ?? [];
    return depth < 20 && by.some((one) => one === from || follows(one, from, depth + 1));
  }

  /** What one set of alerts, of which any is enough, says about `of`. */
  function among(ids: Iterable<string>, of: string): { firing: string | null; isPending: boolean } {
    let isPending = false;
    for (const id of ids) {
      const one = known.get(id);
      if (!one || id === of || follows(id, of)) continue;
      if (one.state === 'firing') return { firing: id, isPending };
      isPending = true;
    }
    return { firing: null, isPending };
  }

  function causeOf({ id, endpoint, targetOf, isReach }: KnownAlert): FoundCause {
    let isPending = false;
    const say = (ways: readonly { firing: string | null; isPending: boolean }[]): readonly string[] | null => {
      const all = ways.flatMap(({ firing }) => firing ?? []);
      if (all.length === ways.length) return all;
      isPending ||= ways.every((way) => way.firing !== null || way.isPending);
      return null;
    };
    for (const key of targetOf) {
      const found = say([among(sources.get(key) ?? none, id)]);
      if (found) return { firing: found, isPending };
    }
    const { parents = [], groups = [] } = (isReach && dependencyOf(endpoint)) || {};
    for (const way of [...parents.map((parent) => [parent]), ...groups.filter((group) => group.length > 0)]) {
      const found = say(way.map((parent) => among(reach.get(parent) ?? none, id)));
      if (found) return { firing: found, isPending };
    }
    return { firing: null, isPending };
  }

  return {
    ...{ put, change, keep, undo, place, placesOf, causeOf },
    get: (id: string) => known.get(id),
    add(one: KnownAlert): void {
      change(() => known.delete(one.id));
      known.set(one.id, one);
    },
    remove(one: KnownAlert): void {
      change(() => known.set(one.id, one));
      known.delete(one.id);
    },
    setInhibited(one: KnownAlert, inhibited: KnownAlert['inhibited']): void {
      for (const id of one.inhibited?.by ?? []) mark(behind, id, one.id, false);
      put(one, { inhibited });
      for (const id of inhibited?.by ?? []) mark(behind, id, one.id, true);
    },
    behind: (id: string): ReadonlySet<string> => behind.get(id) ?? none,
    reachOf: (endpoint: string): ReadonlySet<string> => reach.get(endpoint) ?? none,
    /** Ids of the alerts of which it may be the cause. */
    *targetsOf({ sourceOf, isReach, endpoint }: KnownAlert): Generator<string> {
      for (const key of sourceOf) yield* targets.get(key) ?? none;
      if (isReach) for (const child of childrenOf(endpoint)) yield* reach.get(child) ?? none;
    },
    clear(): void {
      for (const map of [known, sources, targets, reach, behind]) map.clear();
      keep();
    },
  };
}

const none: ReadonlySet<string> = new Set();

/** Empty: it lacks the label, and then it equals nothing. */
function valueAt(labels: Labels, label: string): string {
  const value = Object.hasOwn(labels, label) ? labels[label] : '';
  return typeof value === 'string' ? value : [...(value ?? [])].sort().join('\n');
}
