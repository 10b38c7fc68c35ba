/**
 * What an agent on a simulated machine measures and sends: checks with the names and intervals of the real ones, their
 * findings made by the real ones' own code, sections sent on change and daily.
 */

import { metricOf as backupMetric } from '../../agent/checks/backup.ts';
import { type Check, type CheckContext, type Findings, NoData } from '../../agent/checks/check.ts';
import { readDue } from '../../agent/checks/health/due.ts';
import { metricsOf as osMetrics } from '../../agent/checks/os/state.ts';
import { metricOf as patchMetric } from '../../agent/checks/patches.ts';
import { metric } from '../../agent/checks/reading.ts';
import { forgetfulMemory } from '../../agent/memory.ts';
import { createSections } from '../../agent/sections.ts';
import type { Clock } from '../../shared/clock.ts';
import type { CheckState } from '../../shared/inventory.ts';
import { silentLog } from '../../shared/log.ts';
import { reason, reasonsOf } from '../../shared/reason.ts';
import type { Loss, Metric } from '../../shared/report.ts';
import { metricsAt } from './fast.ts';
import { customAt, logAt, nothingHere, quickSourcesOf, slowSourcesOf } from './health.ts';
import type { Machine } from './machine.ts';
import { noise } from './random.ts';
import { backupsOf, hostOf, osOf, patchesOf } from './sections.ts';
import { softwareOf } from './software.ts';
import { ageOf, has } from './troubles.ts';

const minute = 60_000;
const hour = 60 * minute;
const outcomeEveryMs = minute;

type SimulatedCheck = Pick<Check, 'name' | 'every' | 'run'>;

/** Beside the fast ones, which are measured together (fast.ts). */
function checksOf(machine: Machine, waiting: () => number): SimulatedCheck[] {
  const check = (
    name: string,
    every: number,
    read: (at: number, context: CheckContext) => Findings | Promise<Findings>,
  ) => ({
    ...{ name, every, run: async (context: CheckContext) => read(context.clock.now(), context) },
  });
  return [
    check('processes', minute, (at) => ({ metrics: processesAt(machine, at) })),
    check('temperature', minute, (at) => ({
      metrics: metric('temp', { sensor: 'package id 0' }, { temp: 40 + Math.round(10 * noise(machine.seed, at)) }, at),
    })),
    check('host', 24 * hour, (at) => ({ sections: { host: hostOf(machine, at) } })),
    check('software', 24 * hour, (at) => ({ sections: { software: softwareOf(machine, at) } })),
    check('backup', 5 * minute, (at) => {
      const jobs = backupsOf(machine, at);
      return { metrics: jobs.map((job) => backupMetric(job, at)), sections: { backups: jobs } };
    }),
    check('patches', 6 * hour, (at) => {
      const state = patchesOf(machine, at);
      if (!state) throw nothingHere;
      return { metrics: patchMetric(state, at), sections: { patches: [state] } };
    }),
    check('os_state', hour, (at) => {
      const os = osOf(machine, at);
      const offset = has(machine, 'clock-ahead', at) ? 12 : has(machine, 'clock-behind', at) ? -12 : 0.01;
      return { metrics: osMetrics(os, 0, { offset, synced: Math.abs(offset) < 1 }, at), sections: { os } };
    }),
    check('health', 5 * minute, (_, context) => readDue(quickSourcesOf(machine), context)),
    check('health_slow', 6 * hour, (_, context) => readDue(slowSourcesOf(machine), context)),
    check('custom', minute, (at) => {
      if (machine.kind !== 'server') throw nothingHere;
      const { metrics, items } = customAt(machine, at);
      return { metrics, sections: { health: items } };
    }),
    check('logs', minute, (at) => {
      if (machine.kind !== 'server') throw nothingHere;
      const { metrics, item } = logAt(machine, at);
      return { metrics, sections: { health: [item] } };
    }),
    check('agent', minute, (at) => ({ metrics: selfAt(machine, waiting(), at) })),
  ];
}

function processesAt(machine: Machine, at: number): Metric[] {
  const total = 120 + Math.round(80 * noise(machine.seed, Math.floor(at / minute)));
  const states = { total, running: 2, sleeping: total - 2, blocked: 0, zombies: 0 };
  const named = (process_name: string, cpu_usage: number) =>
    metric('procstat', { process_name }, { cpu_usage, memory_rss: 2e8, num_procs: 2 }, at);
  return [...metric('processes', {}, states, at), ...named('postgres', 12.5), ...named('nginx', 1.25)];
}

function selfAt(machine: Machine, waiting: number, at: number): Metric[] {
  const piling = ageOf(machine, 'spool-growing', at);
  const reports = waiting + (piling === null ? 0 : 1500 + Math.floor(piling / minute));
  const used = {
    spool_reports: reports,
    spool_bytes: reports * 2000,
    rss: 5e7,
    cpu_ms: Math.round(at % 1e9),
    late_ms: 3,
  };
  return metric('agent', {}, used, at);
}

/** With the trouble, one report in ten minutes is given up: numbers of an epoch of which nothing else is known. */
function lossesAt(machine: Machine, at: number): Loss[] {
  const age = ageOf(machine, 'data-lost', at);
  if (age === null || age % (10 * minute) >= 5 * minute) return [];
  const from = 1 + Math.floor(age / (10 * minute));
  const epoch = machine.seed.toString(16).replace('-', '0').padStart(32, 'f');
  return [{ epoch, from, to: from, reason: 'quota', count: 1 }];
}

export interface Measuring {
  /** Everything that is due at this time; of the first call, everything. */
  measure(): Promise<{ metrics: Metric[]; lost?: Loss[] }>;
}

interface Slot {
  check: SimulatedCheck;
  dueAt: number;
  state: CheckState | null;
  toldAt: number;
}

/** The fast checks never fail in a simulation; that they ran is told like that of the others. */
const fastNames = ['cpu', 'memory', 'pressure', 'disk', 'diskio', 'network', 'system'];

/** @param waiting reports in its outbox. @param send a section of the inventory that is to go out */
export function createMeasuring(parts: {
  machine: Machine;
  clock: Clock;
  waiting(): number;
  send(section: string, data: unknown): void;
}): Measuring {
  const { machine, clock } = parts;
  const memory = forgetfulMemory();
  const sections = createSections({ memory, clock, send: parts.send });
  const platform = machine.os.platform as NodeJS.Platform;
  const context: CheckContext = {
    ...{ clock, memory, platform, log: silentLog, root: '/nonexistent' },
    run: () => Promise.reject(new NoData()),
  };
  const fast = fastNames.map((name) => ({ name, every: 0, run: async () => ({}) }));
  const slots = [...fast, ...checksOf(machine, parts.waiting)].map(
    (check): Slot => ({ check, dueAt: 0, state: null, toldAt: Number.NEGATIVE_INFINITY }),
  );
  let statesChanged = false;

  async function run(slot: Slot, at: number): Promise<Metric[]> {
    const { check } = slot;
    // Due again at its own pace, whenever it was late: as a machine that slept does.
    slot.dueAt = at + check.every;
    const outcome = await attempt(check, at);
    const { status, reason, findings } = outcome;
    if (findings.sections) sections.offer(check.name, findings.sections);
    const same = slot.state?.status === status && JSON.stringify(slot.state.reason) === JSON.stringify(reason);
    if (!same) {
      slot.state = { check: check.name, status, reason, at };
      statesChanged = true;
    }
    if (same && at - slot.toldAt < outcomeEveryMs) return findings.metrics ?? [];
    slot.toldAt = at;
    const fields = { ok: status === 'failed' ? 0 : 1, duration: 2.5 };
    return [...(findings.metrics ?? []), { name: 'check', tags: { check: check.name }, fields, timestamp: at }];
  }

  type Outcome = Pick<CheckState, 'status' | 'reason'> & { findings: Findings };
  async function attempt(check: SimulatedCheck, at: number): Promise<Outcome> {
    const isBroken = check.name === 'temperature' && has(machine, 'check-failing', at);
    if (isBroken)
      return { status: 'failed', reason: [reason('file_unreadable', { path: '/sys/class/hwmon' })], findings: {} };
    try {
      return { status: 'ok', reason: null, findings: await check.run(context) };
    } catch (thrown) {
      if (!(thrown instanceof NoData)) throw thrown;
      return { status: 'no_data', reason: reasonsOf(thrown), findings: {} };
    }
  }

  return {
    async measure() {
      const at = clock.now();
      const metrics = metricsAt(machine, at);
      for (const slot of slots) if (at >= slot.dueAt) metrics.push(...(await run(slot, at)));
      if (statesChanged) {
        statesChanged = false;
        sections.offer('checks', { checks: slots.flatMap(({ state }) => state ?? []) });
      }
      sections.daily();
      const lost = lossesAt(machine, at);
      return lost.length === 0 ? { metrics } : { metrics, lost };
    },
  };
}
