/** What the routes get: the contracts of the rooms, without their implementation. */

import type { Socket } from 'node:net';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { Registry } from 'prom-client';
import type { Flood, Role } from '../../shared/api.ts';
import type { Clock } from '../../shared/clock.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Report } from '../../shared/report.ts';
import type { TlsView } from '../../shared/tls.ts';
import type { NamedRule } from '../../shared/words/names.ts';
import type { Accounts } from '../accounts/accounts.ts';
import type { TokenPurpose } from '../accounts/tokens.ts';
import type { ActLinks } from '../act/links.ts';
import type { FleetSettings } from '../agent-settings/agent-settings.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { DependencyActions, SilenceActions } from '../alerts/suppressors.ts';
import type { Attachments } from '../attachments/attachments.ts';
import type { BrokerUsers } from '../broker-users/users.ts';
import type { Calendars } from '../calendars/calendars.ts';
import type { ChangeFeed } from '../change-feed.ts';
import type { Changes } from '../changes/changes.ts';
import type { Chat } from '../chat/chat.ts';
import type { Costs } from '../costs/costs.ts';
import type { Desks } from '../desks/desks.ts';
import type { LdapDirectory } from '../directory/ldap.ts';
import type { EndpointView } from '../evaluate/kinds/kind.ts';
import type { Rule } from '../evaluate/rule.ts';
import type { Rules } from '../evaluate/rules.ts';
import type { Applicants } from '../fleet/applicants.ts';
import type { Credentials } from '../fleet/credentials.ts';
import type { Enrollments } from '../fleet/enrollment.ts';
import type { Endpoint, Fleet } from '../fleet/fleet.ts';
import type { Groups } from '../fleet/groups.ts';
import type { Places } from '../fleet/places.ts';
import type { Rows } from '../fleet/rows.ts';
import type { Site } from '../fleet/sites.ts';
import type { SavedViews } from '../fleet/views.ts';
import type { Impacts } from '../impact/impact.ts';
import type { JoinLog } from '../install/join-log.ts';
import type { Packages } from '../install/packages.ts';
import type { IntakeSource } from '../intake/source.ts';
import type { KnowledgeBase } from '../knowledge/knowledge.ts';
import type { Disks } from '../kpi/disk-forecasts.ts';
import type { Months } from '../kpi/months.ts';
import type { MailIn } from '../mail/mail-in.ts';
import type { MaintenanceActions } from '../maintenance/maintenance.ts';
import type { Mirrors } from '../mirrors/mirrors.ts';
import type { Channels } from '../notify/channels.ts';
import type { PushDevices } from '../notify/devices.ts';
import type { ChannelHealth } from '../notify/health.ts';
import type { Outside } from '../outside/outside.ts';
import type { HeldMessages } from '../own-backup/held.ts';
import type { OwnBackups } from '../own-backup/own-backups.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { RemoteTemplate } from '../remote/remote.ts';
import type { Pdfs } from '../reports/pdf/pdf.ts';
import type { PeriodReports } from '../reports/reports.ts';
import type { Schedules } from '../reports/schedules.ts';
import type { OnCallDesk } from '../routing/desk.ts';
import type { Scripts } from '../scripts/scripts.ts';
import type { SelfService } from '../self-service/self-service.ts';
import type { SeriesStore } from '../series/series.ts';
import type { Addresses } from '../settings/addresses.ts';
import type { Software } from '../software/software.ts';
import type { State } from '../state/open.ts';
import type { StatusPages } from '../status/status.ts';
import type { Targets } from '../targets/contract.ts';
import type { Services } from '../targets/services.ts';
import type { ClockReader } from '../tickets/clocks.ts';
import type { Tickets } from '../tickets/tickets.ts';
import type { TrustAgents } from '../tls/agents.ts';
import type { Updates } from '../updates/updates.ts';

/** Actions of people on an alert, and the alerts held for an endpoint. */
export type AlertActions = Pick<
  Alerts,
  'acknowledge' | 'handOver' | 'withdraw' | 'opened' | 'openTicket' | 'end' | 'held' | 'escalationsOf'
>;

/** Actions of people on a ticket; each is an event of the ticket with the person's name. */
export type TicketActions = Omit<Tickets, 'onPerson' | 'closeOld'>;

export interface Context {
  version: string;
  clock: Clock;
  /** Report zone, IANA. */
  zone: string;
  state: State;
  accounts: Accounts;
  enrollments: Enrollments;
  credentials: Credentials;
  /** Of a broker of somebody else. */
  brokerUsers: Pick<BrokerUsers, 'kind' | 'learned' | 'verdicts'>;
  applicants: Applicants;
  fleet: Fleet;
  sites: Places<Site>;
  groups: Groups;
  calendars: Calendars;
  costs: Costs;
  software: Software;
  rows: Rows;
  views: SavedViews;
  series: SeriesStore;
  changeFeed: ChangeFeed;
  alerts: AlertActions;
  outside: Pick<Outside, 'take'>;
  /** Links in messages. */
  act: Pick<ActLinks, 'read' | 'use'>;
  /** People who report without an account. */
  selfService: SelfService;
  /** People who have lost their access. */
  recovery: Recovery;
  tickets: TicketActions;
  ticketClocks: ClockReader;
  knowledge: Omit<KnowledgeBase, 'start' | 'stop' | 'settle' | 'shredBy' | 'chores'>;
  impacts: Impacts;
  maintenance: MaintenanceActions;
  channels: Pick<Channels, 'list' | 'kinds' | 'create' | 'edit' | 'remove' | 'blocked' | 'test' | 'testDevice'>;
  desks: Pick<Desks, 'view' | 'test' | 'take'>;
  attachments: Pick<Attachments, 'list' | 'add' | 'read' | 'remove'>;
  mailIn: Pick<MailIn, 'view' | 'test'>;
  ldap: Pick<LdapDirectory, 'view' | 'read'>;
  chat: Omit<Chat, 'start'>;
  remoteSupport: readonly RemoteTemplate[];
  devices: Pick<PushDevices, 'keys' | 'list' | 'add' | 'remove'>;
  channelHealth: Pick<ChannelHealth, 'lastOf' | 'counts' | 'failing' | 'isMute'>;
  silences: SilenceActions;
  dependencies: DependencyActions;
  onCall: OnCallDesk;
  changes: Changes;
  months: Months;
  disks: Disks;
  reports: PeriodReports;
  pdfs: Pdfs;
  schedules: Schedules;
  status: StatusPages;
  agentSettings: Pick<
    FleetSettings,
    'summary' | 'notTaken' | 'versions' | 'ofEndpoint' | 'preview' | 'save' | 'restore'
  >;
  updates: Pick<Updates, 'summary' | 'endpoints' | 'begin' | 'configure' | 'stop' | 'resume' | 'withdraw' | 'folder'>;
  scripts: Pick<Scripts, 'isOn' | 'view' | 'ask' | 'approve' | 'withdraw'>;
  targets: Targets;
  services: Services;
  trust: Pick<TrustAgents, 'ofEndpoint'> & { view(): TlsView };
  mirrors: Pick<Mirrors, 'view'>;
  ownBackups: Pick<OwnBackups, 'status' | 'begin' | 'erased'> & { held: HeldMessages };
  /** The rules in force. */
  rules: Rules;
  /** The newest values that rules evaluate; null where there are none, or where they may be out of date. */
  newest(endpoint: Endpoint, rules: readonly Rule[]): Report | null;
  /** What expressions of rules look at beside a report. */
  viewOf(endpoint: string): EndpointView;
  /** Names of rules by id. */
  ruleNamed(id: string): NamedRule;
  /** The addresses for agents: available only once it listens. */
  addresses(): Addresses;
  /** Of the agent, for new machines. */
  packages: Packages;
  joins: JoinLog;
  /** The collector's own metrics, each registered where it is counted. */
  registry: Registry;
  /** A restore of one of its backups was tested: the rules are evaluated at once. */
  restoreTried(id: string): Promise<void>;
  /** Endpoints were retired: ends their connections and their alerts. */
  retired(ids: readonly string[]): Promise<void>;
  /** Of an endpoint whose rows were erased, all the rest. @returns why something is left; null when nothing is */
  finishErasing(): Promise<string | null>;
  /** Takes the connections of agents that come by this port; null: none may. */
  agentDoor: NonNullable<IntakeSource['guests']> | null;
  /** The credential of an endpoint was replaced. */
  replaced(id: string): Promise<void>;
  /** How an endpoint is beyond its budgets; null where it is not. */
  floodOf(endpoint: string): Flood | null;
  /** A part that does not work at present, in words; null when all is well. */
  trouble(): string | null;
}

/** The caller. A log-in and a token differ only in what can be forged: see guard.ts. */
export interface Caller {
  name: string;
  role: Role;
  by: 'session' | 'token' | 'chat';
  /** Of a message: where it was said. */
  room?: string;
  /** Of a session: how it was begun. */
  via: 'password' | 'openid' | null;
  /** Of a session: its user, its secret, and when its password was typed in, ms UTC. */
  session: { user: string; secret: string; confirmedAt: number; hasFactor: boolean } | null;
  /** Ids of the sites that they are limited to; null: not limited. */
  sites: readonly string[] | null;
  /** Of a token: what alone it opens. */
  onlyFor: TokenPurpose | null;
  /** It came by the token that only this machine's tools can read. */
  isLocal: boolean;
  /** Of a token: when it ends, ms UTC; null: not by itself. */
  endsAt: number | null;
}

export type App = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
    /** Code of the error that it was answered with. */
    refusedAs: ErrorCode | null;
    /** Who a log-in that was refused claimed to be. */
    claimed: string | null;
    /** For the audit log, of what has no row: as it was, and as it is. */
    noted: { before: Readonly<Record<string, unknown>> | null; after: Readonly<Record<string, unknown>> } | null;
    /** For the audit log: ids of sites that were made because something was put there. */
    madeSites: string[];
    /** It asks for a WebSocket: takes the connection, which is not answered and not counted any more then. */
    takeOver: (() => { socket: Socket; head: Buffer }) | null;
  }
}
