/** Dependencies and interface of the intake. Wired in ../open-intake.ts. */
import type { Registry } from 'prom-client';
import type { Flood } from '../../shared/api.ts';
import type { Applied } from '../../shared/applied.ts';
import type { Ask } from '../../shared/ask.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Log } from '../../shared/log.ts';
import type { AgentConfig, AskAnswer, Report } from '../../shared/report.ts';
import type { SaidTrust } from '../../shared/trust.ts';
import type { UpdateReport } from '../../shared/update.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { PresenceTracker } from '../fleet/presence.ts';
import type { SeriesStore } from '../series/series.ts';
import type { State } from '../state/open.ts';
import type { BudgetRules } from './budgets.ts';
import type { IntakeCounters } from './counters.ts';
import type { LargeMessageLimits } from './large/large-messages.ts';
import type { HeldBuckets, IntakeSource, OpenSource } from './source.ts';

export interface IntakeParts {
  source: OpenSource;
  /** Whose endpoints this collector serves. Left out: all. */
  held?: HeldBuckets | undefined;
  state: State;
  store: SeriesStore;
  fleet: Fleet;
  changeFeed: ChangeFeed;
  clock: Clock;
  log: Log;
  registry: Registry;
  /** How long raw samples are kept, ms: older ones are refused with the reason. */
  rawRetentionMs: number;
  maxSeriesPerEndpoint?: number;
  /** What one endpoint may cost. */
  budgets?: BudgetRules;
  /** How long one message waits for a budget at most, ms. */
  longestHoldMs?: number;
  /** What one large message may cost the thread that reads it. */
  largeMessages?: LargeMessageLimits;
  /** Other collectors keep the samples and acknowledge them: called in place of our own acknowledgements. */
  conflict?(endpoint: string, epoch: string): void;
  /** Overrides the computed grace period after a start, ms. */
  graceMs?: number;
  alerts: {
    /** A promise only where a change is being saved. */
    onReport(endpoint: Endpoint, report: Report, live: boolean): Promise<void> | undefined;
    onPresence(endpoint: Endpoint): Promise<void>;
    /** How many alerts the endpoint has now. */
    countOf?(endpoint: string): number;
  };
  /** What an agent asks for its own machine. Left out: it is refused. */
  asked?(endpoint: Endpoint, ask: Ask, from: string): Promise<AskAnswer>;
  /** Which settings an agent has. */
  applied?(endpoint: Endpoint, applied: Applied): Promise<void>;
  /** What an agent says of its own update. */
  updated?(endpoint: Endpoint, update: UpdateReport): Promise<void>;
  /** Which authority an agent trusts. */
  trusts?(endpoint: Endpoint, said: SaidTrust): Promise<void>;
  /** A live report has come. @returns what of it is about the endpoint itself */
  heard?(endpoint: Endpoint, report: Report): Report;
  /** The report with metrics that are computed from it and from the state of its endpoint, for the rules. */
  derive?(endpoint: Endpoint, report: Report): Report;
  /** The series store has a fault (`trouble`), or has recovered (null): an alert of the collector about itself. */
  onTrouble?(trouble: string | null): void;
  /** Settings for an endpoint, where there are any. */
  configOf?(endpoint: Endpoint): AgentConfig | undefined;
}

export interface Intake {
  readonly port: number;
  readonly presence: PresenceTracker;
  readonly counters: IntakeCounters;
  connected(): number;
  /** How an endpoint is beyond its budgets; null where it is not. */
  floodOf(endpoint: string): Flood | null;
  /** Sends changed settings to the endpoint. */
  configure(endpoint: string): void;
  /** Takes the settings of a retired endpoint back, also from a broker that keeps them, and ends its connection. */
  retire(endpoint: string): void;
  /** Ends the connection. */
  disconnect(endpoint: string): void;
  /** Takes connections that come by the port of HTTPS. */
  guests: IntakeSource['guests'];
  /** The reverse of the start: stops listening, waits for messages in flight, sends the last acks. */
  close(): Promise<void>;
}
