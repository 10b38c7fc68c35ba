/** What a collector is given, and what it gives back. */
import type { Clock } from '../shared/clock.ts';
import type { DataFolder } from './data/folder.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { IntakeParts } from './intake/intake.ts';
import type { createLog } from './log.ts';
import type { Mirrors } from './mirrors/mirrors.ts';
import type { SeriesStore } from './series/series.ts';
import type { Addresses } from './settings/addresses.ts';
import type { Config } from './settings/settings.ts';
import type { StatePlace } from './state/drivers/index.ts';

export interface Deps {
  clock: Clock;
  log: ReturnType<typeof createLog>;
  version: string;
  /** Folder of the built web app. */
  web: string;
  /** Where packages of the agent have been built, if they have. */
  packages?: readonly string[];
  /** Where messages of endpoints come from; without, the broker of this collector. */
  source?: IntakeParts['source'];
  /** Set for what a leader opens. */
  leader?: LeaderParts;
}

/** What the leader of several collectors shares with the part of it that every collector has. */
export interface LeaderParts {
  folder: DataFolder;
  /** By its own clock nobody else can have it yet. */
  isSure(): boolean;
  /** Refuses changes once another leads. */
  place: StatePlace;
  series: SeriesStore;
  mirrors: Mirrors;
  source: IntakeParts['source'];
  conflict: NonNullable<IntakeParts['conflict']>;
  storeOf(series: SeriesStore): SeriesStore;
  /** Its web server is reached through those of all collectors. */
  http: Config['http'];
  onPort(port: number): void;
  onFleet(fleet: Pick<Fleet, 'get' | 'all'>): void;
  /** What the others know of it is another now. */
  onEndpoint(endpoint: string): void;
}

/** What a person wants to know after the start. */
export interface Started {
  addresses: Addresses;
  /** The one-time link that makes the first admin; null when there is one. */
  setupLink: string | null;
  data: string;
  /** Of a collector among others. */
  cluster?: { name: string; address: string; buckets: number; leader: string | null };
  /** Other rules of the settings file and the files beside it: all or none. @returns ids of those that now differ */
  applyRules(rules: Config['rules']): Promise<string[]>;
  /** Other settings of agents of the settings file. */
  applyAgentSettings(layers: Config['agentSettings']): Promise<void>;
}

export interface Collector {
  /** @throws EvenkeelError for whatever a person can mend; everything opened until then is closed again */
  start(): Promise<Started>;
  /** May be called at any time, also during the start. */
  stop(): Promise<void>;
}

export type Close = () => unknown;
/** While it is open. */
export type OpenParts = Deps & { stopped: AbortSignal };
