/** What people see of the settings of agents: layers, who has not taken them, versions, and what a change would do. */
import {
  type AgentLayer,
  type AgentSettingsSummary,
  type EndpointSettings,
  type LayerPreview,
  type NotTaken,
  type SettingsVersion,
  type TakenState,
  takenStates,
} from '../../shared/agent-layer.ts';
import { settingsLevel } from '../../shared/agent-level.ts';
import { fail } from '../../shared/errors.ts';
import type { Scope } from '../evaluate/scope.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import { seesEndpoint } from '../state/sight.ts';
import type { EffectiveOf, LayerContent, Scopes } from './effective.ts';
import { isSameScope } from './effective.ts';
import { differencesOf, inOrder } from './merge.ts';
import { isConcerned, problemsOf, type SaidSettings, takenState } from './state.ts';
import type { KeptLayer, KeptVersion } from './store.ts';

const namesShown = 10;
const differencesShown = 50;

export interface SettingsSight {
  fleet: Pick<Fleet, 'all' | 'get'>;
  scopes: Scopes;
  layers(): readonly KeptLayer[];
  version(): number;
  said: ReadonlyMap<string, SaidSettings>;
  effective: EffectiveOf;
  /** Without any layer, s. */
  usualInterval: number | undefined;
}

const stateOf = ({ said, effective }: SettingsSight, endpoint: Endpoint): TakenState =>
  takenState(endpoint, said.get(endpoint.id), effective(endpoint));

/** Of the others nothing is to be said: there is nothing that they could have taken or not. */
const concernedOf = ({ fleet, said, effective }: SettingsSight): Endpoint[] =>
  [...fleet.all()].filter(
    (endpoint) => seesEndpoint(endpoint) && isConcerned(said.get(endpoint.id), effective(endpoint)),
  );

export function summaryOf(seen: SettingsSight): AgentSettingsSummary {
  const { fleet, scopes } = seen;
  const all = [...fleet.all()].filter(seesEndpoint);
  const counts = Object.fromEntries(takenStates.map((one) => [one, 0])) as Record<TakenState, number>;
  const concerned = concernedOf(seen);
  for (const endpoint of concerned) counts[stateOf(seen, endpoint)] += 1;
  const layers = seen.layers().map(
    ({ scope, ...layer }): AgentLayer => ({
      ...{ ...layer, scope, name: scopes.nameOf(scope) },
      endpoints: all.filter((endpoint) => scopes.isIn(endpoint, scope)).length,
    }),
  );
  return {
    version: seen.version(),
    layers: inOrder(layers),
    counts,
    endpoints: concerned.length,
    usualInterval: seen.usualInterval ?? null,
  };
}

export function notTaken(seen: SettingsSight): NotTaken[] {
  return concernedOf(seen).flatMap((endpoint): NotTaken[] => {
    const { id, name, site } = endpoint;
    const state = stateOf(seen, endpoint);
    const last = seen.said.get(id);
    const problems = problemsOf(last, seen.effective(endpoint));
    const known = { saidAt: last?.at ?? null, version: last?.version ?? null, problems };
    return state === 'taken' ? [] : [{ id, name, site, state, ...known }];
  });
}

export const shownVersions = ({ scopes }: SettingsSight, kept: readonly KeptVersion[]): SettingsVersion[] =>
  kept.map(({ changes, ...one }) => ({
    ...one,
    changes: changes.map(({ scope, before, after }) => ({ scope, name: scopes.nameOf(scope), before, after })),
  }));

/** @throws EvenkeelError NOT_FOUND */
export function settingsOfEndpoint(seen: SettingsSight, id: string): EndpointSettings {
  const endpoint = seen.fleet.get(id);
  if (!endpoint) throw fail('NOT_FOUND', { what: 'endpoint', id });
  const [last, wanted] = [seen.said.get(id), seen.effective(endpoint)];
  return {
    ...{ values: wanted.values, state: takenState(endpoint, last, wanted), problems: problemsOf(last, wanted) },
    ...{ version: last?.version ?? null, saidAt: last?.at ?? null },
    ...{ remote: last?.remote ?? null, lock: last?.lock ?? [] },
  };
}

/** @param make the settings under other layers */
export function previewOf(
  { fleet, scopes, layers, effective, usualInterval }: SettingsSight,
  { scope, settings, priority }: { scope: Scope; settings: LayerContent['settings'] | null; priority: number },
  make: (layers: readonly LayerContent[]) => EffectiveOf,
): LayerPreview {
  const others = layers().filter((one) => !isSameScope(one.scope, scope));
  const then = make(settings === null ? others : [...others, { scope, settings, priority }]);
  const counted = new Map<string, LayerPreview['differences'][number]>();
  const preview: LayerPreview = { reached: 0, changed: 0, offline: 0, old: 0, differences: [], names: [] };
  for (const endpoint of fleet.all()) {
    if (!seesEndpoint(endpoint)) continue;
    if (scopes.isIn(endpoint, scope)) preview.reached += 1;
    const [before, after] = [effective(endpoint), then(endpoint)];
    if (before.digest === after.digest) continue;
    preview.changed += 1;
    if (endpoint.state !== 'online') preview.offline += 1;
    if (endpoint.level !== undefined && endpoint.level < settingsLevel) preview.old += 1;
    if (preview.names.length < namesShown) preview.names.push(endpoint.name);
    for (const found of differencesOf(before.values, after.values)) {
      const usual = found.key === 'interval_s' ? (usualInterval ?? null) : null;
      const difference = { ...found, before: found.before ?? usual, after: found.after ?? usual };
      const key = JSON.stringify(difference);
      const known = counted.get(key);
      if (known) known.endpoints += 1;
      else counted.set(key, { ...difference, endpoints: 1 });
    }
  }
  preview.differences = [...counted.values()].sort((a, b) => b.endpoints - a.endpoints).slice(0, differencesShown);
  return preview;
}
