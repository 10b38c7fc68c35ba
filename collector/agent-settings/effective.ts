/** The settings of each endpoint under some layers. */
import { digestOfSettings, settingsIn } from '../../shared/agent-settings.ts';
import type { AgentConfig } from '../../shared/report.ts';
import { reaches, type Scope } from '../evaluate/scope.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../fleet/groups.ts';
import { documentOf, inOrder, mergeLayers, type SettingLayer, type WantedSettings } from './merge.ts';
import type { KeptLayer } from './store.ts';

export type EffectiveOf = (endpoint: Endpoint) => WantedSettings;
export type LayerContent = Pick<KeptLayer, 'scope' | 'priority' | 'settings'>;

export interface Scopes {
  /** As it is kept: a group by its id. */
  normal(scope: Scope): Scope;
  nameOf(scope: Scope): string;
  isIn(endpoint: Endpoint, scope: Scope): boolean;
}

export const isSameScope = (a: Scope, b: Scope) => a.of === b.of && a.target === b.target;
export const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export function createScopes(
  fleet: Pick<Fleet, 'get'>,
  groups: Pick<Groups, 'namedGroupsOf' | 'named' | 'nameOf'>,
): Scopes {
  return {
    normal: ({ of, target }) => (of === 'group' ? { of, target: groups.named(target) ?? target } : { of, target }),
    nameOf({ of, target }) {
      if (of === 'group') return groups.nameOf(target) ?? target;
      return of === 'endpoint' ? (fleet.get(target)?.name ?? target) : target;
    },
    isIn: (endpoint, scope) =>
      reaches(scope, {
        ...endpoint,
        groups: groups.namedGroupsOf(endpoint.id).flatMap(({ id, name }) => [id, name]),
      }),
  };
}

/** @returns the same object for all endpoints that the same layers reach */
export function createEffective(layers: readonly LayerContent[], scopes: Scopes, base: AgentConfig): EffectiveOf {
  const ordered = inOrder(layers.map((layer): SettingLayer => ({ ...layer, name: scopes.nameOf(layer.scope) })));
  const known = new Map<string, WantedSettings>();
  return (endpoint) => {
    const mine = ordered.flatMap((layer, n) => (scopes.isIn(endpoint, layer.scope) ? [n] : []));
    const key = mine.join();
    let found = known.get(key);
    if (!found) {
      const reaching = mine.map((n) => ordered[n] as SettingLayer);
      const values = mergeLayers(reaching);
      const document = { ...settingsIn(base), ...documentOf(values, reaching) };
      found = { values, document, digest: digestOfSettings(document) };
      known.set(key, found);
    }
    return found;
  };
}
