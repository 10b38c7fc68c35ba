/**
 * Settings of agents by group: layers that people and the settings file say, merged for each endpoint, delivered in the
 * retained message `config`, and answered by each agent. Memory holds what state has; state is written first.
 */
import type {
  AgentLayer,
  AgentLayerSettings,
  AgentSettingsSummary,
  EndpointSettings,
  LayerPreview,
  NotTaken,
  SettingsVersion,
  TakenState,
} from '../../shared/agent-layer.ts';
import { takenStates } from '../../shared/agent-layer.ts';
import { settingsLevel } from '../../shared/agent-level.ts';
import { type AgentSettingsDocument, digestOfSettings, settingsIn } from '../../shared/agent-settings.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Clock } from '../../shared/clock.ts';
import { fail } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentConfig } from '../../shared/report.ts';
import type { ChangeFeed } from '../change-feed.ts';
import { reaches, type Scope } from '../evaluate/scope.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../fleet/groups.ts';
import { breathe } from '../state/breathe.ts';
import type { State } from '../state/open.ts';
import { differencesOf, documentOf, inOrder, type Layer, type MergedValue, mergeLayers } from './merge.ts';
import { type Said, takenState } from './state.ts';
import {
  type KeptChange,
  type KeptLayer,
  newestVersion,
  readLayers,
  readSaid,
  readVersions,
  saveSaid,
  saveVersion,
} from './store.ts';

/** A layer as the settings file has it. */
export interface FileLayer {
  scope: Scope;
  priority: number;
  settings: AgentLayerSettings;
}

export interface LayerEdit {
  scope: Scope;
  /** Null takes the layer away. */
  settings: AgentLayerSettings | null;
  priority: number;
}

export interface AgentSettingsParts {
  state: State;
  fleet: Fleet;
  groups: Pick<Groups, 'namedGroupsOf' | 'named' | 'nameOf'>;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
  /** What every agent gets before any layer. */
  base: AgentConfig;
  /** Layers of evenkeel.yaml. */
  file: readonly FileLayer[];
}

export interface AgentSettings {
  /** The document for an endpoint; undefined: it is not known yet what its agent understands. */
  configFor(endpoint: Endpoint, own: Partial<AgentConfig>): AgentConfig | undefined;
  /** What an agent says that it has. */
  heard(endpoint: Endpoint, applied: Applied): Promise<void>;
  summary(): AgentSettingsSummary;
  notTaken(): NotTaken[];
  versions(): Promise<SettingsVersion[]>;
  ofEndpoint(id: string): EndpointSettings;
  preview(edit: LayerEdit): LayerPreview;
  /** @throws EvenkeelError CONFLICT: it stands in the file */
  save(edit: LayerEdit, reason: string, by: string): Promise<void>;
  /** All layers of people as they were after that version. @throws EvenkeelError NOT_FOUND */
  restore(version: number, reason: string, by: string): Promise<void>;
  /** What the settings file says now. */
  replaceFile(file: readonly FileLayer[]): Promise<void>;
  /** Places or endpoints have changed: whoever has other settings now gets them. */
  follow(): Promise<void>;
  /** The endpoint has ended. */
  retired(id: string): Promise<void>;
  /** From here on changes are sent. */
  start(tell: (endpoint: string) => void): void;
  stop(): void;
}

const fileAuthor = 'evenkeel.yaml';
const versionsShown = 200;
const namesShown = 10;
const differencesShown = 50;
/** The event loop turns in between. */
const atOnce = 200;

interface Effective {
  values: MergedValue[];
  document: AgentSettingsDocument;
  digest: string;
}

const isSameScope = (a: Scope, b: Scope) => a.of === b.of && a.target === b.target;
const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

export async function createAgentSettings(parts: AgentSettingsParts): Promise<AgentSettings> {
  const { state, fleet, groups, clock, log, changeFeed, base } = parts;
  let tell: ((endpoint: string) => void) | undefined;
  /** Digests of what was sent last: nothing is sent twice. */
  const sent = new Map<string, string>();
  let saving: Promise<unknown> = Promise.resolve();

  const normal = ({ of, target }: Scope): Scope =>
    of === 'group' ? { of, target: groups.named(target) ?? target } : { of, target };
  const nameOf = ({ of, target }: Scope): string =>
    of === 'group'
      ? (groups.nameOf(target) ?? target)
      : of === 'endpoint'
        ? (fleet.get(target)?.name ?? target)
        : target;
  const placeOf = (endpoint: Endpoint) => ({
    ...endpoint,
    groups: groups.namedGroupsOf(endpoint.id).flatMap(({ id, name }) => [id, name]),
  });
  const layerOf = ({ scope, priority, settings }: Pick<KeptLayer, 'scope' | 'priority' | 'settings'>): Layer => ({
    ...{ scope, name: nameOf(scope), priority, settings },
  });

  await takeFile(parts.file);
  let layers = await readLayers(state);
  let version = await newestVersion(state);
  const said = await readSaid(state);
  let effective = createEffective(layers);

  /** What stands in the file now; what is gone from it ends. */
  async function takeFile(file: readonly FileLayer[]): Promise<void> {
    const before = await readLayers(state);
    const now = file.map((layer) => ({ ...layer, scope: normal(layer.scope) }));
    const gone = before.filter(
      ({ owner, scope }) => owner === 'file' && !now.some((one) => isSameScope(one.scope, scope)),
    );
    const changes = [
      ...gone.map(({ scope, settings }) => ({ scope, before: settings, after: null, owner: 'file' as const })),
      ...now.flatMap(({ scope, settings, priority }) => {
        const old = before.find((one) => isSameScope(one.scope, scope));
        if (old?.owner === 'file' && isSame(old.settings, settings) && old.priority === priority) return [];
        const was = old?.priority ?? 0;
        return [
          {
            ...{ scope, before: old?.settings ?? null, after: settings, owner: 'file' as const },
            priority: { before: was, after: priority },
          },
        ];
      }),
    ];
    if (changes.length === 0 && (await newestVersion(state)) > 0) return;
    const why = { at: clock.now(), by: changes.length > 0 ? fileAuthor : 'Evenkeel', reason: '' };
    await state.transaction().execute((db) => saveVersion(db, why, changes));
  }

  /** The same object for all endpoints that the same layers reach. */
  function createEffective(kept: readonly Pick<KeptLayer, 'scope' | 'priority' | 'settings'>[]) {
    const ordered = inOrder(kept.map(layerOf));
    const known = new Map<string, Effective>();
    return (endpoint: Endpoint): Effective => {
      const place = placeOf(endpoint);
      const mine = ordered.flatMap((layer, n) => (reaches(layer.scope, place) ? [n] : []));
      const key = mine.join();
      let found = known.get(key);
      if (!found) {
        const reaching = mine.map((n) => ordered[n] as Layer);
        const values = mergeLayers(reaching);
        const document = { ...settingsIn(base), ...documentOf(values, reaching) };
        found = { values, document, digest: digestOfSettings(document) };
        known.set(key, found);
      }
      return found;
    };
  }

  const stateOf = (endpoint: Endpoint): TakenState =>
    takenState(endpoint, said.get(endpoint.id), effective(endpoint).digest);

  async function sendChanged(): Promise<void> {
    let n = 0;
    for (const endpoint of [...fleet.all()]) {
      if (effective(endpoint).digest !== sent.get(endpoint.id)) tell?.(endpoint.id);
      if (++n % atOnce === 0) await breathe();
    }
    changeFeed.publish({ kind: 'agent_settings' });
  }

  /** One change after the other: each is judged by what the one before has left. */
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = saving.then(work);
    saving = done.catch(() => undefined);
    return done;
  }

  async function commit(changes: readonly (KeptChange & { owner: KeptLayer['owner'] })[], reason: string, by: string) {
    await state.transaction().execute((db) => saveVersion(db, { at: clock.now(), by, reason }, changes));
    await reload();
    await sendChanged();
  }

  async function reload(): Promise<void> {
    layers = await readLayers(state);
    version = await newestVersion(state);
    effective = createEffective(layers);
  }

  const unsubscribe = changeFeed.subscribe((change) => {
    if (change.kind !== 'endpoint') return;
    // Another site, group, tag or kind may mean other settings.
    const endpoint = fleet.get(change.endpoint);
    const last = sent.get(change.endpoint);
    if (endpoint && last !== undefined && effective(endpoint).digest !== last) tell?.(endpoint.id);
  });

  return {
    configFor(endpoint, own) {
      const { level, id } = endpoint;
      const { document, values, digest } = effective(endpoint);
      const { interval_s, checks } = document;
      // Sent before its level is known, it would for a moment take back what the agent has.
      if (level === undefined && values.length > 0) return undefined;
      if (level !== undefined) sent.set(id, digest);
      if (level === undefined || level < settingsLevel)
        return { ...base, ...own, ...(interval_s === undefined ? {} : { interval_s }), ...(checks && { checks }) };
      const last = said.get(id);
      // What it has already keeps its number.
      const number = last?.digest === digest && last.version > 0 ? last.version : version;
      return { ...base, ...own, ...document, version: number };
    },
    async heard(endpoint, applied) {
      const { version: of, digest, result, problems, remote, lock } = applied;
      const before = said.get(endpoint.id);
      const now = { version: of, digest, result, problems, remote, lock };
      const { at: _, ...was } = before ?? { at: 0 };
      if (isSame(was, now)) return;
      const next: Said = { ...now, at: clock.now() };
      await saveSaid(state, endpoint.id, next);
      said.set(endpoint.id, next);
      changeFeed.publish({ kind: 'agent_settings' });
    },
    summary() {
      const all = [...fleet.all()];
      const counts = Object.fromEntries(takenStates.map((one) => [one, 0])) as Record<TakenState, number>;
      for (const endpoint of all) counts[stateOf(endpoint)] += 1;
      const places = all.map(placeOf);
      const shown = layers.map(
        (layer): AgentLayer => ({
          ...{ scope: layer.scope, name: nameOf(layer.scope), settings: layer.settings, priority: layer.priority },
          ...{ owner: layer.owner, at: layer.at, by: layer.by },
          endpoints: places.filter((place) => reaches(layer.scope, place)).length,
        }),
      );
      return { version, layers: inOrder(shown), counts, endpoints: all.length };
    },
    notTaken() {
      return [...fleet.all()].flatMap((endpoint): NotTaken[] => {
        const { id, name, site } = endpoint;
        const taken = stateOf(endpoint);
        const last = said.get(id);
        const known = { saidAt: last?.at ?? null, version: last?.version ?? null, problems: last?.problems ?? [] };
        return taken === 'taken' ? [] : [{ id, name, site, state: taken, ...known }];
      });
    },
    async versions() {
      const kept = await readVersions(state, versionsShown);
      return kept.map(({ changes, ...one }) => ({
        ...one,
        changes: changes.map(({ scope, before, after }) => ({ scope, name: nameOf(scope), before, after })),
      }));
    },
    ofEndpoint(id) {
      const endpoint = fleet.get(id);
      if (!endpoint) throw fail('NOT_FOUND', { what: 'endpoint', id });
      const last = said.get(id);
      return {
        ...{ values: effective(endpoint).values, state: stateOf(endpoint), problems: last?.problems ?? [] },
        ...{ version: last?.version ?? null, saidAt: last?.at ?? null },
        ...{ remote: last?.remote ?? null, lock: last?.lock ?? [] },
      };
    },
    preview({ scope, settings, priority }) {
      const others = layers.filter((one) => !isSameScope(one.scope, scope));
      const then = createEffective(settings === null ? others : [...others, { scope, settings, priority }]);
      const found = new Map<string, LayerPreview['differences'][number]>();
      const preview: LayerPreview = { reached: 0, changed: 0, offline: 0, old: 0, differences: [], names: [] };
      for (const endpoint of fleet.all()) {
        if (reaches(scope, placeOf(endpoint))) preview.reached += 1;
        const [before, after] = [effective(endpoint), then(endpoint)];
        if (before.digest === after.digest) continue;
        preview.changed += 1;
        if (endpoint.state !== 'online') preview.offline += 1;
        if (endpoint.level !== undefined && endpoint.level < settingsLevel) preview.old += 1;
        if (preview.names.length < namesShown) preview.names.push(endpoint.name);
        for (const difference of differencesOf(before.values, after.values)) {
          const key = JSON.stringify(difference);
          const known = found.get(key);
          if (known) known.endpoints += 1;
          else found.set(key, { ...difference, endpoints: 1 });
        }
      }
      preview.differences = [...found.values()].sort((a, b) => b.endpoints - a.endpoints).slice(0, differencesShown);
      return preview;
    },
    save: (edit, reason, by) =>
      inTurn(async () => {
        const { scope, settings, priority } = edit;
        const old = layers.find((one) => isSameScope(one.scope, scope));
        if (old?.owner === 'file') throw inFile(nameOf(scope));
        if (settings === null && !old) throw fail('NOT_FOUND', { what: 'layer of settings', id: nameOf(scope) });
        const was = old?.priority ?? 0;
        const change = { scope, before: old?.settings ?? null, after: settings, owner: 'people' as const };
        await commit([{ ...change, priority: { before: was, after: priority } }], reason, by);
      }),
    restore: (to, reason, by) =>
      inTurn(async () => {
        const kept = await readVersions(state, Number.MAX_SAFE_INTEGER);
        if (!kept.some((one) => one.version === to))
          throw fail('NOT_FOUND', { what: 'version of settings', id: String(to) });
        /** From the newest back: the oldest change after that version says how a layer was. */
        const was = new Map<string, KeptChange>();
        for (const one of kept)
          if (one.version > to) for (const change of one.changes) was.set(JSON.stringify(change.scope), change);
        const changes = [...was.values()].flatMap(({ scope, before, priority }) => {
          const old = layers.find((one) => isSameScope(one.scope, scope));
          if (old?.owner === 'file' || isSame(old?.settings ?? null, before)) return [];
          const priorities = { before: old?.priority ?? 0, after: priority?.before ?? 0 };
          return [
            { scope, before: old?.settings ?? null, after: before, owner: 'people' as const, priority: priorities },
          ];
        });
        if (changes.length === 0)
          throw fail('CONFLICT', { problem: `the settings are as they were after version ${to} already` });
        await commit(changes, reason, by);
      }),
    replaceFile: (file) =>
      inTurn(async () => {
        await takeFile(file);
        await reload();
        await sendChanged();
      }),
    follow: () =>
      inTurn(async () => {
        await reload();
        await sendChanged();
      }),
    async retired(id) {
      sent.delete(id);
      said.delete(id);
      await state.deleteFrom('applied_settings').where('endpoint', '=', id).execute();
    },
    start(send) {
      tell = (id) => {
        try {
          send(id);
        } catch (thrown) {
          log.warn({ err: thrown, endpoint: id }, 'Could not send settings to an agent; they follow when it connects');
        }
      };
    },
    stop() {
      unsubscribe();
      tell = undefined;
    },
  };
}

const inFile = (name: string) =>
  fail('CONFLICT', {
    problem: `the settings for ${name === '' ? 'all' : name} stand in evenkeel.yaml, under agent_settings; change them there and start the collector again`,
  });
