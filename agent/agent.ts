/** The one wiring function of the agent. What `start` opens, `stop` closes in the opposite order. */

import type { Server } from 'node:net';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { type Clock, systemClock } from '../shared/clock.ts';
import { type EvenkeelError, fail, reasonOf } from '../shared/errors.ts';
import type { CheckState } from '../shared/inventory.ts';
import type { Log } from '../shared/log.ts';
import type { OfflineReason } from '../shared/presence.ts';
import { ReasonedError, reason } from '../shared/reason.ts';
import type { AgentConfig, Metric } from '../shared/report.ts';
import { type AgentBirth, createBirth } from './birth.ts';
import type { Check } from './checks/check.ts';
import { createChecks } from './checks/index.ts';
import { createContext, memoryPath } from './context.ts';
import { makePrivate, moveCredential, readCredential } from './credential.ts';
import { ask, openDoor } from './door.ts';
import { watchFolder } from './folder.ts';
import { createHeavy } from './heavy.ts';
import { createLink, type LinkState } from './link.ts';
import { readLocal } from './local.ts';
import { openMemory } from './memory.ts';
import { onBattery } from './platform/power.ts';
import { endAll, run } from './run.ts';
import { createRunner, type Runner } from './schedule.ts';
import { createSections } from './sections.ts';
import { openSpool, type Spool, type SpoolState } from './spool.ts';
import { version } from './version.ts';

export interface AgentOptions {
  /** The agent's own folder. */
  data: string;
  log: Log;
  clock?: Clock;
  quotaBytes?: number;
}

export interface AgentState {
  version: string;
  link: LinkState;
  spool: SpoolState;
  checks: CheckState[];
}

export interface Agent {
  start(): Promise<void>;
  stop(reason: OfflineReason): Promise<void>;
  state(): AgentState;
}

/** Maximum metrics per report: a machine with hundreds of disks sends two reports instead of one. */
const metricsPerReport = 1000;
const maxSectionBytes = 200 * 1024;
const selfEvery = 60_000;
const lookBackMs = 3000;

export const spoolPath = (data: string) => join(data, 'spool.db');

/** Names of all configurable checks; `agent` is its check of itself. */
export const checkNames = [...createChecks().map((check) => check.name), 'agent'];

interface Running {
  birth: AgentBirth;
  /** A birth with more facts follows the one that was published. */
  announce(more: Promise<boolean>): Promise<void>;
  spool: Spool;
  link: ReturnType<typeof createLink>;
  runner: Runner;
  heavy: ReturnType<typeof createHeavy>;
  door: Server | null;
}

/** Measures the agent's own CPU time, memory and spool, so that its growth is noticed. */
function selfCheck(
  data: string,
  { spool, birth }: Pick<Running, 'spool' | 'birth'>,
  lost: () => EvenkeelError | null,
  runner: () => Runner,
): Check {
  let isTold = false;
  return {
    name: 'agent',
    every: selfEvery,
    reads: 'the agent itself',
    async run({ clock, log }) {
      const problem = lost();
      // Pages show it in their language by its code; the log needs the remedy, once.
      if (problem && !isTold) log.error({ hint: problem.hint }, problem.message);
      isTold = problem !== null;
      if (problem) throw new ReasonedError(reason('agent_folder_lost', { path: data }));
      const { entries, bytes } = spool.state();
      const used = process.cpuUsage();
      const fields = {
        spool_reports: entries,
        spool_bytes: bytes,
        rss: process.memoryUsage.rss(),
        cpu_ms: Math.round((used.user + used.system) / 1000),
        late_ms: Math.round(runner().takeLateMs()),
      };
      const note = birth.clockNote();
      const metrics = [{ name: 'agent', tags: {}, fields, timestamp: clock.now() }];
      return note === null ? { metrics } : { metrics, note: [note] };
    },
  };
}

/** @throws EvenkeelError NOT_ENROLLED, AGENT_RUNNING (at start), DATA_NOT_WRITABLE, DATA_CORRUPT */
export function createAgent(options: AgentOptions): Agent {
  const { data, log } = options;
  const clock = options.clock ?? systemClock;
  const credential = readCredential(data);
  if (!credential) throw fail('NOT_ENROLLED', { path: join(data, 'agent.json') });
  const memory = openMemory(memoryPath(data), log);
  const context = createContext(data, clock, log, memory);
  let running: Running | null = null;

  function report(parts: Running, metrics: Metric[], intervalMs: number): void {
    for (let from = 0; from < metrics.length; from += metricsPerReport) {
      const some = metrics.slice(from, from + metricsPerReport);
      const at = Math.round(clock.now());
      const entry = parts.spool.put('report', at, ({ epoch, seq, lost }) => ({
        v: 1,
        epoch,
        seq,
        at,
        interval_s: intervalMs / 1000,
        metrics: some,
        ...(lost.length > 0 ? { lost } : {}),
      }));
      parts.link.offer(entry);
    }
  }

  /** Cuts a list that would not fit into a message; the section `checks` has the full count. */
  function fitting(section: string, value: unknown): unknown {
    let kept = value;
    // Sections compress to about 10 %: the limit applies to the compressed size, estimated beforehand.
    while (Array.isArray(kept) && JSON.stringify(kept).length > 8 * maxSectionBytes) {
      kept = kept.slice(0, Math.floor(kept.length * 0.8));
      log.warn({ section, kept: (kept as unknown[]).length }, 'An inventory section is too long and was cut');
    }
    return kept;
  }

  function inventory(parts: Running, section: string, value: unknown): void {
    const at = Math.round(clock.now());
    const kept = fitting(section, value);
    const entry = parts.spool.put('inventory', at, ({ epoch, seq }) => ({ v: 1, epoch, seq, at, section, data: kept }));
    parts.link.offer(entry);
  }

  function wire(local: AgentConfig | null): Running {
    const parts = {} as Running;
    parts.announce = async (more) => {
      if (await more) parts.link.announce();
    };
    const birth = createBirth({ memory, clock, log, context });
    parts.birth = birth;
    const quota = options.quotaBytes === undefined ? {} : { quotaBytes: options.quotaBytes };
    parts.spool = openSpool({ path: spoolPath(data), bootId: birth.bootId, log, ...quota });
    birth.begin();
    parts.heavy = createHeavy({ data, log });
    const sections = createSections({
      memory,
      clock,
      send: (section, value) => inventory(parts, section, value),
    });
    parts.runner = createRunner({
      checks: [
        ...createChecks(),
        selfCheck(data, parts, watchFolder(data, ['agent.json', 'spool.db']), () => parts.runner),
      ],
      context,
      clock,
      log,
      memory,
      local,
      uptime,
      runHeavy: parts.heavy.run,
      sparing: () => onBattery(process.platform, '', run),
      onMetrics: (metrics, intervalMs) => {
        report(parts, metrics, intervalMs);
        sections.daily();
      },
      onSections: sections.offer,
      onResume(jumpMs) {
        if (jumpMs > 0) parts.link.wake();
        const until = parts.spool.newest();
        const gap = birth.noticed({ jumpMs, lateMs: 0 }, (setMs) => {
          parts.runner.clockSet(setMs);
          if (until) parts.spool.redate(until, parts.link.sentUpTo, setMs);
        });
        void parts.announce(gap);
      },
      onLate: (lateMs) => void parts.announce(birth.noticed({ jumpMs: 0, lateMs })),
    });
    parts.link = createLink({
      credential: credential as NonNullable<typeof credential>,
      spool: parts.spool,
      clock,
      log,
      bootId: birth.bootId,
      startedAt: birth.startedAt,
      birth,
      intervalMs: () => parts.runner.intervalMs(),
      onConfig: (config) => {
        log.info({ config }, 'Received new settings from the collector');
        const strange = Object.keys(config?.checks ?? {}).filter((name) => !checkNames.includes(name));
        if (strange.length > 0) log.warn({ checks: strange }, 'The collector has settings for unknown checks');
        parts.runner.apply(config);
      },
      onMoved: (moved) => moveCredential(data, moved),
    });
    return parts;
  }

  function state(): AgentState {
    const { link, spool, runner } = running as Running;
    return { version, link: link.state(), spool: spool.state(), checks: runner.states() };
  }

  async function answer(word: 'sleep' | 'wake' | 'status'): Promise<unknown> {
    if (word === 'sleep') await running?.link.goodbye('sleep');
    if (word === 'wake') running?.link.wake();
    return state();
  }

  return {
    async start() {
      makePrivate(data);
      if ((await ask(data, 'status', 2000)) !== null) throw fail('AGENT_RUNNING', { path: data });
      const { config, faults } = await readLocal(data, checkNames);
      for (const fault of faults)
        log.warn({ fault }, 'The local settings have a fault; `doctor` shows the settings in force');
      running = wire(config);
      running.door = await openDoor(data, answer).catch((thrown) => {
        log.warn({ reason: reasonOf(thrown) }, 'Could not open the local socket: sleep cannot be announced');
        return null;
      });
      running.runner.start();
      const lookBack = running.birth.lookBack();
      void running.announce(lookBack);
      // A slow system must not keep the agent from reporting; its late answer follows.
      await Promise.race([lookBack, new Promise((resolve) => setTimeout(resolve, lookBackMs).unref())]);
      running?.link.start();
    },
    async stop(reason) {
      if (!running) return;
      const { link, spool, runner, heavy, door, birth } = running;
      runner.stop();
      heavy.stop();
      endAll();
      door?.close();
      await link.goodbye(reason);
      spool.close();
      birth.end();
      running = null;
    },
    state,
  };
}
