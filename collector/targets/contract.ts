/** Interface and dependencies of what is watched from outside. Made by createTargets in targets.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { TargetFinding } from '../../shared/finding.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentConfig, Report } from '../../shared/report.ts';
import type { TargetDetail, TargetRow, TargetTrial } from '../../shared/target-api.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import type { KeptTarget, TargetDefinition } from './store.ts';
import type { TargetState } from './verdict.ts';

export type TargetJudge = Pick<Alerts, 'onReport' | 'onPresence' | 'retired'>;

/** As in a request: of one that is known, secrets that are left out stay as they are. */
export type TargetEdit = Partial<TargetDefinition>;

export interface Targets {
  list(): TargetRow[];
  /** @throws EvenkeelError NOT_FOUND */
  row(id: string): TargetRow;
  /** Without what uses it, which is known elsewhere. */
  detail(id: string): Promise<Omit<TargetDetail, 'uses'>>;
  /** @returns its id, and that of a site that was made for it @throws EvenkeelError BAD_ENTRY, CONFLICT */
  create(target: TargetDefinition, by: string): Promise<{ id: string; madeSite: string | null }>;
  /** @throws EvenkeelError NOT_FOUND, BAD_ENTRY, CONFLICT for one of the settings file; so does `remove` */
  edit(id: string, edit: TargetEdit, by: string): Promise<{ madeSite: string | null }>;
  remove(id: string): Promise<void>;
  /** Looks once from here. @param id whose secrets hold where they are left out */
  tryOut(target: Pick<TargetDefinition, 'kind' | 'settings' | 'timeout_s'>, id?: string): Promise<TargetTrial>;
  /** How one is now; off: nobody is to look. Undefined: there is none. */
  stateOf(id: string): { name: string; state: TargetState | 'off' | null; since: number } | undefined;
  /** What is seen of it now; undefined: there is none. @param services names of those that are down by it */
  finding(id: string, services: readonly string[]): TargetFinding | undefined;
  definitions(): Iterable<KeptTarget>;
  subject(id: string): Endpoint | undefined;
  subjects(): Iterable<Endpoint>;
  /** The settings of an endpoint with what it is to watch. Undefined: its birth is awaited, which says what it understands. */
  settingsFor(endpoint: string, settings: AgentConfig): AgentConfig | undefined;
  /** A live report of an endpoint has come. @returns what of it is about the endpoint itself */
  heard(endpoint: string, report: Report): Report;
  /** Sites were renamed. */
  reload(): Promise<void>;
  start(alerts: TargetJudge, configure: (endpoint: string) => void): void;
  stop(): Promise<void>;
}

export interface TargetParts {
  state: State;
  fleet: Pick<Fleet, 'get'>;
  series: Pick<SeriesStore, 'accept' | 'forget'>;
  clock: Clock;
  log: Log;
  changeFeed: ChangeFeed;
  /** Report zone, IANA. */
  zone: string;
  /** Where the collector itself may look: addresses, ranges, names, `internet`. */
  allow: readonly string[];
  /** Definitions have changed. */
  onDefined?(): void;
  /** Of evenkeel.yaml. */
  list: readonly (TargetDefinition & { id: string })[];
}
