/**
 * Runs the custom checks of the endpoint, each at its own interval and never twice at a time. A slow one does not delay
 * the others: finished results are returned by the next call.
 */

import { parseDuration } from '../../../shared/duration.ts';
import type { HealthItem } from '../../../shared/inventory.ts';
import { reason, reasonsOf } from '../../../shared/reason.ts';
import type { Metric } from '../../../shared/report.ts';
import { namedHere } from '../../remote.ts';
import { type CustomCheck, readSettings } from '../../settings.ts';
import { type CheckContext, type Findings, NoData } from '../check.ts';
import { worstFirst } from '../health/board.ts';
import { answerOf, itemOf, metricsOf } from './result.ts';

const defaultEvery = '60s';
const defaultTimeout = '30s';
const maxOutput = 64 * 1024;
const maxAtOnce = 8;
/** A message that varies from run to run is not a change; a new status is. */
const sameNewsMs = 5 * 60_000;
/** How long the first call waits, so that a single call (`once`, `doctor`) gets an answer. */
const firstWaitMs = 3000;

export interface CustomRunner {
  next(context: CheckContext, file: string): Promise<Findings>;
}

export function createCustomRunner(): CustomRunner {
  const startedAt = new Map<string, number>();
  const running = new Map<string, Promise<void>>();
  const items = new Map<string, HealthItem>();
  let waiting: Metric[] = [];

  async function runOne(check: CustomCheck, context: CheckContext): Promise<void> {
    const timeoutMs = parseDuration(check.timeout ?? defaultTimeout, `timeout of ${check.name}`);
    const [file = '', ...args] = check.command;
    const limits = { timeoutMs, maxBytes: maxOutput, ...(check.env === undefined ? {} : { env: check.env }) };
    const answer = await context.run(file, args, limits).then(
      (result) => answerOf(result, check.output ?? 'nagios', timeoutMs),
      (thrown: unknown) => ({
        status: 3 as const,
        reasons: [reason('check_not_started'), ...reasonsOf(thrown)],
        performance: [],
      }),
    );
    const at = context.clock.now();
    waiting.push(...metricsOf(check.name, answer, at));
    const before = items.get(check.name);
    const item = itemOf(check.name, answer, at);
    if (before?.status !== item.status || at - before.at >= sameNewsMs || at < before.at) items.set(check.name, item);
  }

  function start(check: CustomCheck, context: CheckContext): void {
    startedAt.set(check.name, context.clock.monotonic());
    const done = runOne(check, context).finally(() => running.delete(check.name));
    running.set(check.name, done);
  }

  const isDue = (check: CustomCheck, now: number) => {
    const last = startedAt.get(check.name);
    const every = parseDuration(check.every ?? defaultEvery, `interval of ${check.name}`);
    return !running.has(check.name) && (last === undefined || now - last >= every);
  };

  return {
    async next(context, file) {
      const { custom: all = [] } = await readSettings(file, 'custom');
      const named = namedHere(context.data).custom;
      const custom = named === undefined ? all : all.filter(({ name }) => named.includes(name));
      const absent = (named ?? []).filter((name) => !all.some((one) => one.name === name));
      const note = absent.slice(0, 20).map((name) => reason('own_check_not_here', { name }));
      if (custom.length === 0 && note.length > 0) throw new NoData(...note);
      if (custom.length === 0) throw new NoData(reason('no_own_checks'));
      const names = new Set(custom.map((check) => check.name));
      for (const name of [...items.keys()]) if (!names.has(name)) items.delete(name);
      const first = startedAt.size === 0;
      const now = context.clock.monotonic();
      const due = custom.filter((check) => isDue(check, now)).slice(0, Math.max(0, maxAtOnce - running.size));
      for (const check of due) start(check, context);
      if (first)
        await Promise.race([Promise.all(running.values()), new Promise((resolve) => setTimeout(resolve, firstWaitMs))]);
      const metrics = waiting;
      waiting = [];
      return { metrics, sections: { health: worstFirst([...items.values()]) }, ...(note.length > 0 ? { note } : {}) };
    },
  };
}
