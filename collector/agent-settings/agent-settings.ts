/**
 * Settings of agents by group: layers that people and the settings file say, merged for each endpoint, delivered in the
 * retained message `config`, and answered by each agent. Memory holds what state has; state is written first.
 */
import type {
  AgentSettingsSummary,
  EndpointSettings,
  LayerPreview,
  NotTaken,
  SettingsVersion,
} from '../../shared/agent-layer.ts';
import { settingsLevel } from '../../shared/agent-level.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentConfig } from '../../shared/report.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../fleet/groups.ts';
import { oneAtATime } from '../fleet/turns.ts';
import { breathe } from '../state/breathe.ts';
import { createGroup } from '../state/group.ts';
import type { State } from '../state/open.ts';
import { changeOf, changesBackTo, changesByFile, type OwnedChange } from './changes.ts';
import { createEffective, createScopes, isSame, type LayerContent } from './effective.ts';
import { notTaken, previewOf, type SettingsSight, settingsOfEndpoint, shownVersions, summaryOf } from './shown.ts';
import type { SaidSettings } from './state.ts';
import {
  type FileLayer,
  type LayerEdit,
  newestVersion,
  readLayers,
  readSaid,
  readVersions,
  saveSaid,
  saveVersion,
} from './store.ts';

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

export interface FleetSettings {
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
/** The event loop turns in between. */
const atOnce = 200;

export async function createAgentSettings(parts: AgentSettingsParts): Promise<FleetSettings> {
  const { state, fleet, groups, clock, log, changeFeed, base } = parts;
  const scopes = createScopes(fleet, groups);
  const under = (some: readonly LayerContent[]) => createEffective(some, scopes, base);
  let tell: ((endpoint: string) => void) | undefined;
  /** Of one endpoint in the order in which it came; of many in one commit. */
  const hearing = oneAtATime();
  const group = createGroup(state);
  /** Digests of what was sent last: nothing is sent twice. */
  const sent = new Map<string, string>();
  let saving: Promise<unknown> = Promise.resolve();

  await takeFile(parts.file);
  let layers = await readLayers(state);
  let version = await newestVersion(state);
  const said = await readSaid(state);
  let effective = under(layers);
  const seen = (): SettingsSight => ({
    fleet,
    scopes,
    said,
    effective,
    layers: () => layers,
    version: () => version,
    usualInterval: base.interval_s,
  });

  async function takeFile(file: readonly FileLayer[]): Promise<void> {
    const changes = changesByFile(await readLayers(state), file, scopes.normal);
    // The first version says that there was nothing before.
    if (changes.length === 0 && (await newestVersion(state)) > 0) return;
    const why = { at: clock.now(), by: changes.length > 0 ? fileAuthor : 'Evenkeel', reason: '' };
    await state.transaction().execute((db) => saveVersion(db, why, changes));
  }

  async function reload(): Promise<void> {
    layers = await readLayers(state);
    version = await newestVersion(state);
    effective = under(layers);
  }

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

  async function commit(changes: readonly OwnedChange[], reason: string, by: string): Promise<void> {
    await state.transaction().execute((db) => saveVersion(db, { at: clock.now(), by, reason }, changes));
    await reload();
    await sendChanged();
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
    heard: ({ id }, { version: of, digest, result, problems, remote, lock }) =>
      hearing.run(id, async () => {
        const now = { version: of, digest, result, problems, remote, lock };
        const { at: _, ...was } = said.get(id) ?? { at: 0 };
        if (isSame(was, now)) return;
        const next: SaidSettings = { ...now, at: clock.now() };
        await group((db) => saveSaid(db, id, next));
        said.set(id, next);
        changeFeed.publish({ kind: 'agent_settings' });
      }),
    summary: () => summaryOf(seen()),
    notTaken: () => notTaken(seen()),
    versions: async () => shownVersions(seen(), await readVersions(state, versionsShown)),
    ofEndpoint: (id) => settingsOfEndpoint(seen(), id),
    preview: (edit) => previewOf(seen(), edit, under),
    save: (edit, reason, by) => inTurn(() => commit([changeOf(layers, edit, scopes.nameOf)], reason, by)),
    restore: (to, reason, by) =>
      inTurn(async () => {
        const kept = await readVersions(state, Number.MAX_SAFE_INTEGER);
        await commit(changesBackTo(to, kept, layers), reason, by);
      }),
    replaceFile: (file) => inTurn(() => takeFile(file).then(reload).then(sendChanged)),
    follow: () => inTurn(() => reload().then(sendChanged)),
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
