/** Wires what suppresses alerts beside maintenance: one memory of reasons, and the rooms that set them. */
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Endpoint } from '../fleet/fleet.ts';
import { createDependencies, type Dependencies } from '../outages/dependencies.ts';
import { type DetectParts, siteAlertKey } from '../outages/detect.ts';
import type { GeneratedDependencies } from '../outages/generated.ts';
import type { InhibitParts } from '../outages/inhibit.ts';
import { createInhibition, type InhibitionSettings, inhibitionDefaults } from '../outages/inhibition.ts';
import type { InhibitRule } from '../outages/inhibition-graph.ts';
import { createOutageMemory } from '../outages/memory.ts';
import { loadOutages } from '../outages/save.ts';
import { builtInRules, type UplinkSettings } from '../outages/settings.ts';
import { siteIncidentDefaults } from '../outages/site-incident.ts';
import { createUplinks, type Uplinks } from '../outages/uplinks.ts';
import { loadSilences } from '../silences/load.ts';
import { createSilenceMemory, type SilenceMemory } from '../silences/memory.ts';
import { createSilencePeople, type SilencePeople } from '../silences/people.ts';
import { createSilenceReads, type SilenceReads } from '../silences/read.ts';
import type { SilenceParts } from '../silences/silence.ts';
import type { State } from '../state/open.ts';
import type { PolicyEvent } from '../tickets/actions.ts';
import type { LiveAlert } from './alert.ts';
import type { Input } from './batch.ts';
import { type Labels, labelsOf } from './labels.ts';
import type { AlertMemory } from './memory.ts';
import { createSuppressions, fires, type Suppressions } from './suppressions.ts';

export type SilenceActions = SilencePeople & SilenceReads;
export type DependencyActions = Pick<Dependencies, 'of' | 'set' | 'childrenOf'> & {
  nameOf(id: string): string | undefined;
  sites: Pick<Uplinks, 'set' | 'waysOfSite' | 'isOfFile' | 'nameOfSite'> & {
    /** Sites that are reached by way of it. */
    behind(id: string): { id: string; name: string }[];
  };
};

export interface SuppressorParts {
  state: State;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  memory: AlertMemory;
  maintenance: { isSuppressed(alert: string): boolean; covers(endpoint: string, at: number): boolean };
  endpointOf(id: string): Endpoint | undefined;
  endpoints(): Iterable<Endpoint>;
  /** Of the settings; beside those that are built in. */
  inhibit?: readonly InhibitRule[];
  inhibition?: InhibitionSettings;
  /** Of targets and services. */
  generated?: GeneratedDependencies;
  /** Of evenkeel.yaml: what whole sites are reached by way of. */
  uplinks?: UplinkSettings;
  log: Pick<Log, 'warn'>;
  /** Some receiver was told of the alert. */
  isTold(key: string): boolean;
  named(id: string): Pick<Endpoint, 'id' | 'name' | 'kind' | 'site'>;
  groupNamesOf(endpoint: string): readonly string[];
  ruleNamed(id: string): NamedRule;
  push(input: Input): Promise<void>;
}

export interface Suppressors extends SilenceParts, InhibitParts, DetectParts {
  memory: AlertMemory;
  suppressions: Suppressions;
  silences: SilenceMemory;
  labels(alert: LiveAlert): Labels;
  nextDue(): number | null;
  /** After a restart. @returns what tickets have to know before anything is due */
  load(at: number): Promise<PolicyEvent[]>;
  pass(at: number): void;
  keep(): void;
  undo(): void;
  actions: SilenceActions;
  dependencies: DependencyActions;
  /** Whether an edit of the endpoint may change anything here. */
  isAbout(endpoint: string): boolean;
  /** Sites were made, renamed or removed. */
  sitesChanged(): Promise<void>;
  /** An endpoint has come, or is called otherwise. */
  placesChanged(): void;
}

export function createSuppressors(parts: SuppressorParts): Suppressors {
  const { state, clock, zone, memory, push, named, ruleNamed, generated } = parts;
  const suppressions = createSuppressions(parts.maintenance);
  const silences = createSilenceMemory();
  const labels = (alert: LiveAlert): Labels => {
    const endpoint = parts.endpointOf(alert.endpoint) ?? named(alert.endpoint);
    return labelsOf(alert, endpoint, parts.groupNamesOf(alert.endpoint));
  };
  const reading = { state, silences, suppressions, memory, labels, named, ruleNamed, now: clock.now };
  const { endpointOf, maintenance } = parts;
  const dependencies = createDependencies({ state, nameOf: (id) => endpointOf(id)?.name });
  const uplinks = createUplinks({
    ...{ state, dependencies, generated, endpointOf, endpoints: parts.endpoints },
    ...{ file: parts.uplinks ?? [], log: parts.log },
  });
  let toldBefore = new Set<string>();
  const isSiteTold = (site: string) => {
    const alert = memory.alert(siteAlertKey(site));
    return alert !== undefined && fires(alert) && (toldBefore.has(alert.id) || parts.isTold(alert.key));
  };
  const judgeAgain = (site?: string) =>
    push({ type: 'dependencies', at: clock.now(), endpoints: uplinks.affected(site) });
  const rules = [...builtInRules, ...(parts.inhibit ?? [])];
  const settings = parts.inhibition ?? inhibitionDefaults;
  const inhibition = createInhibition(
    {
      rules,
      dependencyOf(id) {
        const site = uplinks.nameOfSite(id);
        return site !== undefined && isSiteTold(site) ? undefined : uplinks.of(id);
      },
      childrenOf: uplinks.childrenOf,
    },
    settings,
  );
  const outages = createOutageMemory(siteIncidentDefaults);
  const nameOf = (id: string) => named(id).name;
  const inhibiting = { inhibition, outages, suppressions, memory, labels, nameOf, uplinks, isSiteTold };
  const rooms = [suppressions, silences, inhibition, outages];
  return {
    ...{ ...inhibiting, silences, endpointOf, maintenance },
    nextDue() {
      const next = [silences.nextDue(), inhibition.nextDue(), outages.nextDue()].filter((at) => at !== null);
      return next.length === 0 ? null : Math.min(...next);
    },
    async load(at) {
      suppressions.clear();
      await loadSilences(state, silences, suppressions, memory, at);
      await dependencies.load();
      await uplinks.load();
      const told = (sites: readonly string[]) => {
        toldBefore = new Set(sites.flatMap((site) => memory.alert(siteAlertKey(site))?.id ?? []));
      };
      return loadOutages({ ...inhibiting, state, endpoints: parts.endpoints, toldBefore: told }, at);
    },
    pass: silences.pass,
    keep() {
      for (const room of rooms) room.keep();
    },
    undo() {
      for (const room of rooms) room.undo();
    },
    isAbout: (endpoint) => {
      const site = endpointOf(endpoint)?.site ?? '';
      return memory.countOf(endpoint) > 0 || (outages.isAlive(endpoint) && outages.siteOf(endpoint) !== site);
    },
    async sitesChanged() {
      // Of a site that was removed they went with it.
      await dependencies.load();
      await uplinks.load();
      await judgeAgain();
    },
    placesChanged: uplinks.lookAgain,
    dependencies: {
      sites: {
        ...{ waysOfSite: uplinks.waysOfSite, isOfFile: uplinks.isOfFile, nameOfSite: uplinks.nameOfSite },
        behind: (id) => uplinks.namesBehind(id).map((name) => ({ id: uplinks.siteNamed(name) ?? name, name })),
        async set(site, given, by, at) {
          await uplinks.set(site, given, by, at);
          await judgeAgain(site);
        },
      },
      of: dependencies.of,
      childrenOf: (id) => dependencies.childrenOf(id).filter((child) => uplinks.nameOfSite(child) === undefined),
      nameOf: (id) => endpointOf(id)?.name,
      async set(endpoint, given, by, at) {
        await dependencies.set(endpoint, given, by, at);
        await push({ type: 'dependencies', at, endpoints: [endpoint] });
      },
    },
    actions: { ...createSilencePeople({ state, clock, silences, zone, push }), ...createSilenceReads(reading) },
  };
}
