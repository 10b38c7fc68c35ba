/** The one wiring function of the agent. What `start` opens, `stop` closes in the opposite order. */

import type { Server } from 'node:net';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { fail, reasonOf } from '../shared/errors.ts';
import type { CheckState } from '../shared/inventory.ts';
import type { Log } from '../shared/log.ts';
import { isReadable } from '../shared/loopback.ts';
import type { OfflineReason } from '../shared/presence.ts';
import { reason } from '../shared/reason.ts';
import type { AgentConfig, Metric } from '../shared/report.ts';
import type { TargetOrder } from '../shared/target.ts';
import type { SaidTrust } from '../shared/trust.ts';
import type { UpdateReport } from '../shared/update.ts';
import { askForMaintenance, createReporting } from './asking.ts';
import { type AgentBirth, createBirth } from './birth.ts';
import { createChecks } from './checks/index.ts';
import { createContext, memoryPath } from './context.ts';
import { ask, type ControlCommand, openControlSocket, openPublicSocket } from './control-socket.ts';
import { type Credential, changeCredential, plainPassword, readCredential, settledOn } from './credential.ts';
import { watchFolder } from './folder.ts';
import { createHeavy } from './heavy.ts';
import { createLink, type LinkOptions, type LinkState } from './link.ts';
import { type Local, readLocal } from './local.ts';
import { type AgentMemory, openMemory } from './memory.ts';
import { createMessages } from './messages.ts';
import type { WantedWay } from './orders.ts';
import { withoutPersonal } from './personal.ts';
import { onBattery } from './platform/power.ts';
import { createRefusedLogIns, type RefusedLogIns } from './refusal.ts';
import { createRemoteSettings, type RemoteSettings } from './remote.ts';
import { createRotation, type Fetching } from './rotation.ts';
import { endAll, run } from './run.ts';
import { makePrivate } from './safe-write.ts';
import { createRunner, type Runner } from './schedule.ts';
import type { ScriptParts } from './scripts/runner.ts';
import { createScripts, type OwnScripts } from './scripts/scripts.ts';
import { createSections, type SectionQueue } from './sections.ts';
import { selfCheck } from './self-check.ts';
import { snapshotOf } from './snapshot.ts';
import { openSpool, type Spool, type SpoolState } from './spool.ts';
import { createTargetCheck, type TargetCheck } from './targets/targets.ts';
import { createTrust, type TrustKeeper } from './trust.ts';
import { type AgentUpdates, createUpdates } from './update/updates.ts';
import { version } from './version.ts';
import { createWatchdog } from './watchdog.ts';
import { type AgentWays, createWays } from './ways.ts';

export interface AgentOptions {
  /** The agent's own folder. */
  data: string;
  log: Log;
  clock?: Clock;
  quotaBytes?: number;
  /** After each report: what is looked after now and then is looked after here, because a timer of its own wakes the process. */
  onCycle?(): void;
}

export interface AgentState {
  version: string;
  link: LinkState;
  spool: SpoolState;
  checks: CheckState[];
  /** Tells a start from the one before. */
  pid: number;
  update: UpdateReport;
  trust: SaidTrust;
}

export interface Agent {
  start(): Promise<void>;
  stop(reason: OfflineReason): Promise<void>;
  state(): AgentState;
}

const lookBackMs = 3000;

export const spoolPath = (data: string) => join(data, 'spool.db');

/** Names of all configurable checks; `agent` is its check of itself. */
export const checkNames = [...createChecks().map((check) => check.name), 'agent', 'targets', 'scripts'];

const isOnBattery = () => onBattery(process.platform, '', run);

interface Running {
  birth: AgentBirth;
  /** A birth with more facts follows the one that was published. */
  announce(more: Promise<boolean>): Promise<void>;
  spool: Spool;
  link: ReturnType<typeof createLink>;
  runner: Runner;
  heavy: ReturnType<typeof createHeavy>;
  targets: TargetCheck;
  scripts: OwnScripts;
  remote: RemoteSettings;
  rotation: Fetching;
  refusedLogIns: RefusedLogIns;
  updates: AgentUpdates;
  trust: TrustKeeper;
  ways: AgentWays;
  control: Server | null;
  /** What the collector said that this machine may ask for. */
  mayAsk: readonly string[];
  /** What was measured last, for who agrees to show it. */
  newest: readonly Metric[];
  /** For everybody on this machine; null: there is no place for it. */
  forAll: Server | null;
}

function openUpdates(
  parts: Running,
  given: Pick<Parameters<typeof createUpdates>[0], 'data' | 'allow' | 'clock' | 'log'>,
): AgentUpdates {
  const lastAck = () => parts.link.state().lastAck;
  return createUpdates({ ...given, lastAck, isOnBattery, onChange: () => parts.link.announce() });
}

/** By which way it is reached, and by whom that is verified. */
function openRoad(
  parts: Running,
  wanted: WantedWay,
  given: Pick<Parameters<typeof createTrust>[0], 'data' | 'credential' | 'memory' | 'clock' | 'log'>,
): void {
  parts.ways = createWays({
    ...{ ...given, wanted },
    credential: () => parts.link?.credential() ?? given.credential,
    onDirect: () => void parts.link.reopen(),
  });
  parts.trust = createTrust({ ...given, link: () => parts.link, way: parts.ways.now });
  parts.refusedLogIns = createRefusedLogIns({
    ...{ data: given.data, log: given.log, monotonic: given.clock.monotonic },
    onVerdict: (verdict) => parts.link.explain(verdict),
  });
}

const openScripts = (
  parts: Running,
  given: Pick<ScriptParts, 'data' | 'clock' | 'log' | 'memory'>,
  offer: SectionQueue['offer'],
): OwnScripts =>
  createScripts({ ...given, send: (found) => offer('scripts', found), earliest: () => parts.trust.earliest() });

/** Of the collector, by processes of their own; and by whom it is asked on this machine. */
function stopAsking({ rotation, refusedLogIns, control, forAll }: Running): void {
  rotation.stop();
  refusedLogIns.stop();
  control?.close();
  forAll?.close();
}

/** People on this machine report problems through it. */
const reportingOf = (running: () => Running | null, clock: Clock) =>
  createReporting({
    link: () => (running() as Running).link,
    mayAsk: () => running()?.mayAsk ?? [],
    snapshot: () => snapshotOf(running()?.newest ?? [], uptime()),
    now: () => clock.monotonic(),
  });

const openForAll = (report: (more: unknown) => Promise<unknown>, log: Log) =>
  openPublicSocket(report).catch((thrown: unknown) => {
    log.warn({ reason: reasonOf(thrown) }, 'Could not open the socket by which people report problems');
    return null;
  });

function stateOf({ link, spool, runner, updates, trust }: Running): AgentState {
  const of = { link: link.state(), spool: spool.state(), checks: runner.states() };
  return { version, pid: process.pid, update: updates.report(), trust: trust.said(), ...of };
}

/** New settings of the collector; null: it took them back. */
function takeConfig(parts: Running, sections: SectionQueue, config: AgentConfig | null, log: Log): void {
  const { remote, runner, targets } = parts;
  const { watch = [], may_ask = [], trust, scripts = [], ...shown } = config ?? {};
  parts.updates.offer(config?.update ?? null);
  parts.mayAsk = may_ask;
  parts.rotation.wanted(config?.credential);
  // Orders hold secrets.
  log.info(
    { config: { ...shown, watch: watch.length, ...(trust && { trust: trust.version }) } },
    'Received new settings from the collector',
  );
  targets.apply(watch as TargetOrder[]);
  parts.scripts.take(scripts);
  if (trust) void parts.trust.take(trust);
  const strange = Object.keys(config?.checks ?? {}).filter((name) => !checkNames.includes(name));
  if (strange.length > 0) log.warn({ checks: strange }, 'The collector has settings for unknown checks');
  const before = JSON.stringify(remote.privacy());
  runner.apply(remote.take(config));
  // What of the sections is sent has changed.
  if (JSON.stringify(remote.privacy()) !== before) sections.all();
}

/** A copy that was refused stays it: with each start it would else take the connection from the other one again, for a while. */
function refusedBefore(
  memory: AgentMemory,
  { endpoint }: Credential,
  parts: Running,
): Pick<LinkOptions, 'instance' | 'onRefused' | 'onLogInRefused'> {
  const last = memory.get('refused') as { endpoint?: string; instance?: string } | undefined;
  return {
    instance: last?.endpoint === endpoint ? last.instance : undefined,
    onLogInRefused: () => parts.refusedLogIns.happened(),
    onRefused: (instance) => memory.set('refused', { endpoint, instance }),
  };
}

/** @throws EvenkeelError NOT_ENROLLED, AGENT_RUNNING (at start), DATA_NOT_WRITABLE, DATA_CORRUPT, UNTRUSTED_PATH */
export function createAgent(options: AgentOptions): Agent {
  const { data, log } = options;
  const clock = options.clock ?? systemClock;
  const credential = readCredential(data);
  if (!credential) throw fail('NOT_ENROLLED', { path: join(data, 'agent.json') });
  const identity = credential;
  const memory = openMemory(memoryPath(data), log);
  const context = createContext(data, clock, log, memory);
  let running: Running | null = null;

  function wire(own: Local): Running {
    const { config: local, allow, faults } = own;
    const parts = { mayAsk: [] as readonly string[], newest: [] as readonly Metric[] } as Running;
    let refused: string | null = null;
    parts.announce = async (more) => {
      if (await more) parts.link.announce();
    };
    const birth = createBirth({ memory, clock, log, context });
    parts.birth = birth;
    const quota = options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes };
    parts.spool = openSpool({ path: spoolPath(data), bootId: birth.bootId, log, ...quota });
    birth.begin();
    parts.heavy = createHeavy({ data, log });
    parts.targets = createTargetCheck({ allow, clock, log, run });
    const { spool } = parts;
    const messages = createMessages({ spool, clock, log, offer: (entry) => parts.link.offer(entry) });
    parts.remote = createRemoteSettings({ data, local: own, checks: checkNames, log });
    const { remote } = parts;
    parts.rotation = createRotation({
      ...{ data, log },
      has: () => parts.link.credential().generation ?? 0,
      onFetched: (fetched) => parts.link.use(fetched),
    });
    parts.updates = openUpdates(parts, { data, allow: own.remote.updates, clock, log });
    openRoad(parts, own.way, { data, credential: identity, memory, clock, log });
    const sections = createSections({
      ...{ endpoint: identity.endpoint, memory, clock },
      send: (section, found) => messages.section(section, withoutPersonal(section, found, remote.privacy())),
    });
    parts.scripts = openScripts(parts, { data, clock, log, memory }, sections.offer);
    const self = selfCheck({
      ...{ data, spool, birth },
      refusals: () => [
        ...faults.map((text) => reason('own_settings_refused', { text })),
        ...(refused === null ? [] : [reason('settings_refused', { text: refused })]),
      ],
      folderProblem: watchFolder(data, ['agent.json', 'spool.db']),
      takeLateMs: () => parts.runner.takeLateMs(),
    });
    const watchdog = createWatchdog(run, () => clock.monotonic(), log);
    parts.runner = createRunner({
      checks: [...createChecks(), self, parts.targets.check, parts.scripts.check],
      ...{ context, clock, log, memory, local, uptime },
      runHeavy: parts.heavy.run,
      isOnBattery,
      onMetrics: (metrics, intervalMs) => {
        messages.report(metrics, intervalMs);
        parts.newest = metrics;
        sections.daily();
        watchdog?.();
        options.onCycle?.();
      },
      onSections: sections.offer,
      onResume(jumpMs) {
        if (jumpMs > 0) parts.link.wake();
        const until = spool.newest();
        const gap = birth.recordGap({ jumpMs, lateMs: 0 }, (setMs) => {
          parts.runner.clockSet(setMs);
          if (until) spool.redate(until, parts.link.sentUpTo, setMs);
        });
        void parts.announce(gap);
      },
      onLate: (lateMs) => void parts.announce(birth.recordGap({ jumpMs: 0, lateMs })),
    });
    // Those of the last connection, until newer ones come.
    parts.runner.apply(remote.current());
    parts.link = createLink({
      ...{ credential: identity, spool, clock, log, trust: parts.trust, ways: parts.ways },
      bootId: birth.bootId,
      startedAt: birth.startedAt,
      birth,
      intervalMs: () => parts.runner.intervalMs(),
      settings: remote.applied,
      update: parts.updates.report,
      onConfigRefused: (why, version) => {
        refused = why;
        remote.refuse(version, why);
      },
      onConfig(config) {
        refused = null;
        takeConfig(parts, sections, config, log);
      },
      onMoved: (moved) => changeCredential(data, (kept) => ({ ...kept, ...moved })),
      ...refusedBefore(memory, identity, parts),
      onSettled: (own) => changeCredential(data, (kept) => settledOn(kept, own)),
    });
    return parts;
  }

  const state = () => stateOf(running as Running);

  const report = reportingOf(() => running, clock);

  async function answer(word: ControlCommand, more: unknown): Promise<unknown> {
    if (word === 'maintenance') return running && askForMaintenance(running, more);
    if (word === 'report') return running && report(more);
    if (word === 'sleep') await running?.link.disconnect('sleep');
    if (word === 'wake') running?.link.wake();
    return state();
  }

  return {
    async start() {
      makePrivate(data);
      if ((await ask(data, 'status', 2000)) !== null) throw fail('AGENT_RUNNING', { path: data });
      if (isReadable(identity.mqtt.url)) log.warn({ url: identity.mqtt.url }, plainPassword);
      const local = await readLocal(data, checkNames);
      for (const fault of local.faults)
        log.warn({ fault }, 'The local settings have a fault; `doctor` shows the settings in force');
      running = wire(local);
      running.control = await openControlSocket(data, answer).catch((thrown) => {
        log.warn({ reason: reasonOf(thrown) }, 'Could not open the local socket: sleep cannot be announced');
        return null;
      });
      running.forAll = await openForAll(report, log);
      running.runner.start();
      const lookBack = running.birth.lookBack();
      void running.announce(lookBack);
      // A slow system must not keep the agent from reporting; its late answer follows.
      await Promise.race([lookBack, new Promise((resolve) => setTimeout(resolve, lookBackMs).unref())]);
      running?.link.start();
    },
    async stop(reason) {
      if (!running) return;
      const { link, spool, runner, heavy, targets, birth, updates, ways } = running;
      updates.stop();
      ways.stop();
      runner.stop();
      heavy.stop();
      targets.stop();
      stopAsking(running);
      endAll();
      await link.disconnect(reason);
      spool.close();
      birth.end();
      running = null;
    },
    state,
  };
}
