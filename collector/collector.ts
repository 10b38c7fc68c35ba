/**
 * The one wiring function of the collector: every station is made here and meets the others here. What `start` opens,
 * `stop` closes in the opposite order, also when the start broke off half-way.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import type { Clock } from '../shared/clock.ts';
import { createOutgoing } from '../shared/outgoing.ts';
import type { Report } from '../shared/report.ts';
import { type Accounts, createAccounts } from './accounts/accounts.ts';
import { agentSettingsOf, settingsFor } from './agent-config.ts';
import { newEndpoints, ownRuleOf } from './alerts/own-rules.ts';
import type { NewestValues } from './alerts/returned.ts';
import { callAsUser } from './api/as-user.ts';
import { listen } from './api/listen.ts';
import { createServer } from './api/server.ts';
import { createBaselines } from './baseline/baselines.ts';
import { type ChangeFeed, createChangeFeed } from './change-feed.ts';
import { type DataFolder, removeOwn, tellAddresses } from './data/folder.ts';
import type { Rule } from './evaluate/rule.ts';
import { namedRule } from './evaluate/rule.ts';
import { announceNew } from './fleet/announce.ts';
import { createApplicants } from './fleet/applicants.ts';
import { withBackupAges, withDerivedAges } from './fleet/backup-age.ts';
import { saveEndpointDays } from './fleet/endpoint-days.ts';
import { createEnrollments, type Enrollments, joinCodeOf } from './fleet/enrollment.ts';
import { createErasures, type Erasures } from './fleet/erase.ts';
import type { Endpoint, Fleet } from './fleet/fleet.ts';
import { newestOf } from './fleet/newest.ts';
import { createRows, type Rows } from './fleet/rows.ts';
import { viewOf } from './fleet/view.ts';
import { createViews } from './fleet/views.ts';
import { createForecasts, type Forecasts } from './forecast/forecasts.ts';
import { createJoinLog } from './install/join-log.ts';
import { createPackages } from './install/packages.ts';
import { startLocalAgent } from './local/agent.ts';
import { writeLocalToken } from './local/token.ts';
import { createAuditHead } from './notify/audit-head.ts';
import { createDeadman } from './notify/deadman.ts';
import type { Outbox } from './notify/outbox.ts';
import { openAlerts } from './open-alerts.ts';
import { openUsersOfBroker } from './open-broker-users.ts';
import { openChat } from './open-chat.ts';
import { openMember } from './open-cluster.ts';
import { warnOfFiles } from './open-files.ts';
import { openIntake, sourceOf } from './open-intake.ts';
import { openManagers } from './open-managers.ts';
import { openPeople } from './open-people.ts';
import { endpointsNow } from './open-series.ts';
import { openStores } from './open-stores.ts';
import { type OpenTls, openTls } from './open-tls.ts';
import type { HeldMessages } from './own-backup/held.ts';
import { createOwnBackups, type OwnBackupParts } from './own-backup/own-backups.ts';
import { runningSource } from './own-backup/source.ts';
import type { Close, Collector, Deps, LeaderParts, OpenParts, Started } from './parts.ts';
import { restoreTrier } from './restore-tried.ts';
import { answerAsks } from './self-service/asked.ts';
import { createSelfService } from './self-service/self-service.ts';
import type { SeriesStore } from './series/series.ts';
import { type Addresses, ownAddressOf } from './settings/addresses.ts';
import type { Config } from './settings/settings.ts';
import { auditHead } from './state/audit-chain.ts';
import { type Chore, createHousekeeping } from './state/housekeeping.ts';
import { withTargets } from './targets/subject.ts';
import { openEvidence } from './tickets/evidence.ts';
import type { ShownTls } from './tls/serving.ts';
import type { ServedTls } from './tls/told.ts';

export type { Collector, Deps, Started } from './parts.ts';

export function createCollector(config: Config, deps: Deps): Collector {
  const opened: Close[] = [];
  const stopped = new AbortController();
  let starting: Promise<Started> | undefined;
  let stopping: Promise<void> | undefined;

  async function closeAll(): Promise<void> {
    for (let close = opened.pop(); close; close = opened.pop()) {
      try {
        await close();
      } catch (thrown) {
        deps.log.error({ err: thrown }, 'Could not close a part of the collector');
      }
    }
  }

  return {
    start() {
      const onStop = (close: Close) => void opened.push(close);
      const parts = { ...deps, stopped: stopped.signal };
      starting ??=
        config.cluster && !deps.leader
          ? openMember(config, parts, onStop, createCollector)
          : open(config, parts, onStop);
      return starting.catch(async (thrown: unknown) => {
        await closeAll();
        throw thrown;
      });
    },
    stop() {
      stopped.abort();
      stopping ??= (starting ?? Promise.resolve()).then(closeAll, closeAll);
      return stopping;
    },
  };
}

async function open(config: Config, deps: OpenParts, onStop: (close: Close) => void): Promise<Started> {
  const { clock, log } = deps;
  const { folder, state, driver, fleet, series, mirrors } = await openStores(config, deps, onStop);
  const changeFeed = createChangeFeed();
  if (deps.leader) onStop(followEndpoints(changeFeed, deps.leader));
  const registry = new Registry();
  const accounts = await createAccounts(state, clock.now, config.adminPassword, config.openId, folder.path);
  const enrollments = createEnrollments(state, clock.now, config.zone);
  /** A renamed site is renamed in the scopes of rules as well, before any change of an endpoint is published. */
  const onScopesMoved = async () => {
    for (const rule of await rules.reload()) changeFeed.publish({ kind: 'rule', rule });
    await alerts.maintenance.scopesMoved();
    await managers.targets.reload();
    await managers.agentSettings.follow();
  };
  const ruleNamed = (id: string) => namedRule(id, (one) => rules.called(one) ?? ownRuleOf(one));
  const maintenance = () => alerts.maintenance;
  const { zone, browser } = config;
  const ports = { http: config.http.port, mqtt: config.mqtt.port };
  const tls = await openTls(config, { state, fleet, changeFeed, clock, log }, onStop);
  const publicUrl = () => tls.addresses(ports).http;
  const mailChannel = () => channels.routes.find(({ channel }) => channel.kind === 'email')?.name ?? null;
  const mailing = { publicUrl, mailChannel, wake: () => outbox.wake(), ...config.retention };
  const shared = { ...deps, accounts, scripts: config.scripts, state, fleet, series, changeFeed };
  const managed = { ...shared, zone, browser, ruleNamed, onScopesMoved, maintenance };
  const packageFolders = packageFoldersOf(config, folder, deps);
  const { groups, chores, mailOf, generated, begin, end, ...managers } = await openManagers({
    ...managed,
    ...{ ...mailing, packageFolders, reviews: () => opening.reviews, index: driver.textIndex },
    targets: config.targets,
    agentSettings: agentSettingsOf(config),
  });
  const { targets, agentSettings, knowledge } = managers;
  onStop(end);

  // Rows are there only after alerts, and before any report.
  const { usual, ...baselines } = createBaselines({ state, series, fleet, clock, log, zone });
  onStop(() => baselines.stop());
  const seen = viewOf({ fleet, groups, facts: (id) => rows.facts(id), latest: series.latest, usual, now: clock.now });
  const onRulesChanged = (ids: readonly string[]) => followRules(ids);
  const watching = { ruleNamed, viewOf: seen, newest: ((...of) => newest(...of)) as NewestValues, onRulesChanged };
  const opened = {
    ...{ config, data: folder.path, log, clock, state, groups, generated, changeFeed, publicUrl, mailOf },
    fleet: withTargets(fleet, targets, managers.services),
    findingOf: managers.services.finding,
    maySend: deps.leader?.isSure ?? (() => true),
  };
  const opening = await openAlerts({ ...opened, ...watching }, onStop);
  const { channels, channelHealth, rules, outbox, held: heldBack, tickets, ticketClocks, alerts } = opening;
  const { outside, act, onCall, ...routes } = opening;
  onStop(accounts.onEnd(() => void routes.usersChanged()));
  chores.push({ name: 'gaps of schedules', run: routes.warnOfGaps }, routes.attachments.chore);
  managers.changes.start();
  onStop(() => managers.changes.stop());
  const packages = createPackages(packageFolders);
  const [{ held }, { newestVersion }] = [alerts, packages];
  const rows = await createRows({ fleet, groups, series, held, newestVersion, state, changeFeed, log, now: clock.now });
  onStop(() => rows.close());
  await openEvidence({ ...deps, state, changeFeed, series: withDerivedAges(series, rows.facts) }, onStop);
  onStop(mirrors.start({ registry, alerts, endpoints: endpointsNow(rows) }));

  const selfService = createSelfService({ ...deps, state, fleet, tickets, knowledge, rules: config.selfService });
  const people = openPeople(config, { ...deps, ...opening, state, publicUrl }, onStop);
  const judged = (endpoint: Endpoint, report: Report) => alerts.onReport(endpoint, report, true);
  const forecasts = createForecasts({ ...deps, fleet, series, zone, onReport: judged });
  chores.push({ name: 'forecasts of disks', run: forecasts.run });
  const { derive, newest } = createNewest(series, rows, forecasts, clock);
  const followRules = rulesFollower({ rules, alerts, fleet, newest, changeFeed, log });

  if (!config.broker) warnOfFiles(fleet, log);
  const intake = await openIntake({
    ...roadOf(config, deps, series, tls),
    ...{ state, fleet, changeFeed, clock, log, registry, alerts, derive },
    rawRetentionMs: config.retention.rawMs,
    onTrouble(trouble) {
      alerts
        .self(trouble)
        .catch((thrown: unknown) => log.error({ err: thrown, trouble }, 'Could not raise the collector’s own alert'));
    },
    heard: ({ id }, report) => targets.heard(id, report),
    asked: answerAsks(alerts.maintenance.asked, selfService, publicUrl),
    ...{ applied: agentSettings.heard, updated: managers.updates.heard, trusts: managers.credentials.afterTrust(tls) },
    configOf: settingsFor(config, { ...managers, trust: tls.agents }),
  });
  onStop(() => intake.close());
  managers.credentials.start(intake);
  begin(alerts, intake.configure);
  tls.start(alerts, publicUrl, intake.configure);

  const ownBackups = openOwnBackups({ ...deps, config, folder, state, series, alerts, held: heldBack }, onStop);
  const shred = routes.attachments.shredBy(knowledge.shredBy(driver.shred));
  const erasures = createErasures({ ...deps, state, series, shred, now: clock.now });
  ports.mqtt = intake.port;
  const brokerUsers = openUsersOfBroker(config, { ...deps, state, fleet, changeFeed, alerts }, onStop);
  const chat = openChat(config, { ...deps, state, publicUrl, isHeld: () => heldBack.since() !== null });
  const server = await createServer(
    {
      ...{ version: deps.version, clock, zone: config.zone, state, accounts, enrollments, fleet },
      applicants: createApplicants(state, clock.now, config.zone),
      ...{ groups, brokerUsers, ...managers, rows, series, changeFeed, views: createViews(state, clock.now) },
      ...{ act, onCall, alerts, outside, tickets, ticketClocks, selfService, ...people },
      ...{ maintenance: alerts.maintenance, silences: alerts.silences, dependencies: alerts.dependencies },
      ...{ rules, newest, viewOf: seen, ruleNamed },
      remoteSupport: config.remoteSupport,
      ...{ ...routes, channels, chat, channelHealth, ownBackups, mirrors },
      trust: { view: tls.view, ofEndpoint: tls.agents.ofEndpoint },
      ...{ registry, addresses: () => tls.addresses(ports) },
      restoreTried: restoreTrier({ state, fleet, clock, rows, alerts }),
      ...{ joins: createJoinLog(clock.now), packages },
      async retired(ids) {
        for (const id of ids) {
          intake.retire(id);
          await Promise.all([agentSettings.retired(id), managers.updates.retired(id), managers.scripts.retired(id)]);
        }
        await onScopesMoved();
        for (const id of ids) await alerts.retired(id);
      },
      ...{ agentDoor: (config.webSocket && intake.guests) || null, replaced: async (id) => intake.disconnect(id) },
      ...{ finishErasing: erasures.finish, floodOf: intake.floodOf },
      trouble: () => series.stats().appendsWait,
    },
    { config: deps.leader ?? config, tls: deps.leader ? plain : tls.web, log, web: deps.web },
  );
  onStop(() => server.close());
  const port = await listen(server, (deps.leader ?? config).http);
  if (deps.leader) deps.leader.onPort(port);
  else ports.http = port;
  onStop(chat.start(callAsUser(server)));
  const ofDays = { state, fleet, factsOf: rows.facts, heldOf: held, zone: config.zone, now: clock.now };
  chores.push({ name: 'backups and patches of the day', run: () => saveEndpointDays(ofDays) });
  onStop(() => managers.schedules.stop());
  await managers.schedules.start();
  onStop(managers.months.stayReady());
  watchOver(config, { ...deps, state, channelHealth, series, held: heldBack }, onStop);
  await ownBackups.start();
  onStop(announceNew({ ...deps, state, fleet, alerts, rule: newEndpoints, isOn: config.agents.announceNew }));
  keepHouse({ ...deps, state, driver, accounts, outbox, chores, erasures }, onStop);
  const addresses = tls.addresses(ports);
  const own = deps.leader ? `http://127.0.0.1:${port}` : ownAddressOf(config, port);
  await beside(config, deps, { folder, accounts, enrollments, addresses, own, web: tls.web }, onStop);
  const secret = accounts.setup.secret();
  return {
    addresses,
    // Behind the hash, so that no server or proxy ever logs it.
    setupLink: secret === null ? null : `${addresses.http}/setup#${secret}`,
    data: folder.path,
    applyRules: rules.replaceFile,
    applyAgentSettings: agentSettings.replaceFile,
  };
}

/** Where messages come from, and what keeps them: of a leader, other collectors. */
const roadOf = (config: Config, { leader, source }: Deps, series: SeriesStore, { broker }: Pick<OpenTls, 'broker'>) =>
  leader
    ? { source: leader.source, conflict: leader.conflict, store: leader.storeOf(series) }
    : {
        source: source ?? sourceOf(config, { broker }),
        store: series,
      };

const followEndpoints = (changeFeed: ChangeFeed, { onEndpoint }: LeaderParts) =>
  changeFeed.subscribe((change) => change.kind === 'endpoint' && onEndpoint(change.endpoint));

/** The leader is reached from this machine alone. */
const plain: ShownTls = { current: () => null, onChange: () => undefined };

const packageFoldersOf = ({ packages }: Config, { path }: DataFolder, deps: Deps) =>
  packages === null ? [join(path, 'packages'), ...(deps.packages ?? [])] : [packages];

type Followed = Pick<Awaited<ReturnType<typeof openAlerts>>, 'rules' | 'alerts'> & {
  fleet: Fleet;
  newest(endpoint: Endpoint, looked: readonly Rule[]): Report | null;
  changeFeed: ChangeFeed;
  log: Deps['log'];
};

/** Alerts under the rules of now, and the newest values judged by them. */
const rulesFollower =
  ({ rules, alerts, fleet, newest, changeFeed, log }: Followed) =>
  (ids: readonly string[]): void => {
    const follow = async () => {
      await alerts.rulesChanged();
      const changed = ids.flatMap((id) => rules.books().rule(id) ?? []);
      for (const endpoint of fleet.all()) {
        const report = newest(endpoint, changed);
        if (report) await alerts.judgeAgain(endpoint, report.metrics);
      }
    };
    for (const rule of ids) changeFeed.publish({ kind: 'rule', rule });
    follow().catch((thrown: unknown) => log.error({ err: thrown, rules: ids }, 'Could not apply changed rules yet'));
  };

function createNewest(series: SeriesStore, rows: Rows, forecasts: Forecasts, clock: Clock) {
  const derive = (endpoint: Endpoint, report: Report) =>
    withBackupAges(report, rows.facts(endpoint.id).backups, clock.now());
  return {
    derive,
    /** The newest values that rules look at; null where there are none, or it is unknown whether they still hold. */
    newest(endpoint: Endpoint, looked: readonly Rule[]): Report | null {
      if (endpoint.state !== 'online') return null;
      const metrics = [...newestOf(series.latest(endpoint.id), looked, clock.now()), ...forecasts.of(endpoint.id)];
      return metrics.length === 0 ? null : derive(endpoint, { v: 1, epoch: '', seq: 0, at: clock.now(), metrics });
    },
  };
}

type Opened = Awaited<ReturnType<typeof openStores>>;
type Cleaned = OpenParts &
  Pick<Opened, 'state' | 'driver'> & {
    accounts: Accounts;
    outbox: Outbox;
    chores: readonly Chore[];
    erasures: Erasures;
  };

/** Somebody outside notices when no sign of life comes any more. */
function watchOver(
  { deadman, outgoing, auditHead: url }: Config,
  parts: Deps & Pick<Opened, 'state' | 'series'> & { channelHealth: { isMute(): boolean }; held: HeldMessages },
  onStop: (close: Close) => void,
): void {
  const { state, series, channelHealth, held, clock, log } = parts;
  const toOthers = createOutgoing(outgoing.allow);
  onStop(createAuditHead({ head: () => auditHead(state), url, clock, log, outgoing: toOthers }).stop);
  if (!deadman) return;
  async function trouble(): Promise<string | null> {
    // A state that cannot be read cannot be written either.
    await state.selectFrom('channels').select('id').limit(1).execute();
    if (held.since() !== null)
      return 'it was restored from a backup, and holds messages back until an admin lets them go';
    return series.stats().appendsWait ?? (channelHealth.isMute() ? 'messages get through by no channel' : null);
  }
  const signs = createDeadman({ settings: deadman, clock, log, trouble, outgoing: toOthers });
  signs.start();
  onStop(() => signs.stop());
}

type CopiedParts = Omit<OwnBackupParts, 'source'> & Pick<Opened, 'folder' | 'series'> & { held: HeldMessages };

/** Copies of itself, and what it holds back where it was made of one. */
function openOwnBackups({ folder, series, held, ...parts }: CopiedParts, onStop: (close: Close) => void) {
  const source = runningSource({ folder, state: parts.state, series, makeId: randomUUID });
  const ownBackups = createOwnBackups({ ...parts, source });
  onStop(() => ownBackups.stop());
  return { ...ownBackups, held };
}

/** What is done at night, or at the start where the collector was off at night. */
function keepHouse(parts: Cleaned, onStop: (close: Close) => void): void {
  const { state, clock, log, driver, accounts, outbox, chores, erasures, stopped } = parts;
  const housekeeping = createHousekeeping({
    ...{ state, clock, log, stopped },
    chores: [
      { name: 'ended sessions', run: () => accounts.sessions.prune() },
      { name: 'old notifications', run: () => outbox.prune() },
      ...chores,
      { name: 'erased endpoints', run: erasures.finish },
      { name: 'state statistics', run: () => driver.maintain(state) },
    ],
  });
  onStop(() => housekeeping.stop());
  void housekeeping.runDue();
  // What an end of the last run has left.
  void erasures.finish();
}

interface LocalParts {
  folder: DataFolder;
  accounts: Accounts;
  enrollments: Enrollments;
  addresses: Addresses;
  /** The web app as this machine reaches it. */
  own: string;
  web: ShownTls;
}

/** What runs or lies beside the collector for this machine only. */
async function beside(config: Config, { log }: Deps, parts: LocalParts, onStop: (close: Close) => void): Promise<void> {
  const { folder, accounts, enrollments, addresses } = parts;
  const { http, mqtt } = addresses;
  let written = '';
  const write = (shown: ServedTls | null) => {
    const trusted = shown ? [...shown.authorities, shown.cert] : [];
    written = tellAddresses(folder.path, { http, mqtt, own: parts.own, trusted });
  };
  write(parts.web.current());
  // Commands of this machine go on after a change of the authority, too.
  parts.web.onChange(write);
  onStop(() => removeOwn(folder.addresses, written));
  onStop(await writeLocalToken(accounts.tokens, folder.localToken, log));
  if (!config.localAgent) return;
  const agent = startLocalAgent({
    folder: folder.agent,
    log,
    mqtt: addresses.mqtt,
    async joinCode() {
      const code = { label: 'this machine', site: null, kind: null, maxUses: 1, lifeMs: 600_000, by: 'collector' };
      const { secret } = await enrollments.create(code);
      return joinCodeOf(secret, addresses);
    },
  });
  onStop(() => agent.stop());
}
