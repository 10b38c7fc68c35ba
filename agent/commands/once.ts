/** `once`: one report of the checks that are not heavy, as JSON, without a collector and without leaving a trace. */
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../shared/clock.ts';
import type { Metric, Report } from '../../shared/report.ts';
import { attempt } from '../attempt.ts';
import { createChecks } from '../checks/index.ts';
import { createContext, memoryPath } from '../context.ts';
import { createLog } from '../log.ts';
import { forgetfulMemory, openMemory } from '../memory.ts';
import { refuseWords } from './arguments.ts';
import type { AgentCommand } from './command.ts';

/** A share of CPU time needs two readings, this far apart. */
const betweenMs = 1000;
const limitMs = 30_000;

export const command: AgentCommand = {
  options: {},
  async run({ data, words }) {
    refuseWords(words);
    const log = createLog('error');
    const context = createContext(data, systemClock, log, forgetfulMemory(openMemory(memoryPath(data), log)));
    const checks = createChecks().filter((check) => !check.heavy);
    await Promise.all(checks.map((check) => attempt(check, context, limitMs)));
    await wait(betweenMs);
    const outcomes = await Promise.all(
      checks.map(async (check) => ({ check, outcome: await attempt(check, context, limitMs) })),
    );
    const now = systemClock.now();
    const metrics = outcomes.flatMap(({ check, outcome }): Metric[] => {
      const fields = { ok: outcome.status === 'failed' ? 0 : 1, duration: outcome.ms };
      const own: Metric = { name: 'check', tags: { check: check.name }, fields, timestamp: now };
      return [...(outcome.status === 'ok' ? (outcome.findings.metrics ?? []) : []), own];
    });
    const report: Report = { v: 1, epoch: randomBytes(16).toString('hex'), seq: 1, at: now, metrics };
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    return 0;
  },
};
